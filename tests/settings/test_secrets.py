"""A secret may come from a file, and is in no message. Tested with one, as there is none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import Field, SecretStr

from app.cli.serve import printed
from app.settings import Mistakes, Settings, load
from app.settings.description import describe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "s3cr3t-value-that-must-not-appear"


class Guarded(Settings):
    """Settings with secrets."""

    signing_key: SecretStr = Field(default=SecretStr(""), max_length=60)
    """Signs nothing."""

    client_secret: SecretStr | None = None
    """Opens nothing."""


def mistakes(environ: Mapping[str, str]) -> str:
    with pytest.raises(Mistakes) as caught:
        load(Guarded, {}, environ)
    return "\n".join(caught.value.lines)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(f" {SECRET} ".encode() + ending.encode())
    loaded = load(Guarded, {}, {"WATCHGLASS_SIGNING_KEY_FILE": str(file)})
    assert loaded.settings.signing_key.get_secret_value() == f" {SECRET} "
    assert loaded.origins["signing_key"].place == "WATCHGLASS_SIGNING_KEY_FILE"


def test_a_secret_comes_from_its_variable_too() -> None:
    loaded = load(Guarded, {}, {"WATCHGLASS_CLIENT_SECRET": SECRET})
    assert loaded.settings.client_secret == SecretStr(SECRET)


def test_a_secret_in_two_places_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET)
    told = mistakes({"WATCHGLASS_SIGNING_KEY": SECRET, "WATCHGLASS_SIGNING_KEY_FILE": str(file)})
    assert told == "WATCHGLASS_SIGNING_KEY and WATCHGLASS_SIGNING_KEY_FILE are both set"


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert mistakes({"WATCHGLASS_SIGNING_KEY_FILE": str(missing)}) == (
        f"WATCHGLASS_SIGNING_KEY_FILE: cannot read {missing}: No such file or directory"
    )
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "cannot read" in mistakes({"WATCHGLASS_SIGNING_KEY_FILE": str(tmp_path / "binary")})


def test_only_secrets_have_a_file() -> None:
    assert mistakes({"WATCHGLASS_PORT_FILE": "/etc/port"}).startswith(
        "WATCHGLASS_PORT_FILE is not a setting"
    )


def test_a_mistake_in_a_secret_does_not_show_it() -> None:
    told = mistakes({"WATCHGLASS_SIGNING_KEY": SECRET * 2})
    assert told == "WATCHGLASS_SIGNING_KEY: must not be longer than 60"


def test_printed_settings_mask_a_secret_and_show_where_it_is_from(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET)
    loaded = load(Guarded, {}, {"WATCHGLASS_SIGNING_KEY_FILE": str(file), "WATCHGLASS_PORT": "1"})
    lines = {line.split(" ", 1)[0]: line for line in printed(loaded).splitlines()}
    assert SECRET not in printed(loaded)
    assert lines["signing_key"].split() == ["signing_key", "=", '"***"', "#",
        "WATCHGLASS_SIGNING_KEY_FILE"]  # fmt: skip
    assert "# client_secret is not set" in printed(loaded)


def test_a_secret_describes_itself_as_one() -> None:
    described = {setting.name: setting for setting in describe(Guarded, Guarded)}
    assert described["signing_key"].secret
    assert described["signing_key"].kind == "secret"
    assert described["client_secret"].default == "not set"
    assert not described["port"].secret
