"""The parameters of lists and watches, with the server's own rules of what goes with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.deletion import whole
from app.demo.api.problems import Problem, not_allowed, unsupported
from app.demo.api.selectors import Selector, selector
from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, bad_request, invalid_options

if TYPE_CHECKING:
    from app.demo.api.calls import Call
    from app.demo.api.kinds import Kind

MATCH, NOT_OLDER, EXACT = "resourceVersionMatch", "NotOlderThan", "Exact"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """`version` is None when unset; `initial` is sendInitialEvents, None when unset."""

    selector: Selector
    limit: int = 0
    token: str = ""
    version: int | None = None
    match: str = ""
    watch: bool = False
    bookmarks: bool = False
    seconds: int | None = None
    initial: bool | None = None


def list_options(kind: Kind, call: Call, *, watch: bool) -> ListOptions:
    """Read and check them.

    Raises:
        Refused: 400 or 422.
    """
    limit, seconds = call.first("limit"), call.first("timeoutSeconds")
    limit_number = whole(limit) if limit else 0
    timeout = whole(seconds) if seconds else None
    initial = call.says("sendInitialEvents") if call.first("sendInitialEvents") else None
    version, match = call.first("resourceVersion") or "", call.first(MATCH) or ""
    token = call.first("continue") or ""
    chosen = selector(kind, call.first("labelSelector"), call.first("fieldSelector"))
    problems = (
        _watch_problems(match, initial, token)
        if watch
        else _list_problems(match, version, initial, token)
    )
    if problems:
        raise invalid_options("ListOptions", *problems)
    return ListOptions(
        chosen,
        max(limit_number, 0),
        token,
        version_number(version, watch=watch),
        match,
        watch,
        call.says("allowWatchBookmarks"),
        timeout,
        initial,
    )


def version_number(text: str, *, watch: bool = False) -> int | None:
    """A resourceVersion, None when it is unset.

    Raises:
        Refused: 400, or of a watch 500 without a reason.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) < 1 << 64:
        return int(text)
    why = (
        f'resourceVersion: Invalid value: "{text}": '
        f'strconv.ParseUint: parsing "{text}": invalid syntax'
    )
    if watch:
        raise Refused(500, failure(500, "", why))
    raise bad_request(f"invalid resource version: {why}")


def _watch_problems(match: str, initial: bool | None, token: str) -> list[Problem]:
    found = []
    if initial is not None and match != NOT_OLDER:
        found.append(
            not_allowed(
                MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            )
        )
    if initial is None and match:
        found.append(
            not_allowed(
                MATCH,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )
        )
    if initial is not None and match and match != NOT_OLDER:
        found.append(unsupported(MATCH, match, (NOT_OLDER,)))
    if token:
        found.append(
            not_allowed(MATCH, "resourceVersionMatch is forbidden when continue is provided")
        )
    return found


def _list_problems(match: str, version: str, initial: bool | None, token: str) -> list[Problem]:
    found = []
    if initial is not None:
        found.append(not_allowed("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if not match:
        return found
    if not version:
        found.append(
            not_allowed(
                MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"
            )
        )
    if token:
        found.append(
            not_allowed(MATCH, "resourceVersionMatch is forbidden when continue is provided")
        )
    if match not in (EXACT, NOT_OLDER):
        found.append(unsupported(MATCH, match, (EXACT, NOT_OLDER, "")))
    if match == EXACT and version == "0":
        found.append(
            not_allowed(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
        )
    return found
