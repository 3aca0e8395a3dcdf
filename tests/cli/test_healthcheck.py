"""`watchglass healthcheck` asks the local server, or the one that is named."""

from __future__ import annotations

import http.server
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.cli import main
from tests.cli.commands import watchglass
from tests.web.house import fill, house
from tests.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.cli.commands import Serving


def test_a_server_that_lives_is_one_line_and_0(local: Serving) -> None:
    """As a container's HEALTHCHECK runs it: the server's own variables say where it is."""
    variables = {"WATCHGLASS_PORT": str(local.port), "WATCHGLASS_BASE_PATH": "/glass"}
    result = watchglass("healthcheck", variables=variables)
    assert result.stdout == f"ok: http://127.0.0.1:{local.port}/glass/livez\n"
    assert result.stderr == ""


def test_flags_and_a_url_say_where_it_is_too(
    capsys: pytest.CaptureFixture[str], local: Serving
) -> None:
    flags = ["--port", str(local.port), "--base-path", "/glass", "--host", "localhost"]
    assert main(["healthcheck", *flags]) == 0
    assert main(["healthcheck", "--url", local.url]) == 0
    assert main(["healthcheck", "--url", local.url.rstrip("/"), "--ready"]) == 0
    assert capsys.readouterr().out.splitlines()[2].endswith("/glass/readyz")


def test_a_variable_of_a_service_does_not_mislead_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHGLASS_PORT", "tcp://10.0.0.7:80")
    main(["healthcheck", "--timeout", "1"])
    assert "127.0.0.1:8420/livez" in capsys.readouterr().out


def test_a_server_that_waits_lives_and_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    application = house()
    with serving(application) as served:
        assert main(["healthcheck", "--url", served.url]) == 0
        assert main(["healthcheck", "--url", served.url, "--ready"]) == 1
        served.call(lambda: fill(application))
        assert main(["healthcheck", "--url", served.url, "--ready"]) == 0
    lives, waits, ready = capsys.readouterr().out.splitlines()
    assert lives == f"ok: {served.url}/livez"
    assert waits.startswith(f"{served.url}/readyz answered 503: ")
    assert ready == f"ok: {served.url}/readyz"


def test_nobody_there_is_one_line_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["healthcheck", "--url", "http://user:passw0rd@127.0.0.1:1/"]) == 1
    assert capsys.readouterr().out == (
        "no answer from http://127.0.0.1:1/livez: Connection refused\n"
    )


@contextmanager
def answering(*, status: int | None = None) -> Iterator[str]:
    """A server that answers nothing, or a status with a message."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status or 500, "no \x1b[31mred")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    if status is None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            yield f"http://127.0.0.1:{silent.getsockname()[1]}"
        return
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_silence_is_one_line_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    with answering() as url:
        assert main(["healthcheck", "--url", url, "--timeout", "1"]) == 1
    assert capsys.readouterr().out == f"no answer from {url}/livez: too slow\n"


def test_another_answer_is_one_line_without_what_steers_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering(status=502) as url:
        assert main(["healthcheck", "--url", url]) == 1
    told = capsys.readouterr().out
    assert told.startswith(f"{url}/livez answered 502: ")
    assert told.count("\n") == 1
    assert "\x1b" not in told


def test_the_servers_own_sentence_is_told(
    capsys: pytest.CaptureFixture[str], local: Serving
) -> None:
    assert main(["healthcheck", "--url", f"http://127.0.0.1:{local.port}/"]) == 1
    assert capsys.readouterr().out == (
        f"http://127.0.0.1:{local.port}/livez answered 404: There is nothing at this path.\n"
    )


def test_no_tls_is_one_line_and_1(capsys: pytest.CaptureFixture[str], local: Serving) -> None:
    assert main(["healthcheck", "--url", f"https://127.0.0.1:{local.port}/"]) == 1
    assert capsys.readouterr().out.count("\n") == 1
