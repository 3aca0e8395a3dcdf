"""What a value says, in a few words: one line of `watchglass tail`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.cli.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.cli.reader import Change

LONGEST = 160
"""Characters: two lines of an ordinary terminal."""


def line_of(change: Change, at: datetime) -> str:
    """Time, mark, topic, key, and what the value says."""
    words = "" if change.value is None else summary(change.topic, change.value)
    head = f"{at.astimezone():%H:%M:%S} {change.mark} {safe(change.topic):<8} {safe(change.key)}"
    return f"{head:<52} {words}".rstrip()


def summary(topic: str, value: Any) -> str:
    """A value in a few words; of a topic that is not known here, its JSON."""
    words = _words(topic, value) if isinstance(value, dict) else None
    text = json.dumps(value, separators=(",", ":")) if words is None else " ".join(words)
    return safe(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def _words(topic: str, value: Mapping[str, Any]) -> list[str] | None:
    match topic:
        case "pods":
            ready = f"{value.get('readyContainers')}/{value.get('totalContainers')}"
            restarts = value.get("restartCount")
            found = [value.get("reason") or value.get("phase"), ready]
            found += [f"restarts {restarts}"] if restarts else []
            found += [value.get("message")]
        case "cronjobs":
            held = "suspended" if value.get("suspended") else None
            found = [value.get("schedule"), value.get("timeZone"), value.get("state") or held]
            found += [f"active {value['activeJobs']}"] if value.get("activeJobs") else []
            found += [value.get("stateMessage")]
        case "jobs":
            found = [value.get("status"), value.get("reason")]
            found += [f"exit {value['exitCode']}"] if "exitCode" in value else []
            found += [_seconds(value["durationMs"])] if "durationMs" in value else []
        case "events":
            about = value.get("object") or {}
            found = [value.get("reason"), f"{about.get('kind')}/{about.get('name')}"]
            count = value.get("count") or 1
            found += [f"x{count}"] if count > 1 else []
            found += [value.get("message")]
        case "sources":
            objects = value.get("objects")
            count = f"{objects} object{'' if objects == 1 else 's'}"
            found = [value.get("state"), count, value.get("message")]
        case "incidents":
            found = [value.get("state"), value.get("severity"), value.get("title")]
            count = value.get("count") or 1
            found += [f"x{count}"] if count > 1 else []
            found += [f"because of {value['causedBy']}"] if value.get("causedBy") else []
        case "health":
            found = [value.get("status"), "; ".join(map(str, value.get("reasons") or ()))]
        case _:
            return None
    return [str(word) for word in found if word is not None and word != ""]


def _seconds(milliseconds: Any) -> str:
    return f"{float(milliseconds) / 1000:.1f} s"
