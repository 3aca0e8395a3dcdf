"""What a value must look like."""

from __future__ import annotations

import pytest

from app.settings import rules


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("a, b,,c ", ["a", "b", "c"]),
        ("", []),
        (["a,b", "c"], ["a", "b", "c"]),
        ([" a  b "], ["a", "b"]),
        ([1, "a"], [1, "a"]),
        (7, 7),
        (("a",), ("a",)),
    ],
)
def test_lists_are_split_and_other_types_pass(given: object, found: object) -> None:
    assert rules.split(given) == found


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("", ""),
        ("/", ""),
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/a/b.c~d_e-f//", "/a/b.c~d_e-f"),
        ("//", ""),
    ],
)
def test_a_base_path_has_no_slash_at_its_end(given: str, found: str) -> None:
    assert rules.base_path(given) == found


@pytest.mark.parametrize("given", ["a", "a/b", "/a//b", "/ä", "/a?b", "/a#b", "/..", "/./a"])
def test_what_is_no_base_path_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="must"):
        rules.base_path(given)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("Glass.Example.", "glass.example"),
        ("localhost", "localhost"),
        ("a_b.c", "a_b.c"),
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "[::1]"),
        ("[2001:DB8::0001]", "[2001:db8::1]"),
    ],
)
def test_host_names_are_written_as_a_host_header_has_them(given: str, found: str) -> None:
    assert rules.host_names((given,)) == (found,)


@pytest.mark.parametrize("given", ["a:80", "http://a", "a/b", "*", "*.example", "-a", "a b", ""])
def test_what_is_no_host_name_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not a host name"):
        rules.host_names((given,))


@pytest.mark.parametrize("given", ["Team", "-a", "a-", "a.b", "a_b", "x" * 64, "a/b", ""])
def test_what_is_no_namespace_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not the name of a namespace"):
        rules.namespaces((given,))


def test_namespaces_stay_in_order_each_once() -> None:
    assert rules.namespaces(("b", "a", "b", "x" * 63)) == ("b", "a", "x" * 63)


def test_networks_come_from_texts_and_other_types_pass() -> None:
    assert rules.networks("10.0.0.0/8,::1") == rules.networks(["10.0.0.0/8", "::1"])
    assert rules.networks(7) == 7


def test_a_time_zone_is_one_that_there_is() -> None:
    assert rules.time_zone("Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize("given", ["", "Local", "Mars/Olympus", "../etc/passwd", "/UTC", "Europe"])
def test_what_is_no_time_zone_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        rules.time_zone(given)
