"""Whatever is asked, the answer is an answer: a refusal in the form of a Status, never a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.api.calls import Call
from app.demo.api.form_parts import INT32, INT64, Struct, Texts
from app.demo.api.forms import form_of
from app.demo.api.kinds import BY_PLURAL, KINDS, STORED
from tests.demo.api.bench import JSON_PATCH, MERGE, NAMESPACE, STRATEGIC, Bench, config, pod

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["a", "main", "Always", "2026-01-01T00:00:00Z", "eA==", "* * * * *", "x/y"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def of_form(form: Any, depth: int = 6) -> st.SearchStrategy[Any]:
    """Values that look like a form's, with something else here and there."""
    if depth == 0:
        return SCALARS
    right: st.SearchStrategy[Any]
    if isinstance(form, Struct):
        fields = {name: of_form(inner, depth - 1) for name, inner in form.fields.items()}
        right = st.fixed_dictionaries({}, optional=fields)
    elif isinstance(form, list):
        right = st.lists(of_form(form[0], depth - 1), max_size=2)
    elif isinstance(form, Texts):
        right = st.dictionaries(st.text(max_size=5), of_form(form.of, depth - 1), max_size=2)
    elif form is str:
        right = st.one_of(st.text(max_size=6), st.sampled_from(["a", "main", "agent:1", "Never"]))
    elif form in (INT32, INT64):
        right = st.integers(-2, 5)
    elif form is bool:
        right = st.booleans()
    else:
        right = SCALARS
    return st.one_of(right, right, right, SCALARS if depth < 6 else ANYTHING)


BODIES = {kind: of_form(form_of(kind)) for kind in STORED}


def check(bench: Bench, method: str, path: str, body: Any, content_type: str, **query: str) -> None:
    reply = bench.ask(method, path, body, content_type=content_type, **query)
    found = json.loads(reply.body) if reply.content_type == "application/json" else None
    if reply.code >= 400 and found is not None:
        assert found["kind"] == "Status"
        assert found["code"] == reply.code
    if reply.code >= 500:
        assert found is not None
        assert found.get("reason") != "InternalError"


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.plural)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_object_is_too_strange(kind: Any, data: st.DataObject) -> None:
    bench = Bench()
    value = data.draw(BODIES[kind])
    if isinstance(value, dict):
        metadata = value.get("metadata")
        if isinstance(metadata, dict):
            metadata["name"] = "a"
            metadata.pop("namespace", None)
            metadata.pop("resourceVersion", None)
        else:
            value["metadata"] = {"name": "a"}
    check(bench, "POST", kind.path(NAMESPACE), value, "application/json")
    if kind.status:
        for notation in (MERGE, STRATEGIC):
            change = {"status": data.draw(BODIES[kind]), "spec": data.draw(ANYTHING)}
            path = f"{kind.path(NAMESPACE, 'a')}/status"
            check(bench, "PATCH", path, change, notation)
    check(bench, "PATCH", kind.path(NAMESPACE, "a"), data.draw(BODIES[kind]), STRATEGIC)
    check(bench, "GET", kind.path(NAMESPACE), None, "")
    check(bench, "DELETE", kind.path(NAMESPACE, "a"), data.draw(ANYTHING), "application/json")
    assert bench.ask("GET", kind.path()).code == 200


OPERATIONS = st.lists(
    st.one_of(
        ANYTHING,
        st.fixed_dictionaries(
            {
                "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"]),
                "path": st.sampled_from(
                    [
                        "",
                        "/",
                        "/data",
                        "/data/k",
                        "/metadata/labels/a",
                        "/spec/containers/0",
                        "/x/-",
                    ]
                ),
            },
            optional={"value": ANYTHING, "from": st.sampled_from(["", "/data", "/spec", "/q"])},
        ),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=200)
@given(
    patch=st.one_of(ANYTHING, OPERATIONS), notation=st.sampled_from([MERGE, STRATEGIC, JSON_PATCH])
)
def test_no_patch_is_too_strange(patch: Any, notation: str) -> None:
    bench = Bench()
    bench.config("a", k="1")
    bench.pod("p")
    for path in ("configmaps/a", "pods/p", "pods/p/status"):
        check(bench, "PATCH", f"/api/v1/namespaces/{NAMESPACE}/{path}", patch, notation)


PARTS = ["api", "apis", "v1", "batch", "namespaces", NAMESPACE, "pods", "jobs", "a", "log", ""]
PARTS += ["status", "watch", "binding", "eviction", "finalize", "exec", "version"]
QUERY = ["limit", "continue_", "resourceVersion", "labelSelector", "fieldSelector", "dryRun"]
QUERY += ["resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "tailLines", "watch"]
VALUES = st.one_of(
    st.text(max_size=6), st.sampled_from(["1", "0", "true", "a=b", "metadata.name=a"])
)


@settings(deadline=None, max_examples=300)
@given(
    path=st.one_of(
        st.text(max_size=30).map(lambda text: f"/{text}"),
        st.lists(st.sampled_from(PARTS), max_size=8).map(lambda parts: "/" + "/".join(parts)),
    ),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"]),
    body=st.one_of(st.none(), st.binary(max_size=20), ANYTHING),
    accept=st.one_of(st.none(), st.text(max_size=20), st.just("application/yaml")),
    query=st.dictionaries(st.sampled_from(QUERY), VALUES, max_size=3),
)
def test_no_request_is_too_strange(
    path: str, method: str, body: Any, accept: str | None, query: dict[str, str]
) -> None:
    bench = Bench()
    bench.client.create(BY_PLURAL["", "v1", "pods"], pod("a"))
    bench.client.create(BY_PLURAL["", "v1", "configmaps"], config("a"))
    raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | ({"accept": accept} if accept else {})
    pairs = tuple((name.rstrip("_"), value) for name, value in query.items())
    answer = bench.api.answer(Call(method, path, pairs, headers, raw or b"", bench.client.user))
    assert 200 <= answer.code < 505


@settings(deadline=None, max_examples=200)
@given(body=st.binary(max_size=60), kind=st.sampled_from(KINDS))
def test_no_protobuf_is_too_strange(body: bytes, kind: Any) -> None:
    bench = Bench()
    notation = "application/vnd.kubernetes.protobuf"
    for raw in (body, b"k8s\0" + body):
        check(bench, "POST", kind.path(NAMESPACE), raw, notation)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"metadata":' * 3_000 + b"1" + b"}" * 3_000,
        b'{"metadata":{"name":"a"},"data":{"k":"\\ud800"}}',
        b'{"metadata":{"name":"a"},"data":{"k":"\\ud83d\\ude00\\udc00"}}',
        b'{"metadata":{"name":"a","generation":' + b"9" * 5_000 + b"}}",
        b'{"metadata":{"name":"a"},"x":NaN}',
        b'{"metadata":{"name":"a"},"x":Infinity}',
        b'\xff\xfe{"metadata":{"name":"a"}}',
        b'{"metadata":{"name":"a"},"data":{"k":"\xff"}}',
        b"\x00",
        b"{}{}",
    ],
    ids=[
        "brackets",
        "deep",
        "half-a-pair",
        "one-and-a-half",
        "huge-number",
        "nan",
        "infinity",
        "bom",
        "not-utf-8",
        "nul",
        "two-values",
    ],
)
def test_bodies_that_break_parsers(body: bytes) -> None:
    bench = Bench()
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    reply = bench.ask("POST", path, body)
    assert reply.code in (201, 400), reply.body
    listed = bench.ask("GET", path)
    assert listed.code == 200
    listed.body.decode()


def test_yaml_is_read_and_its_faults_are_refused() -> None:
    bench = Bench()
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    good = b"metadata:\n  name: a\ndata:\n  k: '1'\n"
    assert bench.ask("POST", path, good, content_type="application/yaml").code == 201
    for bad in (b"a: [", b"- 1", b"!!python/object:os.system {}", b"a: &a [*a]"):
        assert bench.ask("POST", path, bad, content_type="application/yaml").code == 400
