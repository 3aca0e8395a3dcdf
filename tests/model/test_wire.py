"""Bytes out, bytes in, and what every value promises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.errors import InvalidRequest
from app.model import (
    ExecutionRequest,
    ExecutionResponse,
    ObjectReference,
    PodHealth,
    Problem,
    Timestamp,
    Wire,
    decode,
    encode,
    format_time,
    to_object,
)

IDENTITY = "9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4"
MOMENT = datetime(2026, 1, 31, 9, 5, 0, 250_000, tzinfo=UTC)
POD = PodHealth(
    name="agent-7f9c",
    phase="Running",
    ready_containers=1,
    total_containers=2,
    restart_count=3,
    last_restart_time=MOMENT,
    namespace="agents",
    created_at=MOMENT - timedelta(days=1),
)


class Appointment(Wire):
    """A moment on the wire."""

    meets_at: Timestamp


class TestEncode:
    def test_is_one_line_of_camel_case_without_what_has_no_value(self) -> None:
        assert encode(POD) == (
            b'{"name":"agent-7f9c","phase":"Running","readyContainers":1,"totalContainers":2,'
            b'"restartCount":3,"lastRestartTime":"2026-01-31T09:05:00.250Z",'
            b'"namespace":"agents","createdAt":"2026-01-30T09:05:00.250Z"}'
        )

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_text_stays_on_one_line(self, text: str) -> None:
        line = encode(ObjectReference(kind="Pod", name=text))
        assert not set(line) & {0x0, 0xA, 0xD}
        assert json.loads(line)["name"] == text

    def test_as_an_object_it_says_the_same(self) -> None:
        assert to_object(POD) == json.loads(encode(POD))

    def test_empty_text_zero_and_false_are_values(self) -> None:
        assert encode(Problem(error="")) == b'{"error":"","success":false}'


class TestMoments:
    @pytest.mark.parametrize(
        ("moment", "written"),
        [
            (datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "2026-01-31T09:05:00.000Z"),
            (datetime(2026, 1, 31, 9, 5, 0, 999_999, tzinfo=UTC), "2026-01-31T09:05:00.999Z"),
            (
                datetime(2026, 1, 31, 9, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
                "2026-01-31T03:35:00.000Z",
            ),
            (
                datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
                "2025-12-31T23:30:00.000Z",
            ),
            (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        ],
    )
    def test_are_utc_with_milliseconds_and_z(self, moment: datetime, written: str) -> None:
        assert format_time(moment) == written
        assert encode(Appointment(meets_at=moment)) == f'{{"meetsAt":"{written}"}}'.encode()

    def test_a_naive_one_is_refused(self) -> None:
        with pytest.raises(ValueError, match="without a time zone"):
            format_time(datetime(2026, 1, 1))
        with pytest.raises(ValidationError, match="timezone"):
            Appointment(meets_at=datetime(2026, 1, 1))
        with pytest.raises(InvalidRequest, match=r"meetsAt: .*timezone"):
            decode(Appointment, b'{"meetsAt":"2026-01-01T00:00:00"}')

    def test_one_that_utc_does_not_have_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="meetsAt: no such moment in UTC"):
            decode(Appointment, b'{"meetsAt":"0001-01-01T00:00:00+14:00"}')

    @pytest.mark.parametrize("written", ["10:05:00+01:00", "09:05:00Z", "09:05:00.000000Z"])
    def test_every_form_of_a_moment_is_read_as_the_same(self, written: str) -> None:
        moment = decode(Appointment, f'{{"meetsAt":"2026-01-31T{written}"}}'.encode()).meets_at
        assert moment == datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
        assert moment.tzinfo is UTC

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_a_value_holds_no_more_than_its_bytes_say(self, moment: datetime) -> None:
        value = Appointment(meets_at=moment)
        assert decode(Appointment, encode(value)) == value
        assert timedelta() <= moment - value.meets_at < timedelta(milliseconds=1)


class TestValues:
    def test_are_frozen(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            POD.name = "other"  # type: ignore[misc]

    def test_with_equal_fields_are_equal_and_have_one_hash(self) -> None:
        assert POD.model_copy() == POD
        assert hash(POD.model_copy()) == hash(POD)

    def test_refuse_unknown_fields(self) -> None:
        with pytest.raises(ValidationError, match="Extra inputs"):
            PodHealth.model_validate({**to_object(POD), "mood": "good"})

    def test_an_error_does_not_repeat_what_was_given(self) -> None:
        with pytest.raises(ValidationError) as caught:
            ExecutionRequest.model_validate({"prompt": ["the launch code"]})
        assert "launch" not in str(caught.value)

    @pytest.mark.parametrize("count", [-1, 1.5, "many"])
    def test_refuse_what_is_not_a_count(self, count: object) -> None:
        with pytest.raises(ValidationError):
            PodHealth.model_validate({**to_object(POD), "restartCount": count})

    @pytest.mark.parametrize("code", range(256))
    def test_take_every_exit_code(self, code: int) -> None:
        run = ExecutionResponse(id=IDENTITY, status="running", exit_code=code)
        assert to_object(run)["exitCode"] == code

    @pytest.mark.parametrize("code", [-1, 256])
    def test_refuse_what_no_process_gives(self, code: int) -> None:
        with pytest.raises(ValidationError):
            ExecutionResponse(id=IDENTITY, status="running", exit_code=code)


class TestIdentities:
    def test_version_4_is_taken(self) -> None:
        identity = str(uuid4())
        assert ExecutionResponse(id=identity, status="running").id == identity

    @pytest.mark.parametrize(
        "identity",
        [
            "",
            "agent",
            "9820e49c-e844-11f1-b334-02fc00000001",
            "530f04ab-28ca-3def-bdda-05ddf3df761a",
            "42a6dc04-e163-50db-8da9-91b27a2cb791",
            "00000000-0000-0000-0000-000000000000",
            "9b2f6c1e-3d4a-4b5c-cd6e-7f8091a2b3c4",  # the variant is not RFC 9562's
            "9B2F6C1E-3D4A-4B5C-8D6E-7F8091A2B3C4",
            "9b2f6c1e3d4a4b5c8d6e7f8091a2b3c4",
            "{9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4}",
            "urn:uuid:9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4",
            "9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4\n",
        ],
    )
    def test_anything_else_is_refused(self, identity: str) -> None:
        with pytest.raises(ValidationError, match="UUID of version 4"):
            ExecutionResponse(id=identity, status="running")


class TestDecode:
    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            (b'{"prompt":"hi","colour":"red"}', "unknown field colour"),
            (b"{}", "prompt is required"),
            (b'{"Prompt":"hi"}', "prompt is required; unknown field Prompt"),
            (b'{"prompt":5}', "prompt: Input should be a valid string"),
            (b'{"prompt":null}', "prompt: Input should be a valid string"),
            (b"[]", "Input should be an object"),
            (b"", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
            (b"\xff", "the body is not JSON: expected value at line 1 column 1"),
            (b'{"prompt":"hi"} {', "the body is not JSON: trailing characters at line 1 column 17"),
            (rb'{"prompt":"a\ud800"}', "the body holds half of a surrogate pair"),
            (rb'{"prompt":"a\ud800 and on"}', "the body holds half of a surrogate pair"),
            (rb'{"prompt":"a\udc00 and on"}', "the body holds half of a surrogate pair"),
        ],
    )
    def test_says_what_is_wrong(self, body: bytes, sentence: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            decode(ExecutionRequest, body)
        assert str(caught.value) == sentence
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None

    def test_takes_the_names_of_the_wire_alone(self) -> None:
        with pytest.raises(InvalidRequest, match="unknown field meets_at"):
            decode(Appointment, b'{"meets_at":"2026-01-01T00:00:00Z"}')

    def test_does_not_guess_types(self) -> None:
        with pytest.raises(InvalidRequest, match=r"exitCode: .*integer"):
            decode(
                ExecutionResponse,
                f'{{"id":"{IDENTITY}","status":"running","exitCode":"7"}}'.encode(),
            )

    def test_reads_a_whole_pair(self) -> None:
        assert decode(ExecutionRequest, rb'{"prompt":"\ud83d\ude00"}').prompt == "😀"

    def test_names_a_few_faults_and_cleans_the_names(self) -> None:
        body = json.dumps({f"f{n}\x1b[31m\u202e" + "x" * 90: 1 for n in range(500)}).encode()
        with pytest.raises(InvalidRequest) as caught:
            decode(ExecutionRequest, body)
        assert str(caught.value).isprintable()
        assert str(caught.value).count("unknown field") == 4
        assert len(str(caught.value)) < 500

    def test_deep_nesting_is_a_fault_of_the_body(self) -> None:
        with pytest.raises(InvalidRequest, match="recursion"):
            decode(ExecutionRequest, b"[" * 100_000)
