"""The tapes of the repository: small, whole, and playable to their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.tape import open_tape
from app.tape.fold import Fold
from tests.tapes.make import FOLDER, SPANS

LARGEST = 60_000


@pytest.mark.parametrize("name", SPANS)
def test_a_tape_of_ours_is_one(name: str) -> None:
    path = FOLDER / f"{name}.jsonl.gz"
    assert path.stat().st_size < LARGEST
    tape = open_tape(path)
    assert tape.header.cluster == "prod-eu"
    assert not tape.header.anonymised
    assert (tape.namespaces, tape.note, tape.gaps) == (("agents",), None, 0)
    fold = Fold()
    for moment in tape.moments():
        fold.take(moment.what)
    assert {"pods", "cronjobs", "jobs", "events", "sources"} <= fold.synced
    assert fold.values["pods"]
    assert fold.beat.vitals.keys() == fold.values["sources"].keys()


def test_there_is_no_other() -> None:
    assert {path.name for path in Path(FOLDER).glob("*.gz")} == {f"{n}.jsonl.gz" for n in SPANS}
