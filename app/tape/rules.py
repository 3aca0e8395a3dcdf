"""What of each value an anonymous tape keeps: what is not named here is left out.

Kept are numbers, times, states, and words of one piece such as `CrashLoopBackOff`. Names become
other names of the same shape, everywhere the same ones. Free text could say anything, and goes.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from app.model.cron_fields import ScheduleError
from app.model.schedule import load_zone, parse_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.tape.names import Names

Rule: TypeAlias = "Callable[[Names, Any], object]"
"""Gives what stands in place of a recorded value, None where it is left out."""

LEFT_OUT = "(left out)"

_TOKEN = re.compile(r"[a-z]+(?:[_-][a-z]+)*|[A-Z][A-Za-z]*")
_WORD = re.compile(r"[A-Z][A-Za-z0-9]{0,62}(?::[A-Z0-9][A-Za-z0-9/]{0,62})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_VERSION = re.compile(r"\d+\.\d+\.[0-9a-z.+]{1,20}")
_EPOCH = re.compile(r"[0-9a-z]{10}")


def name(names: Names, told: Any) -> object:
    """A name, or a key that is made of names."""
    return names.other(told) if isinstance(told, str) else None


def _uid(names: Names, told: Any) -> object:
    return names.uid(told) if isinstance(told, str) else None


def _token(names: Names, told: Any) -> object:
    return told if isinstance(told, str) and _TOKEN.fullmatch(told) else None


def _word(names: Names, told: Any) -> object:
    """A word as the cluster's components write them: it begins with a capital, as no name may."""
    return told if isinstance(told, str) and _WORD.fullmatch(told) else None


def _needed_word(names: Names, told: Any) -> object:
    return _word(names, told) or "Other"


def _time(names: Names, told: Any) -> object:
    return told if isinstance(told, str) and _TIME.fullmatch(told) else None


def _number(names: Names, told: Any) -> object:
    return told if isinstance(told, bool | int | float) else None


def version(names: Names, told: Any) -> object:
    """A release of ours."""
    return told if isinstance(told, str) and _VERSION.fullmatch(told) else "unknown"


def _epoch(names: Names, told: Any) -> object:
    return told if isinstance(told, str) and _EPOCH.fullmatch(told) else None


def _schedule(names: Names, told: Any) -> object:
    try:
        parse_schedule(told)
    except (ScheduleError, TypeError):
        return LEFT_OUT
    return told


def _zone(names: Names, told: Any) -> object:
    try:
        return load_zone(told) and told
    except (ScheduleError, TypeError):
        return None


def _left_out(names: Names, told: Any) -> object:
    return LEFT_OUT


def _nothing(names: Names, told: Any) -> object:
    return []


def _kind_and_name(names: Names, told: Any) -> object:
    """A key whose first part is a word of ours."""
    if not isinstance(told, str):
        return None
    kind, slash, rest = told.partition("/")
    return f"{_token(names, kind) or names.other(kind)}{slash}{names.other(rest)}"


def _namespace_and_uid(names: Names, told: Any) -> object:
    if not isinstance(told, str):
        return None
    namespace, slash, uid = told.partition("/")
    return f"{names.other(namespace)}{slash}{names.uid(uid)}"


def _fields(rules: Mapping[str, Rule]) -> Callable[[Names, Any], dict[str, object]]:
    def rule(names: Names, told: Any) -> dict[str, object]:
        found = {name: rules[name](names, told[name]) for name in rules if name in told}
        return {name: value for name, value in found.items() if value is not None}

    return rule


def _each(rule: Rule, kind: type = dict) -> Rule:
    """A list; what the stream puts at the end of one that it has cut is of another kind."""

    def each(names: Names, told: Any) -> object:
        found = (rule(names, item) for item in told if isinstance(item, kind))
        return [item for item in found if item is not None]

    return each


def _are(rule: Rule, *fields: str) -> dict[str, Rule]:
    return dict.fromkeys(fields, rule)


OPERATIONS: Mapping[str, str] = MappingProxyType({"upsert": "upsert", "remove": "remove"})

OBJECT = _fields({"kind": _needed_word, **_are(name, "namespace", "name")})
RUN = _fields(
    _are(name, "name")
    | _are(_uid, "uid")
    | _are(_token, "status")
    | _are(_time, "startTime", "scheduledFor", "completionTime")
    | _are(_number, "durationMs", "exitCode", "manual", "deleted")
)
INCIDENT = _fields(
    _are(_kind_and_name, "key", "causedBy")
    | _are(_token, "kind", "severity", "state")
    | _are(_left_out, "reason")
    | _are(_number, "count")
    | _are(_time, "since", "lastChange")
    | {"objects": _each(OBJECT), "actions": _nothing}
)


def _incident(names: Names, told: Any) -> object:
    """An incident; its title says what kind of one it is, and no more."""
    kept = INCIDENT(names, told)
    return kept | {"title": str(kept.get("kind", LEFT_OUT)).replace("_", " ")}


VALUES: Mapping[str, Rule] = MappingProxyType(
    {
        "pods": _fields(
            _are(name, "name", "namespace", "owner", "node")
            | _are(_uid, "uid")
            | _are(_token, "phase")
            | _are(_word, "reason")
            | _are(_number, "readyContainers", "totalContainers", "restartCount")
            | _are(_time, "lastRestartTime", "createdAt")
        ),
        "cronjobs": _fields(
            _are(name, "name", "namespace")
            | _are(_schedule, "schedule")
            | _are(_zone, "timeZone", "assumedTimeZone")
            | _are(_token, "state")
            | _are(_number, "activeJobs", "suspended")
            | _are(_time, "lastScheduleTime", "lastSuccessfulTime", "nextScheduleTime")
            | {"recentRuns": _each(RUN)}
        ),
        "jobs": _fields(
            _are(name, "name", "cronJobName", "namespace")
            | _are(_uid, "uid")
            | _are(_token, "status")
            | _are(_word, "reason")
            | _are(_number, "exitCode", "durationMs", "manual", "failures")
            | _are(_time, "startTime", "completionTime")
        ),
        "events": _fields(
            _are(name, "namespace")
            | _are(_needed_word, "reason")
            | _are(_left_out, "message")
            | _are(_number, "count")
            | _are(_time, "firstSeen", "lastSeen")
            | {"object": OBJECT}
        ),
        "sources": _fields(
            _are(name, "namespace")
            | _are(_token, "kind", "state", "proof")
            | _are(_number, "objects")
            | _are(_time, "provedAt")
        ),
        "incidents": _incident,
        "health": _fields(
            _are(_token, "status")
            | _are(_time, "since")
            | {
                "reasons": _each(_left_out, str),
                "counts": _fields(_are(_number, "critical", "warning", "info")),
            }
        ),
    }
)

KEYS: Mapping[str, Rule] = MappingProxyType(
    {
        "events": _namespace_and_uid,
        "sources": _kind_and_name,
        "incidents": _kind_and_name,
        "health": _token,
    }
)
"""Of topics whose keys are not made of names alone."""

VITAL = _fields(_are(_token, "state") | _are(_number, "ageMs"))

TOLD: Mapping[str, Callable[[Names, Any], dict[str, object]]] = MappingProxyType(
    {
        "hello": _fields(
            _are(_epoch, "epoch")
            | _are(_token, "reason")
            | _are(_number, "resumed", "heartbeatMs", "staleAfterMs", "retryMs")
            | _are(_time, "serverTime")
            | {"build": version}
        ),
        "snapshot": _fields(_are(_number, "part", "parts", "synced")),
        "change": _fields({}),
        "heartbeat": _fields(_are(_time, "serverTime") | _are(_number, "seq")),
        "goodbye": _fields(_are(_token, "reason") | _are(_number, "retryMs")),
    }
)
"""Of each message, besides its values."""
