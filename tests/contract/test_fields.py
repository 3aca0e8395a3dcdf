"""Lines 9 and 12: numbers and amounts that are none, and fields that nobody knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.client import JSON_PATCH, MERGE, STRATEGIC, bare_pod, config
from tests.contract.schemas import ROOTS, ours, plain, recorded
from tests.control_plane.api import CONFIGMAPS, DEPLOYMENTS, JOBS, LEASES, PODS, Resource
from tests.control_plane.objects import deployment, job

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.contract.kubectl import Kubectl
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

DRY = {"dryRun": "All"}


def suspended(**fields: object) -> Json:
    made = job("j")
    made["spec"] |= {"suspend": True, **fields}
    return made


def asking(**resources: Json) -> Json:
    return bare_pod("p", containers=[{"name": "main", "image": "i", "resources": resources}])


NUMBERS = [
    ("parallelism", "2147483648", "int32"),
    ("parallelism", "1099511627776", "int32"),
    ("parallelism", "-2147483649", "int32"),
    ("parallelism", "1.5", "int32"),
    ("parallelism", "2.0", "int32"),
    ("parallelism", "2E3", "int32"),
    ("parallelism", "1e400", "int32"),
    ("completions", "9223372036854775808", "int32"),
    ("activeDeadlineSeconds", "9223372036854775808", "int64"),
    ("activeDeadlineSeconds", "-9223372036854775809", "int64"),
    ("activeDeadlineSeconds", "1e3", "int64"),
]


@pytest.mark.parametrize(("field", "number", "kind"), NUMBERS)
async def test_line_09_a_number_beyond_its_type_is_400(
    admin: Client, namespace: str, field: str, number: str, kind: str
) -> None:
    body = json.dumps(suspended(**{field: 4711})).replace("4711", number).encode()
    reply = await admin.send("POST", JOBS.path(namespace), body, query=DRY)
    assert reply.refusal == (
        400,
        "BadRequest",
        (
            'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number '
            f"{number} into Go struct field JobSpec.spec.{field} of type {kind}"
        ),
    )


@pytest.mark.parametrize("notation", [MERGE, JSON_PATCH], ids=["merge", "json"])
async def test_line_10_a_patch_to_a_number_beyond_its_type_is_422(
    admin: Client, namespace: str, notation: str
) -> None:
    await admin.create(suspended(), namespace)
    for number in ("2147483648", "2.0", "1.5"):
        body = f'{{"spec": {{"parallelism": {number}}}}}'
        if notation == JSON_PATCH:
            body = f'[{{"op": "add", "path": "/spec/parallelism", "value": {number}}}]'
        reply = await admin.change(JOBS, namespace, "j", body.encode(), notation)
        assert reply.refusal[:2] == (422, "Invalid")
        assert reply.refusal[2].endswith(
            f": json: cannot unmarshal number {number} into Go struct field "
            "JobSpec.spec.parallelism of type int32"
        )
    endless = '{"spec": {"parallelism": 1e400}}'
    if notation == JSON_PATCH:
        endless = '[{"op": "add", "path": "/spec/parallelism", "value": 1e400}]'
    reply = await admin.change(JOBS, namespace, "j", endless.encode(), notation)
    assert reply.refusal[:2] == (400, "BadRequest")
    assert "cannot unmarshal number 1e400 into Go" in reply.refusal[2]


async def test_line_10_a_strategic_patch_takes_whole_numbers_however_they_are_written(
    admin: Client, namespace: str
) -> None:
    await admin.create(suspended(), namespace)
    for text, number in ((b"2.0", 2), (b"2E1", 20)):
        body = b'{"spec": {"parallelism": %s}}' % text
        reply = await admin.change(JOBS, namespace, "j", body, STRATEGIC)
        assert (reply.code, reply.json["spec"]["parallelism"]) == (200, number)


RANGES: list[tuple[Resource, Json, str, int, str]] = [
    (
        DEPLOYMENTS,
        deployment("d", replicas=2**31),
        "DeploymentSpec.spec.replicas of type int32",
        400,
        "BadRequest",
    ),
    (
        LEASES,
        {"metadata": {"name": "l"}, "spec": {"leaseDurationSeconds": 2**31}},
        "LeaseSpec.spec.leaseDurationSeconds of type int32",
        400,
        "BadRequest",
    ),
    (
        PODS,
        bare_pod("p", terminationGracePeriodSeconds=2**63),
        "PodSpec.spec.terminationGracePeriodSeconds of type int64",
        400,
        "BadRequest",
    ),
    (
        PODS,
        bare_pod("p", activeDeadlineSeconds=2**31),
        "must be between 1 and 2147483647, inclusive",
        422,
        "Invalid",
    ),
    (
        CONFIGMAPS,
        {"metadata": {"name": "c", "generation": 2**63}},
        "ObjectMeta.metadata.generation of type int64",
        400,
        "BadRequest",
    ),
]


@pytest.mark.parametrize(
    ("resource", "body", "end", "code", "reason"),
    RANGES,
    ids=["replicas", "lease", "grace", "deadline", "generation"],
)
async def test_line_09_every_kind_has_its_numbers(
    admin: Client, namespace: str, resource: Resource, body: Json, end: str, code: int, reason: str
) -> None:
    reply = await admin.send("POST", resource.path(namespace), body, query=DRY)
    assert reply.refusal[:2] == (code, reason)
    assert reply.refusal[2].endswith(end)


async def test_line_09_a_grace_beyond_int64_is_400(admin: Client, namespace: str) -> None:
    await admin.create(config("a"), namespace)
    reply = await admin.remove(CONFIGMAPS, namespace, "a", {"gracePeriodSeconds": 2**64})
    assert reply.refusal == (
        400,
        "BadRequest",
        (
            "json: cannot unmarshal number 18446744073709551616 into Go struct field "
            "DeleteOptions.gracePeriodSeconds of type int64"
        ),
    )
    assert (await admin.read(CONFIGMAPS, namespace, "a")).code == 200


FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("abc", FORM),
        ("", FORM),
        ("1Gx", FORM),
        ("1 Gi", FORM),
        ("1.2.3", FORM),
        ("\uff11", FORM),
        (True, FORM),
        ({"a": 1}, FORM),
        ("1kk", "unable to parse quantity's suffix"),
        ("1K", "unable to parse quantity's suffix"),
        ("1e", "unable to parse quantity's suffix"),
    ],
    ids=str,
)
async def test_line_09_an_amount_that_is_none_is_400(
    admin: Client, namespace: str, amount: object, why: str
) -> None:
    body = asking(requests={"cpu": amount})
    reply = await admin.send("POST", PODS.path(namespace), body, query=DRY)
    message = f'Pod in version "v1" cannot be handled as a Pod: {why}'
    assert reply.refusal == (400, "BadRequest", message)


SHORTEST = {
    "1000m": "1",
    "1500m": "1500m",
    "0.5": "500m",
    ".5": "500m",
    "100Ki": "100Ki",
    "1024Mi": "1Gi",
    "1.5Gi": "1536Mi",
    "0.5Ki": "512",
    "0.001Ki": "1024m",
    "1024": "1024",
    "1000k": "1M",
    "0Gi": "0",
    "1e3": "1e3",
    "10E": "10E",
}


async def test_line_08_amounts_are_kept_in_their_shortest_form(
    admin: Client, namespace: str
) -> None:
    for given, kept in [*SHORTEST.items(), (5, "5"), (0.5, "500m"), (1000000, "1M")]:
        body = asking(limits={"cpu": given})
        reply = await admin.send("POST", PODS.path(namespace), body, query=DRY)
        assert reply.code == 201, reply.text
        resources = reply.json["spec"]["containers"][0]["resources"]
        assert resources == {"limits": {"cpu": kept}, "requests": {"cpu": kept}}, given


@pytest.mark.parametrize(
    ("resources", "problems"),
    [
        (
            {"requests": {"cpu": "-1"}},
            {("requests[cpu]", 'Invalid value: "-1": must be greater than or equal to 0')},
        ),
        (
            {"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}},
            {("requests", 'Invalid value: "2": must be less than or equal to cpu limit of 1500m')},
        ),
        (
            {"requests": {"foo": "1"}, "limits": {"foo": "1"}},
            {
                (
                    f"{part}[foo]",
                    f'Invalid value: "foo": must be a standard resource {rest}',
                )
                for part in ("limits", "requests")
                for rest in ("type or fully qualified", "for containers")
            },
        ),
        (
            {"requests": {"example.com/gpu": "1"}},
            {("limits", "Required value: Limit must be set for non overcommitable resources")},
        ),
        (
            {"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "2"}},
            {
                (
                    "requests",
                    'Invalid value: "1": must be equal to example.com/gpu limit of 2',
                )
            },
        ),
    ],
    ids=["negative", "beyond-the-limit", "unknown", "no-limit", "not-the-limit"],
)
async def test_line_09_amounts_have_rules_too(
    admin: Client, namespace: str, resources: Json, problems: set[tuple[str, str]]
) -> None:
    reply = await admin.send("POST", PODS.path(namespace), asking(**resources), query=DRY)
    assert reply.refusal[:2] == (422, "Invalid")
    found = {(one["field"], one["message"]) for one in reply.json["details"]["causes"]}
    assert found == {(f"spec.containers[0].resources.{field}", text) for field, text in problems}


def misspelt() -> Json:
    made = bare_pod("p", containers=[{"name": "main", "image": "i", "imagee": "k"}])
    made["metadata"]["lable"] = {}
    return {**made, "bar": {"baz": 1}}


UNKNOWN = ['unknown field "metadata.lable"', 'unknown field "spec.containers[0].imagee"']
UNKNOWN_TOO = 'unknown field "bar"'


@pytest.mark.parametrize("validation", ["", "Warn", "Ignore", "Strict"])
async def test_line_09_fields_that_nobody_knows_are_told_or_refused(
    admin: Client, namespace: str, validation: str
) -> None:
    query = {"fieldValidation": validation} if validation else {}
    path = PODS.path(namespace)
    reply = await admin.send("POST", path, misspelt(), query={**DRY, **query})
    told = [*UNKNOWN, UNKNOWN_TOO]
    if validation == "Strict":
        prefix = 'Pod in version "v1" cannot be handled as a Pod: strict decoding error: '
        assert reply.refusal == (400, "BadRequest", prefix + ", ".join(told))
        return
    assert reply.code == 201
    assert "bar" not in reply.json
    assert "imagee" not in reply.json["spec"]["containers"][0]
    assert list(reply.warnings) == ([] if validation == "Ignore" else [headed(one) for one in told])


def headed(text: str) -> str:
    """A warning as its header has it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'


@pytest.mark.parametrize(
    "notation", [MERGE, STRATEGIC, JSON_PATCH], ids=["merge", "strategic", "json"]
)
async def test_line_10_patches_and_puts_tell_of_unknown_fields_too(
    admin: Client, namespace: str, notation: str
) -> None:
    made = await admin.create(suspended(), namespace)
    change: object = {"x": 1, "spec": {"foo": 1, "template": {"spec": {"bar": 2}}}}
    if notation == JSON_PATCH:
        change = [
            {"op": "add", "path": path, "value": 1}
            for path in ("/x", "/spec/foo", "/spec/template/spec/bar")
        ]
    told = [f'unknown field "{place}"' for place in ("spec.foo", "spec.template.spec.bar", "x")]
    reply = await admin.change(JOBS, namespace, "j", change, notation)
    assert (reply.code, list(reply.warnings)) == (200, [headed(one) for one in told])
    reply = await admin.change(JOBS, namespace, "j", change, notation, fieldValidation="Strict")
    assert reply.refusal[:2] == (422, "Invalid")
    assert reply.refusal[2].endswith(f": strict decoding error: {', '.join(told)}")

    # The first patch changed nothing, so there is no version to be older than.
    made["spec"]["foo"] = 1
    for path in (JOBS.path(namespace, "j"), f"{JOBS.path(namespace, 'j')}/status"):
        put = await admin.send("PUT", path, made, query={"fieldValidation": "Strict", **DRY})
        assert put.refusal[:2] == (400, "BadRequest")
        assert put.refusal[2].endswith('strict decoding error: unknown field "spec.foo"')


async def test_line_09_fields_that_are_there_twice_are_told_or_refused(
    admin: Client, namespace: str
) -> None:
    text = json.dumps(bare_pod("p", {"a": "b"}))
    twice = text.replace('"name": "main"', '"name": "x", "name": "main"')
    twice = twice.replace('"a": "b"', '"a": "x", "a": "b"')
    told = [f'duplicate field "{one}"' for one in ("metadata.labels.a", "spec.containers[0].name")]
    path = PODS.path(namespace)
    reply = await admin.send("POST", path, twice.encode(), query=DRY)
    assert (reply.code, list(reply.warnings)) == (201, [headed(one) for one in told])
    assert reply.json["spec"]["containers"][0]["name"] == "main"
    query = {**DRY, "fieldValidation": "Strict"}
    reply = await admin.send("POST", path, twice.encode(), query=query)
    assert reply.refusal[2].endswith(f"strict decoding error: {', '.join(told)}")

    await admin.create(config("a"), namespace)
    body = b'{"data": {"k": "1", "k": "2"}}'
    for notation in (MERGE, STRATEGIC):
        reply = await admin.change(CONFIGMAPS, namespace, "a", body, notation)
        assert list(reply.warnings) == [headed('duplicate field "data.k"')]
        assert reply.json["data"] == {"k": "2"}
    body = b'[{"op": "add", "path": "/data/l", "path": "/data/m", "value": "1"}]'
    reply = await admin.change(CONFIGMAPS, namespace, "a", body, JSON_PATCH)
    assert list(reply.warnings) == [headed('json patch duplicate field "[0].path"')]
    assert reply.json["data"] == {"k": "2", "m": "1"}


async def test_line_09_warnings_stand_beside_a_refusal_and_have_an_end(
    admin: Client, namespace: str
) -> None:
    path = PODS.path(namespace)
    reply = await admin.send("POST", path, bare_pod("p", containers=[], foo=1), query=DRY)
    assert reply.refusal[:2] == (422, "Invalid")
    assert list(reply.warnings) == [headed('unknown field "spec.foo"')]

    long = bare_pod("p", None, **{"f" * 300 + str(number): 1 for number in range(20)})
    reply = await admin.send("POST", path, long, query=DRY)
    assert [len(one) for one in reply.warnings] == [len('299 - ""') + 256 + 1] * 16

    many = bare_pod("p", None, **{f"f{number}": 1 for number in range(150)})
    reply = await admin.send("POST", path, many, query={**DRY, "fieldValidation": "Strict"})
    assert reply.refusal[2].count("unknown field") == 100

    strange = bare_pod("p", None, **{'a"b\\c\nd': 1})
    reply = await admin.send("POST", path, strange, query=DRY)
    assert list(reply.warnings) == [headed('unknown field "spec.a\\"b\\\\c\\nd"')]


def test_line_09_kubectl_refuses_what_is_misspelt(kubectl: Kubectl) -> None:
    body = json.dumps({**config("a", k="1"), "dta": {}})
    done = kubectl.run("create", "-f", "-", stdin=body)
    assert done.returncode == 1
    assert 'strict decoding error: unknown field "dta"' in done.stderr
    done = kubectl.run("create", "--validate=warn", "-f", "-", stdin=body)
    assert (done.returncode, done.stdout) == (0, "configmap/a created\n")
    assert done.stderr == 'Warning: unknown field "dta"\n'


async def test_line_12_the_types_of_objects_are_described(admin: Client, server: Server) -> None:
    """Which fields there are, and which lists are merged by what: kubectl goes by it."""
    documents = {root: (await admin.send("GET", f"/openapi/v3{root}")).json for root in ROOTS}
    recorded(server, documents)
    for root, document in documents.items():
        known = plain(document["components"]["schemas"])
        wanted = ours(root)
        assert wanted
        assert {name: known.get(name) for name in wanted} == wanted
