"""What is said in one session of a voice: pairs of seconds since its beginning, and a line."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random

    Spoken = Iterator[tuple[float, str]]
    Composer = Callable[[Random, int, float, Mapping[str, str]], Spoken]

TASKS = (
    "Fix the reason for readers below the floor",
    "Add a retry to the nightly importer",
    "Check that the login still works",
    "Summarise what failed yesterday",
    "Upgrade the linter, fix what it finds",
    "Make the importer skip empty files",
    "Replace the deprecated date parser",
    "Find out why the page flickers on reconnect",
)
FILES = (
    "app/stream/hub.py",
    "app/stream/topic.py",
    "app/importer/reader.py",
    "app/importer/retry.py",
    "app/web/login.py",
    "app/web/pages.py",
    "app/reports/daily.py",
    "static/store.js",
)
SUITES = ("tests/stream", "tests/importer", "tests/web", "tests/reports")
PATHS = ("/v1/runs", "/v1/runs/next", "/v1/agents", "/v1/usage", "/healthz", "/v1/queue")
PACKAGES = ("aiohttp", "anyio", "jinja2", "pydantic", "starlette", "uvicorn", "pyyaml", "httpx")


def agent(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """A coding agent works on one task: reads, edits, runs the tests, mends, is done."""
    at = chance.uniform(0.2, 1.0)
    run = f"{chance.getrandbits(32):08x}"
    suite = chance.choice(SUITES)
    tests = chance.randrange(60, 180)
    yield at, f"run {run} task: {facts.get('task') or chance.choice(TASKS)}"
    pace = length / 26
    for name in chance.sample(FILES, 3):
        at += pace * chance.uniform(0.6, 1.6)
        yield at, f"Read {name}  {chance.randrange(60, 320)} lines"
    at += pace
    yield at, f"Search {chance.choice(('floor', 'retry', 'parse_date', 'reconnect'))} in app/"
    for attempt in range(chance.randrange(1, 4)):
        name = chance.choice(FILES)
        at += pace * chance.uniform(1.5, 3.0)
        yield at, f"Edit {name}  +{chance.randrange(2, 30)} -{chance.randrange(1, 12)}"
        at += pace * 0.5
        yield at, f"Run pytest -q {suite}"
        at += pace * chance.uniform(1.0, 2.5)
        bad = chance.randrange(1, 4) if attempt == 0 else 0
        seconds = pace * chance.uniform(0.6, 1.0)
        if bad:
            yield at, f"{'.' * 40}{'F' * bad}{'.' * 12} [100%]"
            yield at + 0.1, f"{bad} failed, {tests - bad} passed in {seconds:.2f}s"
        else:
            yield at, f"{'.' * 56} [100%]"
            yield at + 0.1, f"{tests} passed in {seconds:.2f}s"
    at += pace
    yield at, "All green. Running the whole suite once more."
    at += pace * 2
    yield at, f"Run make test: {tests * 5} passed in {pace * chance.uniform(1.5, 2.0):.1f}s"
    at += pace
    yield at, f"run {run} success: exit 0, {chance.randrange(8, 96)} kB of output"


def worker(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Takes a task from the queue, hands it to an agent, waits."""
    at = chance.uniform(0.0, 2.0)
    run = f"{chance.getrandbits(32):08x}"
    yield at, f'level=info msg="task taken" run={run} queue=prompts waiting={chance.randrange(9)}'
    at += length * 0.1
    yield at, f'level=info msg="workspace ready" run={run} took={chance.uniform(0.4, 3):.1f}s'
    while at < length * 0.8:
        at += length * chance.uniform(0.12, 0.25)
        memory = chance.randrange(180, 470)
        yield at, f'level=info msg="agent is working" run={run} rss={memory}MiB limit=512MiB'
    at += 1.0
    yield at, f'level=info msg="task done" run={run} exit=0'


def gateway(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """An access log."""
    at = 0.0
    while at < length:
        at += chance.uniform(0.8, 5.0)
        code = chance.choices((200, 202, 304, 404, 429), (80, 10, 5, 3, 2))[0]
        took = chance.uniform(0.8, 40.0)
        address = f"10.244.{chance.randrange(1, 9)}.{chance.randrange(2, 250)}"
        yield at, f'{address} "GET {chance.choice(PATHS)} HTTP/1.1" {code} {took:.1f}ms'


def indexer(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Keeps an index of the sources."""
    at = chance.uniform(1.0, 6.0)
    yield at, f"refresh {number}: {chance.randrange(0, 40)} files changed since the last one"
    at += length * chance.uniform(0.2, 0.4)
    yield at, f"refresh {number}: {chance.randrange(20_000, 21_000)} symbols, segments merged"
    yield at + 2.0, f"refresh {number}: done in {chance.uniform(0.8, 6.0):.1f} s"


def cache(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """A cache of packages on each node."""
    at = 0.0
    while at < length:
        at += chance.uniform(4.0, 15.0)
        name = chance.choice(PACKAGES)
        hit = chance.random() < 0.85
        yield at, f"{'hit ' if hit else 'miss'} {name} {chance.randrange(20, 4_000)} kB"


def git_sync(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Keeps a checkout up to date."""
    at = chance.uniform(1.0, length / 2)
    revision = f"{chance.getrandbits(40):010x}"
    news = chance.random() < 0.3
    yield at, f"fetch origin main: {'now at ' + revision if news else 'up to date'}"


def service(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Somebody of whom nothing else is known."""
    if number == 0:
        yield 0.1, "started"
    yield length * chance.uniform(0.2, 0.9), f"alive, {chance.randrange(4, 60)} requests"


def auth_check(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Asks whether the agent's credential is accepted."""
    yield 0.2, "reading the credential of the agent"
    yield length * 0.3, "asking the provider whether it is accepted"
    yield length * 0.8, f"answered in {chance.randrange(300, 900)} ms"


def cache_prune(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Removes packages that nobody has asked for."""
    yield 0.2, "looking for packages unused for 14 days"
    for at in range(1, 5):
        freed = chance.randrange(40, 900)
        yield length * at / 6, f"node {at}: {chance.randrange(3, 40)} packages, {freed} MB freed"


def report(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Tells what the agents did."""
    runs = chance.randrange(120, 200)
    yield 0.3, f"collecting the runs of the last 24 h: {runs} found"
    yield length * 0.4, f"{runs - chance.randrange(4, 12)} succeeded, the rest is listed by cause"
    yield length * 0.7, "writing report.md, report.html"
    yield length * 0.9, "sent to 4 readers"


def scan(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """Looks for known weaknesses in what the project depends on."""
    yield 0.2, "resolving 214 packages"
    for at, name in enumerate(chance.sample(PACKAGES, 5)):
        yield length * (at + 1) / 7, f"checking {name}: nothing known"


def tests(chance: Random, number: int, length: float, facts: Mapping[str, str]) -> Spoken:
    """A whole test suite."""
    yield 0.2, "collected 1284 items"
    for part in range(1, 13):
        yield length * part / 14, f"{'.' * 64} [{part * 8:3d}%]"


def last_words(code: int, reason: str, message: str) -> tuple[str, ...]:
    """How a run says that it is over; one that is killed says nothing."""
    if reason == "OOMKilled" or code in {137, 143}:
        return ()
    if message:
        return tuple(message.splitlines())
    return ("done",) if code == 0 else (f"error: giving up with exit code {code}",)


COMPOSERS: Mapping[str, Composer] = MappingProxyType(
    {
        "agent": agent,
        "worker": worker,
        "gateway": gateway,
        "index": indexer,
        "cache": cache,
        "git-sync": git_sync,
        "service": service,
        "auth-check": auth_check,
        "cache-prune": cache_prune,
        "report": report,
        "dependency-scan": scan,
        "nightly-tests": tests,
    }
)
LENGTHS: Mapping[str, float] = MappingProxyType(
    {"agent": 140.0, "worker": 90.0, "gateway": 60.0, "index": 120.0, "cache": 60.0}
)
"""Scripted seconds of one session; 60 where nothing is said."""
