"""A tape of an outage, replayed: the incidents that its recorder saw, on the way and at the end."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from app.model import Incident
from app.tape import Tape, open_tape
from app.tape.fold import Fold
from tests.cli.commands import PATIENCE
from tests.cli.test_replay import Replay
from tests.demo.process.living import await_truth
from tests.tapes.make import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

View = frozenset[tuple[str, str, str, str | None]]
"""Key, state, title and cause of every incident."""

LONG_MS = 20_000
"""A view that lasted as long on the tape is there to be seen."""

STATES = "&".join(f"state={state}" for state in ("new", "active", "unknown", "resolved"))


def recorded(tape: Tape) -> list[tuple[View, int]]:
    """What the recorder saw one after the other, and for how long (ms)."""
    fold, found = Fold(), list[tuple[View, int]]()
    began = 0
    for moment in tape.moments():
        fold.take(moment.what)
        view = frozenset(
            (one.key, one.state, one.title, one.caused_by)
            for one in fold.values["incidents"].values()
            if isinstance(one, Incident)
        )
        if not found or found[-1][0] != view:
            if found:
                found[-1] = (found[-1][0], moment.at_ms - began)
            found.append((view, 0))
            began = moment.at_ms
    found[-1] = (found[-1][0], tape.length_ms - began)
    return found


def shown(root: str) -> View:
    """What the replay's API lists."""
    url = f"{root}/api/incidents?pageSize=100&{STATES}"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        listed: list[Mapping[str, Any]] = json.loads(answer.read())["data"]
    return frozenset(
        (one["key"], one["state"], one["title"], one.get("causedBy")) for one in listed
    )


def test_an_outage_is_seen_again_as_it_was(tmp_path: Path) -> None:
    path = FOLDER / "outage.jsonl.gz"
    views = recorded(open_tape(path))
    ways = {view for view, lasted in views if lasted >= LONG_MS} | {views[-1][0]}
    # The tape has what it is there for: a node with its pods, a right, and the end of both.
    states = {(key, state) for view in ways for key, state, _, _ in view}
    [node] = {key for key, _ in states if key.startswith("node_lost/")}
    assert {(node, "active"), (node, "resolved")} <= states
    assert {
        ("source_forbidden/agents/cronjobs", state) for state in ("active", "resolved")
    } <= states
    caused = {key for view in ways for key, _, _, cause in view if cause == node}
    assert len(caused) > 1
    # A machine that is too slow to look in time is given more of it.
    for speed in (40, 8):
        seen: list[View] = []
        folder = tmp_path / str(speed)
        folder.mkdir()
        with Replay(folder, str(path), f"--speed={speed}") as replay:
            root = replay.url.rstrip("/")

            def over(root: str = root, seen: list[View] = seen) -> bool:
                view = shown(root)
                if not seen or seen[-1] != view:
                    seen.append(view)
                return view == views[-1][0]

            await_truth(over, "the replay shows what the recorder saw last")
            assert replay.end() == 0
        place = 0
        for one in seen:
            told = [at for at in range(place, len(views)) if views[at][0] == one]
            assert told, f"not on the tape, or not after what was seen before: {sorted(one)}"
            place = told[0]
        if ways <= set(seen):
            return
    raise AssertionError("some of what lasted long was never shown")
