"""What each route does, takes and answers, in words; the route table refers to these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import PAGE_SIZE_LIMIT, HealthHistory, HealthStatus, Problem
from app.web.listings import CRONJOBS, EVENTS, INCIDENTS, JOBS, PODS
from app.web.openapi import examples
from app.web.openapi.about import About, Answer, Parameter
from app.web.openapi.parameters import MATCH, NAMESPACE, OBJECT, STREAM, of_listing
from app.web.openapi.running import RUNS
from app.web.openapi.schemas import data_of, either, page_of, ref
from app.web.openapi.stream import ITEM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.web.listings import Listing
    from app.web.openapi.schemas import Json

JSON = "application/json"
TEXT = "text/plain"
UNCHANGED = Answer("The answer that the reader has is still good.", headers=("ETag",))


def _problem(about: str) -> Answer:
    return Answer(about, {JSON: ref(Problem)})


def _kept(
    about: str,
    schema: Json,
    *,
    example: Json | None = None,
    links: Mapping[str, Json] | None = None,
) -> Answer:
    """JSON that a reader may keep and ask about."""
    return Answer(about, {JSON: schema}, example=example, links=links or {}, headers=("ETag",))


WRONG = _problem("A parameter is wrong; the message says what is right.")
SHUT = _problem("The scope is missing.")
MISDIRECTED = _problem("The Host header names somebody else.")
EVERYWHERE = {
    400: _problem("This is no request, or it names no host."),
    413: _problem("The request has a body, and that is too large."),
    421: MISDIRECTED,
    431: _problem("The request line or its headers are too large."),
    500: _problem("A fault of ours."),
}
"""What any route may answer, unless it says something else of that status."""


def _getting(listing: Listing) -> str:
    """The operation that gives one value."""
    return f"get{listing.one[0].upper()}{listing.one[1:]}"


def _first_of(listing: Listing) -> dict[str, dict[str, object]]:
    """That the first value of a page can be asked for by itself."""
    first = {name: f"$response.body#/data/0/{name}" for name in ("namespace", "name")}
    return {"first": {"operationId": _getting(listing), "parameters": first}}


def _listing(listing: Listing, summary: str, text: str, *, single: bool = False) -> About:
    found = page_of(either(listing.detail, listing.summary), PAGE_SIZE_LIMIT)
    name = listing.name.capitalize()
    return About(
        id=f"list{name}",
        summary=summary,
        text=text,
        tag="board",
        parameters=of_listing(listing),
        answers={
            200: _kept(
                "One page.",
                found,
                example=examples.page(listing.name),
                links=_first_of(listing) if single else {},
            ),
            304: UNCHANGED,
            400: WRONG,
        },
    )


def _object(listing: Listing, text: str) -> About:
    return About(
        id=_getting(listing),
        summary=f"One {listing.one}.",
        text=text,
        tag="board",
        parameters=(*OBJECT, MATCH),
        answers={
            200: _kept(
                "Its value.",
                data_of(either(listing.detail, listing.summary)),
                example=examples.data(listing.name),
            ),
            304: UNCHANGED,
            404: _problem("There is none of that name, or its namespace is not watched."),
            503: _problem("It may be there: not everything has been listed yet."),
        },
    )


HOME = About(
    "home",
    "The page.",
    "The board's values in tables, which the page's script then keeps up to date.",
    "operation",
    {200: Answer("HTML.", {"text/html": {"type": "string"}})},
)
LIST_PODS = _listing(PODS, "The pods.", "Pods; `reason` is kubectl's STATUS column.", single=True)
LIST_CRONJOBS = _listing(
    CRONJOBS,
    "The CronJobs.",
    "CronJobs, whether they keep their schedule, and their last runs.",
    single=True,
)
LIST_JOBS = _listing(
    JOBS, "The Jobs.", "Jobs; their state is what their conditions say.", single=True
)
LIST_INCIDENTS = _listing(
    INCIDENTS,
    "What wants attention.",
    "Incidents, the worst first; those that another one explains name it in `causedBy`.",
)
LIST_EVENTS = _listing(
    EVENTS, "The warnings.", "Kubernetes events of type Warning, the newest 500 of each namespace."
)
GET_POD = _object(PODS, "A pod.")
GET_CRONJOB = _object(
    CRONJOBS, "A CronJob with its last 20 runs, those included that the cluster has forgotten."
)
GET_JOB = _object(JOBS, "A Job.")
HEALTH = About(
    "getHealth",
    "The word for the whole.",
    "Health with the pods it was judged by. It is made of incidents: `unhealthy` is a critical "
    "one, `degraded` a warning or a source that cannot be trusted.",
    "health",
    {
        200: _kept(
            "Health at this moment.",
            data_of(ref(HealthStatus)),
            example=examples.health_status(),
        ),
        304: UNCHANGED,
        400: WRONG,
    },
    (NAMESPACE, MATCH),
)
HISTORY = About(
    "getHealthHistory",
    "Health of the last day.",
    "Steps of two minutes; a step that nobody saw is absent.",
    "health",
    {
        200: _kept(
            "The steps that are known.",
            data_of(ref(HealthHistory)),
            example=examples.history(),
        ),
        304: UNCHANGED,
    },
    (MATCH,),
)
STREAM_EVENTS = About(
    "stream",
    "The stream.",
    "Every topic in full, then each change of a key as its complete new value, as "
    "`watchglass.stream/1`: docs/stream.md. The same messages come as JSON text "
    "`{event, id?, data}` from the WebSocket `/api/ws`, which takes the same parameters. "
    "The stream does not end by itself unless `maxEvents` says so.",
    "stream",
    {
        200: Answer(
            "Events.",
            {"text/event-stream": ITEM},
            item=True,
            headers=("X-Accel-Buffering",),
        ),
        400: WRONG,
    },
    STREAM,
)
LIVEZ = About(
    "livez",
    "Does it live?",
    "200 as long as the event loop turns.",
    "operation",
    {200: Answer("It does.", {TEXT: {"const": "ok\n"}})},
)
READYZ = About(
    "readyz",
    "Is it ready?",
    "200 when every source has listed or has a state of its own, until drain. Never 503 because "
    "the API server is down.",
    "operation",
    {
        200: Answer("It is.", {TEXT: {"type": "string"}}),
        503: Answer("Starting, or draining.", {JSON: ref(Problem), TEXT: {"type": "string"}}),
    },
    (
        Parameter(
            "verbose",
            "With any value or none: a report in plain text, one line for each source.",
            {"type": "string"},
        ),
    ),
)
VERSION = About(
    "version",
    "What is running?",
    "Version, protocol, and the name of this life of the process.",
    "operation",
    {
        200: _kept("Its name and version.", data_of(RUNS)),
        304: UNCHANGED,
    },
    (MATCH,),
)
METRICS = About(
    "metrics",
    "Numbers for Prometheus.",
    "In the text format 0.0.4.",
    "operation",
    {200: Answer("Samples.", {TEXT: {"type": "string"}})},
)
OPENAPI = About(
    "openapi",
    "This description.",
    "OpenAPI 3.2, with the namespaces that are watched.",
    "operation",
    {200: _kept("The document.", {"type": "object"}), 304: UNCHANGED},
    (MATCH,),
)
