"""Whatever is wrong is told at once, one line each, in the words of the place where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings import Mistakes, Settings, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def mistakes(flags: Mapping[str, object], environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        load(Settings, flags, environ)
    assert all("\n" not in line for line in caught.value.lines)
    return list(caught.value.lines)


def test_all_mistakes_of_all_sources_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text('prot = 1\nlog_level = "loud"\n')
    lines = mistakes(
        {"config": str(file), "port": "many"},
        {"WATCHGLASS_TICK_MS": "0", "WATCHGLASS_LOG_LEVL": "debug"},
    )
    assert sorted(lines) == sorted(
        [
            "--port: must be a whole number, not 'many'",
            "WATCHGLASS_TICK_MS: must be at least 1, not '0'",
            "WATCHGLASS_LOG_LEVL is not a setting (did you mean WATCHGLASS_LOG_LEVEL?)",
            f"prot in {file} is not a setting (did you mean port?)",
            f"log_level in {file}: must be 'debug', 'info', 'warning' or 'error', not 'loud'",
        ]
    )


@pytest.mark.parametrize(
    ("name", "value", "clause"),
    [
        ("port", "65536", "--port: must be at most 65535, not '65536'"),
        ("port", "-1", "--port: must be at least 0, not '-1'"),
        ("port", "1.5", "--port: must be a whole number, not '1.5'"),
        ("connect_seconds", "soon", "--connect-seconds: must be a number, not 'soon'"),
        ("connect_seconds", "0", "--connect-seconds: must be more than 0, not '0'"),
        ("no_key", "perhaps", "--no-key: must be true or false, not 'perhaps'"),
        ("context", "", "--context: must not be empty, not ''"),
        ("cluster_name", "x" * 81, "--cluster-name: must have at most 80 characters, not 'xxx"),
        (
            "controller_time_zone",
            "Mars/Olympus",
            "--controller-time-zone: must be the name of a time zone, such as Europe/Berlin, not '",
        ),
        ("base_path", "glass", "--base-path: must be a path such as /watchglass, not 'glass'"),
        ("base_path", "/a/../b", "--base-path: must not contain . or .. as a part"),
        ("base_path", "/a b", "--base-path: must be a path such as /watchglass"),
        ("namespaces", ["Team"], "--namespace: 'Team' is not the name of a namespace"),
        ("allowed_hosts", ["a:80"], "--allowed-hosts: 'a:80' is not a host name (names only, "),
        ("trusted_proxies", ["10.0.0.1/8"], "--trusted-proxies: is a list of networks such as 10."),
        (
            "host",
            "0.0.0.0",
            "--host: must be a loopback address (without a sign-in Watchglass listens for this m",
        ),
    ],
)
def test_a_mistake_names_its_place_and_what_would_be_right(
    name: str, value: object, clause: str
) -> None:
    (line,) = mistakes({name: value}, {})
    assert line.startswith(clause)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.1.2.3", "example.org", "", "127.0.0.1.example.org", "[::]"]
)
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    (line,) = mistakes({"host": host}, {})
    assert "must be a loopback address" in line


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.9.9.9", "127.9.9.9"),
        ("localhost", "localhost"),
        ("::1", "::1"),
        ("[::1]", "::1"),
    ],
)
def test_an_address_of_this_machine_is_taken(host: str, taken: str) -> None:
    assert load(Settings, {"host": host}, {}).settings.host == taken


def test_bounds_that_belong_together_are_checked_together() -> None:
    (line,) = mistakes({"watch_seconds_min": "900", "watch_seconds_max": "800"}, {})
    assert line == "watch_seconds_min must not be larger than watch_seconds_max"


def test_a_long_value_is_cut_in_its_message() -> None:
    (line,) = mistakes({"port": "9" * 4000}, {})
    assert len(line) < 200


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert mistakes({"config": str(missing)}, {}) == [
        f"cannot read the settings file {missing}: No such file or directory"
    ]
    assert "Is a directory" in mistakes({}, {"WATCHGLASS_CONFIG": str(tmp_path)})[0]


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port = 1\nport = 2\n", b"= 1"])
def test_a_file_that_is_no_toml_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "w.toml"
    file.write_bytes(content)
    (line,) = mistakes({"config": str(file)}, {})
    assert line.startswith(f"{file} is not TOML: ")


def test_a_table_in_the_file_is_no_setting(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text("[listening]\nport = 1\n")
    assert mistakes({"config": str(file)}, {}) == [f"listening in {file} is not a setting"]


def test_a_type_that_the_setting_does_not_have_is_told(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text("host = 1\nnamespaces = 7\nport = []\n")
    lines = mistakes({"config": str(file)}, {})
    assert f"host in {file}: must be text, not 1" in lines
    assert f"namespaces in {file}: must be a list, not 7" in lines
    assert f"port in {file}: must be a whole number, not []" in lines


def test_a_suggestion_is_made_only_when_one_is_near() -> None:
    (line,) = mistakes({}, {"WATCHGLASS_FROBNICATE_XYZ": "1"})
    assert line == "WATCHGLASS_FROBNICATE_XYZ is not a setting"
