"""Nothing from elsewhere steers a terminal, and a value is a few words."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.reader import Change
from app.cli.summaries import LONGEST, line_of, summary
from app.cli.terminal import HARMLESS, safe
from tests.cli.commands import ROOT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@given(st.text())
def test_text_is_printable_whatever_it_was(text: str) -> None:
    assert all(c.isprintable() or c in HARMLESS for c in safe(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain größer 日本 😀", "plain größer 日本 😀"),
        ("\x1b[2Jgone\x07", "\\x1b[2Jgone\\x07"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("safe\u202egnp.exe", "safe\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("न\u200dक", "न\u200dक"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_steers_or_hides_is_written_as_escape(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("topic", "value", "words"),
    [
        (
            "pods",
            {"phase": "Running", "readyContainers": 1, "totalContainers": 2, "restartCount": 0},
            "Running 1/2",
        ),
        (
            "pods",
            {
                "phase": "Pending",
                "reason": "CrashLoopBackOff",
                "readyContainers": 0,
                "totalContainers": 1,
                "restartCount": 4,
                "message": "back-off 5m0s",
            },
            "CrashLoopBackOff 0/1 restarts 4 back-off 5m0s",
        ),
        ("cronjobs", {"schedule": "0 * * * *", "activeJobs": 0, "suspended": False}, "0 * * * *"),
        (
            "cronjobs",
            {"schedule": "@daily", "timeZone": "Asia/Tokyo", "activeJobs": 2, "suspended": True},
            "@daily Asia/Tokyo suspended active 2",
        ),
        ("jobs", {"status": "running", "cronJobName": ""}, "running"),
        (
            "jobs",
            {
                "status": "failed",
                "reason": "BackoffLimitExceeded",
                "exitCode": 0,
                "durationMs": 61_250,
            },
            "failed BackoffLimitExceeded exit 0 61.2 s",
        ),
        (
            "events",
            {
                "reason": "BackOff",
                "message": "restarting",
                "count": 3,
                "object": {"kind": "Pod", "name": "agent-0"},
            },
            "BackOff Pod/agent-0 x3 restarting",
        ),
        (
            "sources",
            {"state": "late", "objects": 3, "message": "no answer"},
            "late 3 objects no an",
        ),
        ("sources", {"state": "live", "objects": 1, "message": "again"}, "live 1 object again"),
        (
            "incidents",
            {"state": "active", "severity": "critical", "title": "a crashes", "count": 1},
            "active critical a crashes",
        ),
        (
            "incidents",
            {
                "state": "new",
                "severity": "info",
                "title": "a",
                "count": 4,
                "causedBy": "node_lost/*/n",
            },
            "new info a x4 because of node_lost/*/n",
        ),
        ("health", {"status": "healthy", "reasons": []}, "healthy"),
        ("health", {"status": "degraded", "reasons": ["a is late", "b"]}, "degraded a is late; b"),
        ("unheard-of", {"a": [1]}, '{"a":[1]}'),
        ("pods", [1, 2], "[1,2]"),
    ],
)
def test_a_value_is_a_few_words(topic: str, value: Any, words: str) -> None:
    assert summary(topic, value).startswith(words)
    assert len(summary(topic, value)) <= len(words) + 20


@pytest.mark.parametrize(
    "topic", ["pods", "cronjobs", "jobs", "events", "sources", "incidents", "health", "new"]
)
def test_a_value_without_fields_is_shown_all_the_same(topic: str) -> None:
    assert isinstance(summary(topic, {}), str)


def test_a_long_value_is_cut() -> None:
    assert len(summary("new", {"text": "x" * 1_000})) == LONGEST


def test_a_line_has_time_mark_topic_key_and_words() -> None:
    line = line_of(Change("~", "jobs", "a/b\x1b", {"status": "failed"}), NOON)
    assert line.split() == [f"{NOON.astimezone():%H:%M:%S}", "~", "jobs", "a/b\\x1b", "failed"]
    gone = line_of(Change("-", "pods", "a/b"), NOON)
    assert gone.endswith("- pods     a/b")


def test_a_pipe_says_that_nobody_reads_it() -> None:
    program = (
        "import sys; from app.cli.terminal import unread; "
        "sys.stdin.read(1); sys.exit(7 if unread() else 0)"
    )
    for closed, code in ((False, 0), (True, 7)):
        reading, writing = os.pipe()
        with subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=writing
        ) as child:
            os.close(writing)
            if closed:
                os.close(reading)
            assert child.stdin is not None
            child.stdin.write(b"x")
            child.stdin.close()
            assert child.wait(60) == code
        if not closed:
            os.close(reading)
