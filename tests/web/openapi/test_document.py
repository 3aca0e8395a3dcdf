"""The description says all that is served, and what it says is right."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request

from app.board import WATCHED
from app.model import PodHealth
from app.web.openapi.stream import TOPICS
from app.web.principal import LOCAL
from app.web.routes import ROUTES, STREAMS
from app.web.streams import read_choice
from tests.web.house import NAMESPACE, fill, house
from tests.web.openapi.served_document import Document, properties, references
from tests.web.probe import OURS, ask

if TYPE_CHECKING:
    from app.web.front import Application
    from app.web.routes import Declared, DeclaredStream
    from tests.web.probe import Header

EVERY: tuple[Declared | DeclaredStream, ...] = (*ROUTES, *STREAMS)
LISTS = tuple(route.path for route in ROUTES if (route.about.id).startswith("list"))
OBJECTS = tuple(route.path for route in ROUTES if "{name}" in route.path)


@pytest.fixture(scope="module")
def application() -> Application:
    made = house()
    fill(made)
    return made


@pytest.fixture
async def document(application: Application) -> Document:
    return await Document.of(application)


def test_every_route_is_described(document: Document) -> None:
    described = {route.path for route in EVERY if route.about is not None}
    assert set(document.operations) == described
    # Of a WebSocket OpenAPI has no words: the stream says that it is there.
    for route in STREAMS:
        if route.about is None:
            assert route.transport == "websocket"
            assert f"`{route.path}`" in document.operations["/api/stream"]["description"]
    names = [operation["operationId"] for operation in document.operations.values()]
    assert len(set(names)) == len(names)


def test_an_operation_says_what_it_needs_and_does(document: Document) -> None:
    scopes = {route.path: route.scope for route in EVERY}
    tags = {tag["name"] for tag in document.found["tags"]}
    for path, operation in document.operations.items():
        assert operation["x-watchglass-scope"] == scopes[path]
        assert operation["summary"].endswith((".", "?"))
        assert operation["description"].endswith(".")
        assert set(operation["tags"]) <= tags
        for parameter in operation.get("parameters", ()):
            assert parameter["description"].endswith("."), (path, parameter["name"])
        for status, answer in operation["responses"].items():
            assert answer["description"].endswith("."), (path, status)


def test_what_is_referred_to_is_there(document: Document) -> None:
    components = document.found["components"]
    named = {f"#/components/{kind}/{name}" for kind in components for name in components[kind]}
    referred = references(document.found)
    assert referred <= named
    # And nothing is described that nobody needs.
    assert named <= referred


def test_every_field_is_described(document: Document) -> None:
    """Those of models, of messages, and of what single routes answer."""
    fields = properties(document.schemas | document.found["paths"])
    assert len(fields) > 200
    assert [way for way, given in fields.items() if not told(given)] == []


def test_every_route_says_who_is_turned_away(document: Document) -> None:
    """By its scope, and before any route is looked for."""
    for route in EVERY:
        if route.about is None:
            continue
        statuses = document.operations[route.path]["responses"].keys()
        assert ("403" in statuses) == (route.scope != "open"), route.path
        assert {"200", "400", "413", "421", "431", "500"} <= statuses


def test_what_is_asked_for_by_itself_is_described(document: Document) -> None:
    parameters = document.operations["/api/incidents"]["parameters"]
    [state] = [one for one in parameters if one["name"] == "state"]
    assert state["schema"]["default"] == ["new", "active", "unknown"]


def told(given: dict[str, Any]) -> bool:
    """A constant says itself, and what is referred to has words of its own."""
    referred = all("$ref" in choice for choice in given.get("anyOf", [given]))
    return "description" in given or "const" in given or referred


def test_every_topic_is_described_for_each_audience(application: Application) -> None:
    hub = application.rooms.hub
    assert set(hub.readable("detail")) == set(TOPICS)
    assert set(hub.readable("summary")) == {name for name, (_, told) in TOPICS.items() if told}
    assert {kind.projection.topic for kind in WATCHED} <= set(TOPICS)


def test_examples_are_what_they_are_examples_of(document: Document) -> None:
    shown = 0
    for path, operation in document.operations.items():
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                if "example" in content:
                    shown += 1
                    assert document.complaints(content["schema"], content["example"]) == [], path
    assert shown >= len(LISTS) + len(OBJECTS)


class Recorded(QueryParams):
    """Remembers what it was asked for."""

    asked: set[str]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked = set()

    def get(self, key: Any, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def getlist(self, key: Any) -> list[str]:
        self.asked.add(key)
        return super().getlist(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def of_query(operation: dict[str, Any]) -> set[str]:
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
async def test_every_parameter_that_is_read_is_described(
    application: Application, document: Document, route: Any
) -> None:
    query = Recorded("")
    request = Request(
        {
            "type": "http",
            "app": application,
            "method": "GET",
            "path": route.path,
            "query_string": b"",
            "headers": [],
            "path_params": {"namespace": NAMESPACE, "name": "agent-0"},
            "state": {"principal": LOCAL, "request_id": "-"},
        }
    )
    request._query_params = query
    try:
        await route.endpoint(request)
    except Exception as error:
        assert type(error).__name__ == "NotFound", error
    assert query.asked == of_query(document.operations[route.path])


def test_every_parameter_of_the_stream_is_described(
    application: Application, document: Document
) -> None:
    query = Recorded("maxEvents=1")
    read_choice(application.rooms, LOCAL, query, None)
    assert query.asked == of_query(document.operations["/api/stream"])


def targets(document: Document) -> list[str]:
    """Good and bad questions to every path that ends."""
    names = {"/api/pods/": "agent-0", "/api/cronjobs/": "busy", "/api/jobs/": "done"}
    found = ["/livez", "/readyz", "/readyz?verbose", "/version", "/metrics", "/openapi.json", "/"]
    for path in OBJECTS:
        name = names[path.partition("{")[0]]
        for place, called in itertools.product((NAMESPACE, "elsewhere"), (name, "nobody")):
            found.append(path.replace("{namespace}", place).replace("{name}", called))
    for path in LISTS:
        found.append(path)
        for parameter in document.operations[path]["parameters"]:
            if parameter["in"] != "query":
                continue
            schema = parameter["schema"].get("items", parameter["schema"])
            good = schema.get("enum", ["1"])
            found += [
                f"{path}?{parameter['name']}={value}" for value in (*good, "", "~", "0", "-1")
            ]
    found += [route.path for route in ROUTES if route.about.tag == "health"]
    return found


async def test_every_answer_is_as_described(application: Application, document: Document) -> None:
    """Status, headers, type, and the body by its schema, to the last field."""
    statuses = set()
    asking: tuple[tuple[Header, ...], ...] = (
        (OURS,),
        (OURS, ("if-none-match", "*")),
        (OURS, ("content-length", "999999")),
        (("host", "evil.example"),),
        (),
    )
    for target in targets(document):
        for headers in asking:
            answer = await ask(application, target, headers=headers)
            where = f"{target} {answer.status}"
            statuses.add(answer.status)
            described = document.operations[_path(target)]["responses"]
            assert str(answer.status) in described, where
            assert document.wrong_headers(described[str(answer.status)], answer) == [], where
            content = described[str(answer.status)].get("content", {})
            if answer.status == 304:
                assert (answer.body, content) == (b"", {})
                continue
            media = str(answer.header("content-type")).partition(";")[0]
            assert media in content, where
            schema = content[media]["schema"]
            body = answer.json() if media == "application/json" else answer.body.decode()
            assert document.complaints(schema, body) == [], where
    assert statuses == {200, 304, 400, 404, 413, 421}


def _path(target: str) -> str:
    path = target.partition("?")[0]
    parts = path.split("/")
    if len(parts) == 5 and parts[1] == "api":
        return "/".join([*parts[:3], "{namespace}", "{name}"])
    return path


async def test_where_not_everything_is_known_it_says_so() -> None:
    application = house()
    document = await Document.of(application)
    for path in OBJECTS:
        target = path.replace("{namespace}", NAMESPACE).replace("{name}", "agent-0")
        answer = await ask(application, target)
        assert (answer.status, answer.json()["reason"]) == (503, "starting")
        assert "503" in document.operations[path]["responses"]


async def test_namespaces_are_named_where_they_are_known() -> None:
    narrow = await Document.of(house(namespaces=("agents", "batch")))
    wide = await Document.of(house(all_namespaces=True))
    for path in (*LISTS, "/api/stream"):
        [found] = [
            one for one in narrow.operations[path]["parameters"] if one["name"] == "namespace"
        ]
        assert found["schema"]["items"] == {"type": "string", "enum": ["agents", "batch"]}
        [found] = [one for one in wide.operations[path]["parameters"] if one["name"] == "namespace"]
        assert found["schema"]["items"] == {"type": "string"}


async def test_paths_begin_where_the_server_does() -> None:
    application = house(base_path="/watchglass")
    answer = await ask(application, "/watchglass/openapi.json")
    assert answer.json()["servers"] == [{"url": "/watchglass"}]


def test_a_field_that_is_not_described_is_noticed(document: Document) -> None:
    """The proof that the tests above can fail: one more field is no body of ours."""
    pod = PodHealth(
        name="a", phase="Running", ready_containers=0, total_containers=1, restart_count=0
    )
    body = {"name": pod.name, "phase": pod.phase, "readyContainers": 0, "totalContainers": 1}
    schema = {"$ref": "#/components/schemas/PodHealth"}
    assert document.complaints(schema, body | {"restartCount": 0}) == []
    assert document.complaints(schema, body)
    assert document.complaints(schema, body | {"restartCount": 0, "secret": "s"})
    assert document.complaints(schema, body | {"restartCount": 0, "createdAt": "yesterday"})
