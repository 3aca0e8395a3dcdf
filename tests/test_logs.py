"""Log lines: one pipeline, and nothing private in it."""

from __future__ import annotations

import io
import json
import logging
import re
from contextvars import copy_context
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import structlog

from app.logs import LONGEST, OURS, REQUEST_ID, configure_logging, is_private, logger, scrubbed

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "s3cr3t-value-that-must-not-appear"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def output() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("debug", "json", stream=stream)
    return stream


def lines(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_a_constant_event(output: io.StringIO) -> None:
    logger("app.cluster").info("source_live", kind="pods", objects=3)
    (line,) = lines(output)
    assert list(line)[:4] == ["timestamp", "level", "event", "logger"]
    assert line["event"] == "source_live"
    assert line["logger"] == "app.cluster"
    assert (line["kind"], line["objects"]) == ("pods", 3)
    assert str(line["timestamp"]).endswith("Z")


def test_auto_is_pretty_on_a_terminal_and_json_elsewhere() -> None:
    for stream, is_json in ((Terminal(), False), (io.StringIO(), True)):
        configure_logging("info", "auto", stream=stream)
        logger("app").info("started", port=8420)
        assert stream.getvalue().startswith("{") is is_json
        assert "started" in stream.getvalue()


def test_pretty_without_a_terminal_has_no_colour() -> None:
    stream = io.StringIO()
    configure_logging("info", "pretty", stream=stream)
    logger("app").info("started")
    assert "\x1b" not in stream.getvalue()


def test_the_level_is_ours_and_libraries_warn_only(output: io.StringIO) -> None:
    logger("app.web").debug("seen")
    logging.getLogger("kubernetes_asyncio.client.rest").info("response body: %s", SECRET)
    logging.getLogger("kubernetes_asyncio.config.kube_config").warning("said by us instead")
    logging.getLogger("websockets").debug("> Authorization: %s", SECRET)
    logging.getLogger("aiohttp.access").warning("kept")
    configure_logging("error", "json", stream=output)
    logger("app.web").warning("not seen")
    assert [line["event"] for line in lines(output)] == ["seen", "kept"]


@pytest.mark.parametrize("name", ["watchglass.server", "app.cli.serve"])
def test_both_families_of_our_loggers_are_ours(output: io.StringIO, name: str) -> None:
    logger(name).info("seen")
    assert [line["event"] for line in lines(output)] == ["seen"]


def test_every_logger_of_ours_is_of_one_of_the_families() -> None:
    """A logger with another name would be taken for a library's, and its news be dropped."""
    named = re.compile(r"(?:get_logger|\blogger)\((\"[\w.]+\"|__name__)\)")
    app = Path(__file__).parents[1] / "app"
    found = [
        name.strip('"').partition(".")[0]
        for module in app.rglob("*.py")
        for name in named.findall(module.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 5
    assert {name for name in found if name != "__name__"} <= set(OURS)


def test_without_an_argument_lines_go_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", "json")
    logger("app").info("started")
    assert json.loads(capsys.readouterr().err)["event"] == "started"


def test_configuring_again_replaces_only_our_handler() -> None:
    foreign = logging.NullHandler()
    logging.getLogger().addHandler(foreign)
    first, second = io.StringIO(), io.StringIO()
    configure_logging("info", "json", stream=first)
    configure_logging("info", "json", stream=second)
    logger("app").info("started")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1
    assert foreign in logging.getLogger().handlers


def test_the_request_id_is_in_every_line_of_its_request(output: io.StringIO) -> None:
    def request(name: str) -> None:
        REQUEST_ID.set(name)
        logger("app.web").info("ours")
        logging.getLogger("asyncio").warning("theirs")

    for name in "ab":
        copy_context().run(request, name)
    logger("app.web").info("outside")
    assert [line.get("request_id") for line in lines(output)] == ["a", "a", "b", "b", None]


@pytest.mark.parametrize("library", ["uvicorn.error", "asyncio", "aiohttp.client"])
def test_lines_of_libraries_go_the_same_way(output: io.StringIO, library: str) -> None:
    logging.getLogger(library).warning("gone %s", "wrong", extra={"token": SECRET, "port": 1})
    (line,) = lines(output)
    assert line["event"] == "gone wrong"
    assert line["logger"] == library
    assert line["token"] == "***"
    assert line["port"] == 1


@pytest.mark.parametrize(
    "name",
    "authorization Authorization token access_token accessToken id-token cookie Set-Cookie cookies "
    "headers requestHeaders body response_body prompt output password client_secret api_key apiKey "
    "private_key credential credentials".split(),
)
def test_fields_with_private_names_are_masked(output: io.StringIO, name: str) -> None:
    logger("app").info("seen", **{name: SECRET})
    logger("app").info("nested", request={name: SECRET}, rows=[{name: [SECRET]}])
    assert is_private(name)
    assert SECRET not in output.getvalue()
    assert lines(output)[0][name] == "***"


def test_names_that_only_resemble_private_ones_stay() -> None:
    assert not is_private("key")
    assert not is_private("nobody")
    assert not is_private("prompted")


def test_a_measure_of_something_private_is_not_private(output: io.StringIO) -> None:
    logger("app").info("run_ended", output_bytes=10, promptBytes=3, body=5, token=None)
    (line,) = lines(output)
    assert (line["output_bytes"], line["promptBytes"]) == (10, 3)
    assert line["body"] == "***"
    assert line["token"] is None


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"{{'authorization': 'Bearer {SECRET}', 'cookie': 'a={SECRET}'}}",
        f"GET /api/stream?ticket={SECRET}&topics=pods",
        f"bearer {SECRET}",
        f"eyJhbGciOi.eyJzdWIi{SECRET}.sig",
        f"sk-ant-oat01-{SECRET}",
        f"ghp_{SECRET.replace('-', 'x')}",
        f"accessToken={SECRET} password: {SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_texts_lose_what_looks_like_a_credential(output: io.StringIO, text: str) -> None:
    logger("app").warning("failed", message=text, nested=[text])
    logging.getLogger("uvicorn.error").warning(text)
    try:
        raise ValueError(text)
    except ValueError:
        logger("app").exception("failed")
    assert SECRET not in output.getvalue()
    assert SECRET.replace("-", "x") not in output.getvalue()
    assert "ValueError" in str(lines(output)[2]["exception"])


def test_values_that_are_not_plain_show_their_type_only(output: io.StringIO) -> None:
    class Request:
        def __repr__(self) -> str:
            return SECRET

    deep: list[object] = [SECRET]
    for _ in range(6):
        deep = [deep]
    logger("app").info("seen", request=Request(), content=SECRET.encode(), deep=deep)
    assert SECRET not in output.getvalue()
    (line,) = lines(output)
    assert line["request"] == "<Request>"
    assert line["content"] == f"<{len(SECRET)} bytes>"


def test_plain_values_keep_their_meaning(output: io.StringIO) -> None:
    logger("app").info(
        "seen",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        path=Path("/etc/x"),
        address=ip_address("127.0.0.1"),
        id=UUID(int=0),
        cause=OSError("refused"),
        kinds={"pods"},
        seconds=1.5,
        ok=True,
    )
    (line,) = lines(output)
    assert line["at"] == "2026-01-01 00:00:00+00:00"
    assert line["path"] == "/etc/x"
    assert line["address"] == "127.0.0.1"
    assert line["id"] == str(UUID(int=0))
    assert line["cause"] == "OSError: refused"
    assert line["kinds"] == ["pods"]
    assert (line["seconds"], line["ok"]) == (1.5, True)


def test_a_text_can_neither_steer_the_terminal_nor_forge_a_line() -> None:
    stream = io.StringIO()
    configure_logging("info", "pretty", stream=stream)
    logger("app").info("bad\x1b[2J\ninfo forged", name="a\x07\u202eb\r\nc")
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert not any(control in written for control in "\x1b\x07\u202e\r")


def test_long_texts_are_cut_and_say_so() -> None:
    assert scrubbed("x" * LONGEST) == "x" * LONGEST
    assert scrubbed("x" * (LONGEST + 1)).endswith("(cut)")


def test_a_traceback_shows_no_local_variables(output: io.StringIO) -> None:
    def fail(credential: str) -> None:
        raise RuntimeError("failed with " + str(len(credential)))

    try:
        fail(SECRET)
    except RuntimeError:
        logging.getLogger("app.web").exception("unexpected")
    assert SECRET not in output.getvalue()
    assert "RuntimeError: failed with" in str(lines(output)[0]["exception"])
