"""Times as objects carry them: in UTC, to the second or with six decimals."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from app.demo.api.notation import Malformed

SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:\d\d)", re.ASCII
)


def timestamp(text: str) -> str:
    """A time in UTC, whole seconds.

    Raises:
        Malformed: It is none.
    """
    if SECONDS.fullmatch(text) and _exists(text):
        return text
    found = RFC3339.fullmatch(text)
    if found is None or not _exists(text):
        raise Malformed(_no_time(text, "2006-01-02T15:04:05Z07:00"))
    return _utc(text).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(text: str) -> str:
    """A time in UTC with exactly six decimals, as Leases have it.

    Raises:
        Malformed: It is none, or has other decimals.
    """
    layout = "2006-01-02T15:04:05.000000Z07:00"
    found = RFC3339.fullmatch(text)
    if found is None or not _exists(text):
        raise Malformed(_no_time(text, layout))
    if found["fraction"] is None or len(found["fraction"]) != len(".000000"):
        rest = (found["fraction"] or "") + found["zone"]
        raise Malformed(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as ".000000"')
    return _utc(text).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _no_time(text: str, layout: str) -> str:
    return f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"'
