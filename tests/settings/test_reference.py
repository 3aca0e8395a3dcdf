"""The page about the settings is made from them, and says everything."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from ipaddress import ip_network
from pathlib import Path, PurePosixPath

import pytest

from app.settings import Settings
from app.settings.description import describe, heading, written
from app.settings.reference import COMMAND, page

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_fields_say() -> None:
    on_disk = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert on_disk == page(), f"docs/settings.md is out of date: run {COMMAND}"


def test_the_command_that_the_page_names_makes_it(tmp_path: Path) -> None:
    *module, target = COMMAND.split()[1:]
    assert target == "docs/settings.md"
    for arguments, written_to in (([str(tmp_path / "page.md")], tmp_path / "page.md"), ([], None)):
        result = subprocess.run(
            [sys.executable, *module, *arguments],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=True,
        )
        assert (written_to.read_text("utf-8") if written_to else result.stdout) == page()


def test_every_setting_has_a_section_an_entry_and_a_reason() -> None:
    told = page()
    described = [
        setting for section in Settings.SECTIONS for setting in describe(Settings, section)
    ]
    assert [setting.name for setting in described] != []
    assert {setting.name for setting in described} == set(Settings.model_fields)
    for setting in described:
        assert f"\n### {setting.name}\n" in told
        assert f"`{setting.variable}`" in told
        assert all(f"`{flag}" in told for flag in setting.flags)
        assert len(setting.text) > 20, setting.name
        assert setting.text in told
        assert setting.text.endswith("."), setting.name


def test_a_setting_says_its_type_bounds_and_default() -> None:
    described = {
        setting.name: setting for section in Settings.SECTIONS
        for setting in describe(Settings, section)
    }  # fmt: skip
    assert described["port"].domain == "whole number, at least 0, at most 65535"
    assert described["connect_seconds"].domain == "number, more than 0, at most 300"
    assert described["log_format"].domain == "`auto`, `pretty` or `json`"
    assert described["cluster_name"].domain == "text, not empty, at most 80 characters"
    assert described["trusted_proxies"].domain == "list of networks"
    assert described["kubeconfig"].domain == "path"
    assert described["namespaces"].flags == ("-n", "--namespace")
    assert described["all_namespaces"].switch
    assert described["kubeconfig"].default == "not set"
    assert described["log_level"].default == '"info"'


def test_headings_are_words() -> None:
    assert [heading(section) for section in Settings.SECTIONS][:2] == [
        "Listening",
        "Cluster access",
    ]


@pytest.mark.parametrize(
    "value",
    [
        True,
        0,
        1.5,
        "plain",
        'quoted "word" and \\ backslash',
        "line\nend\ttab\x7f\x00",
        "right\u202eto left, \U000e0041 tag, emoji \U0001f600",
        ["a", "b"],
        [],
        [1, 2],
    ],
)
def test_a_value_survives_being_written(value: object) -> None:
    text = f"value = {written(value)}\n"
    assert tomllib.loads(text)["value"] == value
    assert text.rstrip("\n").isprintable()


def test_paths_and_networks_are_written_as_text() -> None:
    assert written(PurePosixPath("/a b")) == '"/a b"'
    assert written((ip_network("10.0.0.0/8"),)) == '["10.0.0.0/8"]'
    assert written(None) == ""


def test_what_toml_cannot_say_is_an_error() -> None:
    with pytest.raises(TypeError):
        written(object())
