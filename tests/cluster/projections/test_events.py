from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.cluster.projections.events import WARNINGS, WarningRecord, last_seen, warning
from app.model import ObjectReference, Warning
from tests.cluster.projections.raw import metadata, page

Json = dict[str, Any]
CREATED = datetime(2026, 1, 1, 9, tzinfo=UTC)
BACK_OFF: Json = {
    "involvedObject": {"kind": "Pod", "namespace": "agents", "name": "agent-7", "uid": "u-7"},
    "reason": "BackOff",
    "message": "Back-off restarting\nfailed container",
}


def event(**fields: Any) -> WarningRecord:
    raw = {"kind": "Event", "metadata": metadata("agent-7.17c9"), "type": "Warning"} | fields
    return WARNINGS.page(page(raw)).items[0].record


def minutes(number: int) -> datetime:
    return CREATED + timedelta(minutes=number)


def at(number: int) -> str:
    return minutes(number).isoformat()


def test_only_warnings_are_asked_for_and_kept_by_uid() -> None:
    assert WARNINGS.field_selector == "type=Warning"
    raw = {"metadata": metadata("agent-7.17c9"), **BACK_OFF}
    assert WARNINGS.page(page(raw)).items[0].key == "agents/uid-of-agent-7.17c9"


@pytest.mark.parametrize(
    ("fields", "count", "first", "last"),
    [
        # The older form counts on the event itself.
        ({"count": 4, "firstTimestamp": at(1), "lastTimestamp": at(8)}, 4, 1, 8),
        ({"firstTimestamp": at(1), "lastTimestamp": at(1)}, 1, 1, 1),
        # The newer form has a time, and a series once it repeats.
        ({"eventTime": at(2), "firstTimestamp": None, "count": None}, 1, 2, 2),
        ({"eventTime": at(2), "series": {"count": 9, "lastObservedTime": at(7)}}, 9, 2, 7),
        # A writer that gives no time leaves only its creation.
        ({}, 1, 0, 0),
        ({"count": 0, "series": {"count": None}}, 1, 0, 0),
    ],
)
def test_both_generations_end_as_a_count_and_two_times(
    fields: Json, count: int, first: int, last: int
) -> None:
    record = event(**fields)
    assert (record.count, record.first_seen, record.last_seen) == (
        count,
        minutes(first),
        minutes(last),
    )
    assert last_seen(record) == minutes(last)


def test_the_value_is_about_its_object() -> None:
    assert warning(event(**BACK_OFF, count=2, lastTimestamp=at(3))) == Warning(
        namespace="agents",
        reason="BackOff",
        message="Back-off restarting failed container",
        object=ObjectReference(kind="Pod", namespace="agents", name="agent-7"),
        count=2,
        first_seen=CREATED,
        last_seen=minutes(3),
    )


def test_an_event_about_nothing_is_about_nothing() -> None:
    record = event(involvedObject=None)
    assert (record.object_kind, record.object_uid) == ("", "")
    assert warning(record).object == ObjectReference(kind="", name="")


def test_an_event_that_was_never_created_is_unreadable() -> None:
    raw = {"metadata": metadata("agent-7.17c9", creationTimestamp=None)}
    assert WARNINGS.page(page(raw)).unreadable == ("agents/agent-7.17c9",)
