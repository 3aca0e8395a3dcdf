"""Where the two cannot be equal, both values; docs/simulator.md lists the same, with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.client import STRATEGIC, config
from tests.control_plane.api import CONFIGMAPS, JOBS, PODS, SERVICE_ACCOUNTS
from tests.control_plane.objects import job, pod
from tests.control_plane.scripts import in_phase

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.contract.kubectl import Kubectl
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

PROTOBUF = "application/vnd.kubernetes.protobuf"


async def test_line_10_apply_on_the_server_is_done_or_refused_and_never_pretended(
    admin: Client, server: Server, namespace: str
) -> None:
    path = CONFIGMAPS.path(namespace, "a")
    reply = await admin.send(
        "PATCH",
        path,
        config("a", k="1"),
        query={"fieldManager": "contract", "force": "true"},
        content_type="application/apply-patch+yaml",
    )
    if server.simulated:
        # kubectl says so: "Server-side apply not available on the server".
        assert reply.refusal == (415, "UnsupportedMediaType", "415: Unsupported Media Type")
        assert (await admin.send("GET", path)).code == 404
    else:
        assert (reply.code, reply.json["data"]) == (201, {"k": "1"})


async def test_line_10_who_wrote_which_field(admin: Client, server: Server, namespace: str) -> None:
    """For server-side apply alone, so the simulator does not keep it."""
    made = await admin.create(config("a", k="1"), namespace)
    assert ("managedFields" in made["metadata"]) is not server.simulated


async def test_line_12_a_group_that_is_not_served(admin: Client, server: Server) -> None:
    """Roles are fixed in the simulator: its users are three, and tests bind what they need."""
    reply = await admin.send("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles")
    if server.simulated:
        assert (reply.code, reply.text) == (404, "404 page not found\n")
    else:
        assert reply.code == 200


async def test_line_12_the_simulator_says_that_it_is_one(admin: Client, server: Server) -> None:
    found = (await admin.send("GET", "/version")).json
    assert found["gitVersion"] == ("v1.36.3+watchglass" if server.simulated else "v1.36.3")
    assert (found["platform"] == "simulated") is server.simulated


async def test_line_12_answers_in_protobuf(admin: Client, server: Server, namespace: str) -> None:
    """kubectl sends it, and the simulator reads it; whoever accepts JSON too is given JSON."""
    path = CONFIGMAPS.path(namespace)
    both = await admin.send("GET", path, accept=f"{PROTOBUF},application/json")
    assert both.headers["content-type"] == ("application/json" if server.simulated else PROTOBUF)
    alone = await admin.send("GET", path, accept=PROTOBUF)
    assert alone.code == (406 if server.simulated else 200)


async def test_line_10_numbers_beyond_their_type_in_a_strategic_patch(
    admin: Client, server: Server, namespace: str
) -> None:
    """The real one cuts their upper bits off, and takes what is left."""
    made = job("j")
    made["spec"]["suspend"] = True
    await admin.create(made, namespace)
    reply = await admin.change(JOBS, namespace, "j", {"spec": {"parallelism": 2**40}}, STRATEGIC)
    if server.simulated:
        assert reply.refusal[:2] == (422, "Invalid")
        assert reply.refusal[2].endswith("JobSpec.spec.parallelism of type int32")
    else:
        assert (reply.code, reply.json["spec"]["parallelism"]) == (200, 0)


async def test_line_12_documentation_of_fields(kubectl: Kubectl, server: Server) -> None:
    done = kubectl.run("explain", "pods")
    assert done.returncode == 0
    assert ["spec", "<PodSpec>"] in [line.split() for line in done.stdout.splitlines()]
    assert ("Specification of the desired behavior of the pod" in done.stdout) is (
        not server.simulated
    )


async def test_line_13_tokens_of_service_accounts(
    admin: Client, server: Server, namespace: str
) -> None:
    body: Json = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": 600},
    }
    path = f"{SERVICE_ACCOUNTS.path(namespace, 'default')}/token"
    reply = await admin.send("POST", path, body)
    assert reply.code == (404 if server.simulated else 201)


async def test_line_14_exec(admin: Client, server: Server, namespace: str) -> None:
    await admin.create(pod("p"), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Running"))
    path = f"{PODS.path(namespace, 'p')}/exec"
    reply = await admin.send("POST", path, query={"command": "ls", "stdout": "true"})
    if server.simulated:
        assert reply.refusal[:2] == (404, "NotFound")
    else:
        assert reply.refusal == (400, "BadRequest", "Upgrade request required")
