from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.cluster.metadata import (
    SENTENCE_BYTES,
    WORD_BYTES,
    Condition,
    Owner,
    is_true,
    sentence,
    word,
)
from app.cluster.projections.pods import PODS, PodRecord
from tests.cluster.projections.raw import condition, owned_by, page, pod


def read(raw: dict[str, Any]) -> PodRecord:
    return PODS.page(page(raw)).items[0].record


def test_identity_is_read_by_name() -> None:
    record = read(
        pod(
            "agent-7",
            labels={"app": "agent"},
            deletionTimestamp="2026-01-01T10:00:00Z",
            **owned_by("ReplicaSet", "agent", "u-1"),
        )
    )
    assert (record.namespace, record.name, record.uid) == ("agents", "agent-7", "uid-of-agent-7")
    assert record.created_at == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert record.deleted_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert record.labels == {"app": "agent"}
    assert record.controller == Owner("ReplicaSet", "agent", "u-1", controller=True)


@pytest.mark.parametrize("controller", [None, False])
def test_an_owner_that_does_not_control_is_no_controller(controller: bool | None) -> None:
    record = read(pod(**owned_by("Workflow", "w", "u", controller=controller)))
    assert record.owners == (Owner("Workflow", "w", "u", controller=False),)
    assert record.controller is None


def test_text_is_cleaned_and_capped_at_this_door() -> None:
    assert word(None) == sentence(None) == sentence("") == ""
    assert word("Evil\u202eReason\x1b[31m") == "EvilReason"
    assert sentence("line one\nline two") == "line one line two"
    assert len(word("x" * 1000).encode()) == WORD_BYTES
    assert len(sentence("x" * 9000).encode()) == SENTENCE_BYTES


def test_conditions_keep_their_order_and_are_clean() -> None:
    record = read(
        pod(status={"conditions": [condition("Ready", "False", message="a\x07b"), condition("X")]})
    )
    moment = datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert record.conditions == (
        Condition("Ready", "False", "", "ab", moment),
        Condition("X", "True", "", "", moment),
    )


def test_the_first_condition_of_a_type_decides() -> None:
    twice = [
        Condition("Ready", "False", "", "", None),
        Condition("Ready", "True", "", "", None),
    ]
    assert not is_true(twice, "Ready")
    assert not is_true(twice, "Initialized")
    assert is_true(reversed(twice), "Ready")
