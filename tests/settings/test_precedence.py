"""One value, one origin: flags over environment over file over default."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from app.settings import Mistakes, Settings, load

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ("file", "environment", "flag")
"""From the weakest to the strongest."""

VALUES = {"file": 1001, "environment": 1002, "flag": 1003}
COMBINED = [chosen for count in range(4) for chosen in combinations(SOURCES, count)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "watchglass.toml"


@pytest.mark.parametrize("given", COMBINED, ids="-".join)
def test_the_strongest_source_that_names_a_setting_decides_it(
    file: Path, given: tuple[str, ...]
) -> None:
    file.write_text(f"port = {VALUES['file']}\n" if "file" in given else "")
    environ = {"WATCHGLASS_PORT": str(VALUES["environment"])} if "environment" in given else {}
    flags: dict[str, object] = {"config": str(file), "port": None}
    if "flag" in given:
        flags["port"] = str(VALUES["flag"])
    loaded = load(Settings, flags, environ)
    expected = next((name for name in reversed(SOURCES) if name in given), None)
    assert loaded.settings.port == (VALUES[expected] if expected else 8420)
    assert (loaded.origins["port"].source if expected else None) == expected
    assert ("port" in loaded.origins) is (expected is not None)


def test_an_origin_says_where_the_value_stands(file: Path) -> None:
    file.write_text('log_level = "debug"\nport = 1\n')
    environ = {"WATCHGLASS_PORT": "2", "WATCHGLASS_CONFIG": str(file)}
    origins = load(Settings, {"namespaces": ["a"], "all_namespaces": None}, environ).origins
    assert origins["log_level"].place == f"log_level in {file}"
    assert origins["port"].place == "WATCHGLASS_PORT"
    assert origins["namespaces"].place == "--namespace"
    assert set(origins) == {"log_level", "port", "namespaces"}


def test_the_flag_names_the_file_before_the_variable_does(file: Path, tmp_path: Path) -> None:
    file.write_text("port = 1\n")
    other = tmp_path / "other.toml"
    other.write_text("port = 2\n")
    loaded = load(Settings, {"config": str(file)}, {"WATCHGLASS_CONFIG": str(other)})
    assert loaded.settings.port == 1


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ({"namespaces": ["team"]}, "all_namespaces = true"),
        ({"all_namespaces": "true"}, 'namespaces = ["other"]'),
        ({"all_namespaces": "false"}, 'namespaces = ["other"]'),
    ],
)
def test_one_choice_is_decided_as_a_whole(
    file: Path, stronger: dict[str, object], weaker: str
) -> None:
    """`-n team` on the command line is not at odds with a file that watches everything."""
    file.write_text(weaker + "\n")
    settings = load(Settings, {"config": str(file)} | stronger, {}).settings
    assert settings.namespaces == (("team",) if "namespaces" in stronger else ())
    assert settings.all_namespaces is (stronger.get("all_namespaces") == "true")


def test_both_halves_of_one_choice_in_one_place_are_a_mistake() -> None:
    with pytest.raises(Mistakes) as caught:
        load(Settings, {"namespaces": ["a"], "all_namespaces": "true"}, {})
    assert caught.value.lines == ("all_namespaces (-A) and namespaces (-n) exclude each other",)


def test_lists_come_from_commas_and_from_repetition(file: Path) -> None:
    file.write_text('allowed_hosts = ["glass.example", "b.example"]\n')
    loaded = load(
        Settings,
        {"config": str(file), "namespaces": ["a,b", "c", "a"]},
        {"WATCHGLASS_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1"},
    ).settings
    assert loaded.namespaces == ("a", "b", "c")
    assert loaded.allowed_hosts == ("glass.example", "b.example")
    assert [str(network) for network in loaded.trusted_proxies] == ["10.0.0.0/8", "127.0.0.1/32"]


def test_an_empty_variable_is_not_set() -> None:
    loaded = load(Settings, {}, {"WATCHGLASS_PORT": "", "WATCHGLASS_CONFIG": ""})
    assert loaded.settings == Settings()
    assert loaded.origins == {}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WATCHGLASS_PORT", "tcp://10.0.0.7:8420"),
        ("WATCHGLASS_SERVICE_HOST", "10.0.0.7"),
        ("WATCHGLASS_SERVICE_PORT", "8420"),
        ("WATCHGLASS_SERVICE_PORT_HTTP", "8420"),
        ("WATCHGLASS_PORT_8420_TCP", "tcp://10.0.0.7:8420"),
        ("WATCHGLASS_PORT_8420_TCP_PROTO", "tcp"),
        ("WATCHGLASS_PORT_8420_TCP_PORT", "8420"),
        ("WATCHGLASS_PORT_8420_TCP_ADDR", "10.0.0.7"),
        ("WATCHGLASS_CANARY_SERVICE_HOST", "10.0.0.8"),
        ("WATCHGLASS_CANARY_PORT", "tcp://10.0.0.8:80"),
    ],
)
def test_variables_of_a_service_called_watchglass_are_nobodys(variable: str, value: str) -> None:
    """The kubelet puts them into every container of the namespace."""
    assert load(Settings, {}, {variable: value}).settings == Settings()


def test_variables_of_others_are_nobodys() -> None:
    assert load(Settings, {}, {"PORT": "1", "WATCHGLAS_PORT": "2"}).settings.port == 8420


def test_settings_that_are_constructed_read_nothing_from_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WATCHGLASS_PORT", "1")
    assert Settings().port == 8420
    assert Settings(port=2).port == 2


def test_a_home_in_a_path_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "w.toml").write_text('kubeconfig = "~/.kube/other"\n')
    loaded = load(Settings, {"config": "~/w.toml"}, {})
    assert loaded.settings.kubeconfig == tmp_path / ".kube" / "other"
