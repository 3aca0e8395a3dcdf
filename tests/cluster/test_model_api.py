"""The API server in memory keeps what the transport promises, and what API servers do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from app.cluster.calls import Calls
from app.cluster.faults import Silent, Truncated
from app.errors import Absent, AccessDenied, Gone, Unreachable
from tests.cluster.objects import THINGS
from tests.fakes.model_api import BEAT_SECONDS, LATENCY_SECONDS, ModelApi

if TYPE_CHECKING:
    from app.cluster.answers import Call

pytestmark = pytest.mark.looptime

CALLS = Calls(THINGS, "a")
SILENCE = 200.0

Json = dict[str, Any]


@pytest.fixture
async def api() -> ModelApi:
    made = ModelApi()
    for name in "abc":
        made.write(name)
    return made


async def listed(api: ModelApi, size: int | None = None, token: str | None = None) -> Json:
    found: Json = json.loads(await api.fetch(CALLS.page(size, token)))
    return found


async def heard(api: ModelApi, call: Call, count: int, silence: float = SILENCE) -> list[Json]:
    """The first events of a watch."""
    found: list[Json] = []
    async with api.watch(call, silence) as lines:
        async for line in lines:
            found.append(json.loads(line))
            if len(found) == count:
                break
    return found


def short(events: list[Json]) -> list[tuple[str, str | None, str]]:
    return [
        (
            told["type"],
            told["object"]["metadata"].get("name"),
            told["object"]["metadata"]["resourceVersion"],
        )
        for told in events
    ]


async def test_a_list_and_its_watch_leave_no_gap(api: ModelApi) -> None:
    version = (await listed(api))["metadata"]["resourceVersion"]
    assert version == "103"
    api.write("a")
    api.elsewhere()
    api.delete("b")
    api.write("c", anew=True)
    assert short(await heard(api, CALLS.watch(version, 300), 4)) == [
        ("MODIFIED", "a", "104"),
        ("DELETED", "b", "106"),
        ("DELETED", "c", "107"),
        ("ADDED", "c", "108"),
    ]


async def test_pages_are_of_one_revision(api: ModelApi) -> None:
    first = await listed(api, 2)
    api.write("d")
    api.delete("c")
    second = await listed(api, 2, first["metadata"]["continue"])
    assert [item["metadata"]["name"] for item in first["items"] + second["items"]] == list("abc")
    assert second["metadata"] == {"resourceVersion": "103"}


async def test_a_page_takes_time_and_compaction_ends_what_began(api: ModelApi) -> None:
    began = anyio.current_time()
    first = await listed(api, 2)
    assert anyio.current_time() - began == pytest.approx(LATENCY_SECONDS)
    api.compact()
    with pytest.raises(Gone):
        await listed(api, 2, first["metadata"]["continue"])


@pytest.mark.parametrize("by_status", [False, True])
async def test_an_old_position_has_expired(api: ModelApi, by_status: bool) -> None:
    api.gone_by_status = by_status
    api.compact()
    if by_status:
        with pytest.raises(Gone):
            await heard(api, CALLS.watch("102", 300), 1)
    else:
        (told,) = await heard(api, CALLS.watch("102", 300), 1)
        assert (told["type"], told["object"]["code"]) == ("ERROR", 410)


async def test_the_future_is_silent(api: ModelApi) -> None:
    api.bookmarks = False
    with pytest.raises(Silent):
        await heard(api, CALLS.watch("900", 300), 1)


async def test_bookmarks_come_every_minute_and_the_end_in_time(api: ModelApi) -> None:
    began = anyio.current_time()
    events = await heard(api, CALLS.watch("103", 150), 99)
    assert short(events) == [("BOOKMARK", None, "103")] * 2
    assert anyio.current_time() - began == pytest.approx(150)
    assert BEAT_SECONDS == 60
    assert api.feeds == set()


async def test_a_streaming_list_is_marked_or_refused(api: ModelApi) -> None:
    events = await heard(api, CALLS.watch_list(300), 4)
    assert [name for _, name, _ in short(events)] == ["a", "b", "c", None]
    assert events[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_what_breaks_is_told_apart(api: ModelApi) -> None:
    async def meanwhile(*chunks: bytes | None) -> None:
        await anyio.sleep(1)
        api.inject(*chunks)
        if not chunks:
            api.cut()

    for chunks, expected in (((b'{"ty', None), Truncated), ((), Unreachable)):
        with pytest.raises(expected):
            async with api.watch(CALLS.watch("103", 300), SILENCE) as lines:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(meanwhile, *chunks)
                    await anyio.sleep(2)
                async for _ in lines:
                    pass


async def test_a_mute_watch_gives_what_it_kept_back(api: ModelApi) -> None:
    api.mute = True
    with pytest.raises(Silent):
        await heard(api, CALLS.watch("100", 300), 1)
    async with api.watch(CALLS.watch("102", 300), SILENCE) as lines:
        async with anyio.create_task_group() as tasks:

            async def later() -> None:
                await anyio.sleep(100)
                api.heal()

            tasks.start_soon(later)
            assert short([json.loads(await anext(lines))]) == [("ADDED", "c", "103")]


async def test_switches(api: ModelApi) -> None:
    api.away = True
    with pytest.raises(Unreachable):
        await listed(api)
    api.away, api.forbidden = False, True
    with pytest.raises(AccessDenied):
        await heard(api, CALLS.watch("103", 300), 1)
    api.forbidden = False
    api.set_missing(True)
    assert (await listed(api))["items"] == []
    namespace = CALLS.namespace()
    assert namespace is not None
    with pytest.raises(Absent):
        await api.fetch(namespace)


async def test_a_restored_backup_gives_revisions_out_again(api: ModelApi) -> None:
    api.save()
    api.write("d")
    api.restore()
    assert (await listed(api))["metadata"]["resourceVersion"] == "103"
    assert sorted(api.texts()) == ["a", "b", "c"]
