"""Query parameters: lists, numbers, names; unknown ones are ignored, wrong ones are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from app.errors import InvalidRequest
from app.model import PAGE_SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from starlette.datastructures import QueryParams

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 50
MOST_PAGES = 1_000_000
MOST_EVENTS = 1_000_000_000
LONGEST_QUERY = 253
"""Characters of a search: the longest name an object may have."""


def names(query: QueryParams, parameter: str) -> list[str]:
    """A list: comma-separated, repeatable, without empty or repeated items, in order."""
    items = ",".join(query.getlist(parameter)).split(",")
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def chosen(
    query: QueryParams, parameter: str, good: Sequence[str], *, what: str
) -> list[str] | None:
    """The items of a list, each one of `good`; None when it is left out or empty.

    Raises:
        InvalidRequest: `unknown_<what>`, with the list of good ones.
    """
    found = names(query, parameter)
    if unknown := [name for name in found if name not in good]:
        raise InvalidRequest(
            f"Unknown {what}: {', '.join(shown(name) for name in unknown[:5])}. "
            f"Good ones: {', '.join(good)}.",
            reason=f"unknown_{what}",
        )
    return found or None


def number(query: QueryParams, parameter: str, default: int, least: int, most: int) -> int:
    """A whole number.

    Raises:
        InvalidRequest: It is none, or out of bounds.
    """
    text = query.get(parameter)
    if text is None or text == "":
        return default
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1
    if not least <= value <= most:
        raise InvalidRequest(f"{parameter} is a whole number from {least} to {most}.")
    return value


def page_of(query: QueryParams) -> tuple[int, int]:
    """`page`, from 1, and `pageSize`, from 1 to 200."""
    return (
        number(query, "page", 1, 1, MOST_PAGES),
        number(query, "pageSize", DEFAULT_PAGE_SIZE, 1, PAGE_SIZE_LIMIT),
    )


def search(query: QueryParams) -> str:
    """`q` in lower case, empty when it is left out.

    Raises:
        InvalidRequest: It is longer than a name can be.
    """
    text = query.get("q", "").strip()
    if len(text) > LONGEST_QUERY:
        raise InvalidRequest(f"q has at most {LONGEST_QUERY} characters.")
    # Only now: there are letters that become two in lower case.
    return text.lower()


def one_of(query: QueryParams, parameter: str, good: Collection[str]) -> set[str]:
    """A list of words of which each must be one of `good`; empty when it is left out.

    Raises:
        InvalidRequest: One is not.
    """
    found = set(names(query, parameter))
    if unknown := found.difference(good):
        raise InvalidRequest(
            f"Unknown {parameter}: {', '.join(shown(name) for name in sorted(unknown)[:5])}. "
            f"Good ones: {', '.join(sorted(good))}."
        )
    return found


def order(query: QueryParams, orders: Mapping[str, T], *, downwards: bool) -> tuple[T, bool]:
    """What `sort` names, and whether the greatest comes first, which a `-` before it asks for.

    Without `sort` it is the first of `orders`, `downwards` or not.

    Raises:
        InvalidRequest: There is no such order.
    """
    text = query.get("sort", "").strip()
    if not text:
        return next(iter(orders.values())), downwards
    found = orders.get(text.removeprefix("-"))
    if found is None:
        raise InvalidRequest(
            f"Unknown sort: {shown(text)}. Good ones: {', '.join(orders)}, and each with - before."
        )
    return found, text.startswith("-")


def shown(text: str) -> str:
    """Something a reader sent, short and harmless in a message."""
    return "".join(c if c.isprintable() else "?" for c in text[:40])
