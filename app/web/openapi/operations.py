"""What each route does, takes and answers, in words; the route table refers to these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import PAGE_SIZE_LIMIT, HealthHistory, HealthStatus, Problem
from app.web.listings import CRONJOBS, EVENTS, INCIDENTS, JOBS, PODS
from app.web.openapi import examples
from app.web.openapi.about import About, Answer, Parameter
from app.web.openapi.parameters import MATCH, NAMESPACE, OBJECT, STREAM, of_listing
from app.web.openapi.schemas import data_of, either, page_of, ref
from app.web.openapi.stream import ITEM

if TYPE_CHECKING:
    from app.web.listings import Listing
    from app.web.openapi.schemas import Json

JSON = "application/json"
TEXT = "text/plain"
UNCHANGED = Answer("The answer that the reader has is still good.")


def _problem(about: str) -> Answer:
    return Answer(about, {JSON: ref(Problem)})


WRONG = _problem("A parameter is wrong; the message says what is right.")
SHUT = _problem("The scope is missing.")
MISDIRECTED = _problem("The Host header names somebody else.")
LARGE = _problem("The request line or its headers are too large.")
FAULT = _problem("A fault of ours.")
EVERYWHERE = {421: MISDIRECTED, 431: LARGE, 500: FAULT}
"""What any route may answer."""


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
            200: Answer(
                "One page.",
                {JSON: found},
                example=examples.page(listing.name),
                links=_first_of(listing) if single else {},
            ),
            304: UNCHANGED,
            400: WRONG,
            403: SHUT,
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
            200: Answer(
                "Its value.",
                {JSON: data_of(either(listing.detail, listing.summary))},
                example=examples.data(listing.name),
            ),
            304: UNCHANGED,
            403: SHUT,
            404: _problem("There is none of that name, or its namespace is not watched."),
            503: _problem("It may be there: not everything has been listed yet."),
        },
    )


HOME = About(
    "home",
    "The page.",
    "The board's values in tables, which the page's script then keeps up to date.",
    "operation",
    {200: Answer("HTML.", {"text/html": {"type": "string"}}), 403: SHUT},
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
        200: Answer(
            "Health at this moment.",
            {JSON: data_of(ref(HealthStatus))},
            example=examples.health_status(),
        ),
        304: UNCHANGED,
        400: WRONG,
        403: SHUT,
    },
    (NAMESPACE, MATCH),
)
HISTORY = About(
    "getHealthHistory",
    "Health of the last day.",
    "Steps of two minutes; a step that nobody saw is absent.",
    "health",
    {
        200: Answer(
            "The steps that are known.",
            {JSON: data_of(ref(HealthHistory))},
            example=examples.history(),
        ),
        304: UNCHANGED,
        403: SHUT,
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
        200: Answer("Events.", {"text/event-stream": ITEM}, item=True),
        400: WRONG,
        403: SHUT,
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
REPLAY: Json = {
    "type": "object",
    "description": "Where a tape is replayed: when it was recorded, and how it is played.",
    "required": ["recordedAt", "speed", "anonymised"],
    "properties": {
        "recordedAt": {"type": "string", "format": "date-time"},
        "speed": {"type": "number"},
        "anonymised": {"type": "boolean"},
    },
    "additionalProperties": False,
}
VERSION = About(
    "version",
    "What is running?",
    "Version, protocol, and the name of this life of the process.",
    "operation",
    {
        200: Answer(
            "Its name and version.",
            {
                JSON: data_of(
                    {
                        "type": "object",
                        "required": ["name", "version", "stream", "epoch", "cluster", "python"],
                        "properties": {"replay": REPLAY},
                        "additionalProperties": {"type": "string"},
                    }
                )
            },
        ),
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
    {200: Answer("The document.", {JSON: {"type": "object"}}), 304: UNCHANGED},
    (MATCH,),
)
