"""Lines 12 to 15 as kubectl, the client that everybody has, sees them.

What the real server made kubectl print is kept in `transcripts/`; ages, generated names, times and
widths of columns apart, the simulator makes it print the same. To write them anew:

    WATCHGLASS_RECORD_TRANSCRIPTS=1 python -m pytest tests/contract/test_kubectl.py -k control-plane
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from tests.contract.client import PATIENCE, bare_pod, config
from tests.contract.workloads import restarted, settled, told
from tests.control_plane.api import CONFIGMAPS, CRONJOBS, DEPLOYMENTS, PODS
from tests.control_plane.grants import rule
from tests.control_plane.objects import cronjob, deployment, pod, pod_spec
from tests.control_plane.scripts import in_phase, is_absent, script

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.contract.kubectl import Kubectl
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

LONG_AGO = "2020-01-01T00:00:00Z"


async def still_life(admin: Client, namespace: str) -> None:
    """Things that nobody but the test touches."""
    labelled = {"app": "agent", "tier": "one"}
    await admin.create(bare_pod("crash", labelled), namespace)
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}
    ended: Json = {
        "exitCode": 1,
        "reason": "Error",
        "startedAt": LONG_AGO,
        "finishedAt": LONG_AGO,
    }
    crash: Json = {
        "phase": "Running",
        "startTime": LONG_AGO,
        "podIP": "10.0.0.7",
        "podIPs": [{"ip": "10.0.0.7"}],
        "hostIP": "10.0.0.1",
        "conditions": [
            {"type": "Initialized", "status": "True"},
            {"type": "Ready", "status": "False", "reason": "ContainersNotReady"},
        ],
        "containerStatuses": [
            {
                "name": "main",
                "image": "agent:1",
                "imageID": "agent@sha256:1",
                "containerID": "containerd://1",
                "ready": False,
                "started": False,
                "restartCount": 4,
                "state": {"waiting": waiting},
                "lastState": {"terminated": ended},
            }
        ],
    }
    await admin.patch(PODS, "crash", {"status": crash}, namespace, subresource="status")
    env = [{"name": "MODE", "value": "fast"}]
    main = {
        "name": "main",
        "image": "agent:2",
        "command": ["agent", "--serve"],
        "env": env,
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1"}},
    }
    await admin.create(bare_pod("waits", containers=[main]), namespace)
    body = cronjob("nightly", schedule="*/5 * * * *", timeZone="Europe/Berlin", suspend=True)
    await admin.create(body, namespace)
    secret: Json = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key"},
        "stringData": {"token": "12345"},
    }
    await admin.create(secret, namespace)
    await admin.create(config("settings", {"app": "agent"}, mode="fast"), namespace)
    event: Json = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "crash.1"},
        "involvedObject": {
            "kind": "Pod",
            "apiVersion": "v1",
            "name": "crash",
            "namespace": namespace,
            "uid": (await admin.get(PODS, "crash", namespace))["metadata"]["uid"],
        },
        "reason": "BackOff",
        "message": "Back-off restarting failed container main in pod crash",
        "type": "Warning",
        "count": 3,
        "source": {"component": "kubelet", "host": "nowhere"},
        "firstTimestamp": LONG_AGO,
        "lastTimestamp": LONG_AGO,
    }
    await admin.create(event, namespace)


async def test_line_12_kubectl_gets(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    await still_life(admin, namespace)
    for line in (
        "get pods",
        "get pods -o wide",
        "get pods --show-labels",
        "get pods -l app=agent --no-headers",
        "get pods --field-selector status.phase=Pending",
        "get po/crash -o name",
        "get pods -o jsonpath={.items[*].status.phase}",
        "get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName",
        "get pods --sort-by=.spec.containers[0].image",
        "get cronjobs",
        "get cj nightly -o wide",
        "get jobs",
        "get secrets,configmaps -l app!=none --ignore-not-found",
        "get secret key -o jsonpath={.data.token}",
        f"get namespace {namespace}",
        "get events",
        "get events -o wide",
        "events",
        "events --for pod/crash --types=Warning",
    ):
        kubectl.say(line)
    kubectl.compare("get")


async def test_line_12_kubectl_describes(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    await still_life(admin, namespace)
    for line in (
        "describe pod crash",
        "describe pod waits",
        "describe cronjob nightly",
        "describe secret key",
        "describe configmap settings",
        "describe serviceaccount default",
    ):
        kubectl.say(line)
    kubectl.compare("describe")


async def test_line_12_kubectl_reads_whole_objects(
    admin: Client, kubectl: Kubectl, namespace: str
) -> None:
    await admin.create(config("settings", {"app": "agent"}, mode="fast"), namespace)
    text = kubectl.run("get", "configmap", "settings", "-o", "json").stdout
    found = json.loads(text)
    assert found["data"] == {"mode": "fast"}
    listed = json.loads(kubectl.run("get", "configmaps", "-o", "json").stdout)
    assert listed["kind"] == "List"
    assert [item["metadata"]["name"] for item in listed["items"]] == ["settings"]


async def test_line_09_kubectl_is_refused(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    await admin.create(config("settings"), namespace)
    body = json.dumps(config("settings"))
    for line, stdin in (
        ("get pod missing", ""),
        ("get things", ""),
        ("describe pod missing", ""),
        ("delete pod missing", ""),
        ("delete pod missing --ignore-not-found", ""),
        ("logs missing", ""),
        ("create -f -", body),
        ("create configmap Bad_Name", ""),
        ('patch configmap settings --type=json -p [{"op":"remove","path":"/data/x"}]', ""),
        ("get pods --field-selector spec.color=red", ""),
        ("rollout status deployment/missing", ""),
        ("create job x --from=cronjob/missing", ""),
    ):
        kubectl.say(line, stdin)
    kubectl.compare("refusals")


async def test_line_10_kubectl_applies(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    def manifest(**data: str) -> str:
        return json.dumps(config("settings", {"app": "agent"}, **data))

    kubectl.say("apply -f -", manifest(mode="fast", old="1"))
    kubectl.say("apply -f -", manifest(mode="fast", old="1"))
    kubectl.say("diff -f -", manifest(mode="fast", old="1"))
    kubectl.say("apply -f - --dry-run=server", manifest(mode="slow"))
    kubectl.say("apply -f -", manifest(mode="slow"))
    found = await admin.get(CONFIGMAPS, "settings", namespace)
    assert found["data"] == {"mode": "slow"}
    kubectl.say("label configmap settings tier=one")
    kubectl.say("label configmap settings tier=two")
    kubectl.say("label configmap settings tier=two --overwrite")
    kubectl.say("annotate configmap settings note=x")
    kubectl.say('patch configmap settings -p {"data":{"more":"1"}}')
    kubectl.say("get configmap settings -o jsonpath={.data}")
    kubectl.say("create secret generic key --from-literal=token=12345")
    kubectl.say("replace -f -", manifest(mode="new"))
    kubectl.say("delete configmap/settings secret/key")
    kubectl.compare("apply")


async def test_line_15_kubectl_rolls_out(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    body = deployment("web", replicas=2, spec=pod_spec())
    kubectl.say("apply -f -", json.dumps(body))
    assert "successfully rolled out" in kubectl.run("rollout", "status", "deployment/web").stdout
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    kubectl.say("get deployments,replicasets")
    kubectl.say("get pods")
    await told(admin, namespace, "Deployment", 1)
    kubectl.say("describe deployment web")
    kubectl.say("rollout restart deployment/web")
    status = kubectl.run("rollout", "status", "deployment/web").stdout
    assert status.endswith('deployment "web" successfully rolled out\n')
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    kubectl.say("rollout history deployment/web")
    kubectl.say("set image deployment/web main=agent:2")
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    kubectl.say("rollout undo deployment/web")
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    kubectl.say("scale deployment/web --replicas=1")
    await admin.until(DEPLOYMENTS, "web", namespace, settled(1))
    kubectl.say("get deployment web -o wide")
    kubectl.say("delete deployment web")
    kubectl.compare("rollout")


async def test_line_15_kubectl_starts_a_job(
    admin: Client, kubectl: Kubectl, namespace: str
) -> None:
    await admin.create(
        cronjob("nightly", annotations=script(exit_code=0, run_for_ms=300, log="done")), namespace
    )
    kubectl.say("create job by-hand --from=cronjob/nightly")
    kubectl.say("create job by-hand --from=cronjob/nightly")
    kubectl.say("wait --for=condition=complete job/by-hand --timeout=30s")
    await admin.until(CRONJOBS, "nightly", namespace, lambda one: bool(one and one["status"]))
    kubectl.say("get jobs")
    await told(admin, namespace, "Job", 2)
    kubectl.say("describe job by-hand")
    kubectl.say("logs job/by-hand")
    kubectl.say("get pods -l job-name=by-hand -o jsonpath={.items[*].status.phase}")
    kubectl.say("delete job by-hand")
    kubectl.compare("job")


async def test_line_14_kubectl_reads_logs(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    notes = script(log="one\ntwo\nthree")
    await admin.create(pod("p", annotations=notes), namespace)
    chatty = script(log="begins", log_every_ms=20)
    await admin.create(pod("chatty", annotations=chatty), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Running"))
    again = script(exit_code=1, run_for_ms=100, back_off_ms=50, previous_log="before")
    await admin.create(pod("again", annotations=again), namespace)
    await admin.until(PODS, "chatty", namespace, in_phase("Running"))
    await admin.until(PODS, "again", namespace, restarted)
    following = await kubectl.start("logs", "-f", "chatty", "--tail=1")
    assert following.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert (await following.stdout.readline()) == b"begins\n"
        assert (await following.stdout.readline()).startswith(b"line ")
        await admin.remove(PODS, namespace, "chatty")
        await following.stdout.read()
        assert await following.wait() == 0
    kubectl.say("logs p")
    kubectl.say("logs p --tail=1")
    kubectl.say("logs again --previous")
    kubectl.say("logs p --previous")
    kubectl.say("logs p --timestamps")
    kubectl.say("logs p --since=1h")
    kubectl.say("logs p -c other")
    kubectl.say("delete pod p")
    kubectl.compare("logs")


async def test_line_07_kubectl_deletes(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    await admin.create(bare_pod("lost"), namespace)
    kubectl.say("delete pod lost --wait=false")
    kubectl.say("get pods")
    kubectl.say("delete pod lost --force --grace-period=0")
    await admin.until(PODS, "lost", namespace, is_absent)
    for name in ("a", "b"):
        await admin.create(config(name, {"app": "x"}), namespace)
    kubectl.say("delete configmaps -l app=x")
    kubectl.say("delete configmaps -l app=x")
    kubectl.compare("delete")


async def test_line_13_kubectl_asks_what_it_may(
    server: Server, kubectl: Kubectl, namespace: str
) -> None:
    visitor = kubectl.visiting()
    for line in ("auth can-i list pods", "auth can-i create jobs.batch", "get pods"):
        kubectl.say(line)
        visitor.say(line)
    with server.granted(rule("list watch", "jobs", group="batch"), namespace=namespace):
        for line in (
            "auth can-i list jobs",
            "auth can-i list jobs.batch",
            "auth can-i delete jobs.batch",
            "auth can-i list jobs.batch --all-namespaces",
            "auth can-i get pods --subresource=log",
            "get jobs",
        ):
            visitor.say(line)
            kubectl.say(f"{line} --as={server.visitor}")
    said = [*kubectl.said, *visitor.said]
    kubectl.said = [line.replace(server.visitor, "VISITOR") for line in said]
    kubectl.compare("rights")


async def test_line_12_kubectl_watches(admin: Client, kubectl: Kubectl, namespace: str) -> None:
    await admin.create(bare_pod("one"), namespace)
    watching = await kubectl.start("get", "pods", "-w", "--no-headers")
    assert watching.stdout is not None
    rows = []

    async def row() -> None:
        assert watching.stdout is not None
        async with asyncio.timeout(PATIENCE):
            rows.append((await watching.stdout.readline()).decode().split()[:4])

    try:
        await row()
        running: Json = {"status": {"phase": "Running"}}
        await admin.patch(PODS, "one", running, namespace, subresource="status")
        await row()
        await admin.create(bare_pod("two"), namespace)
        await row()
        await admin.remove(PODS, namespace, "one")
        await row()
        await admin.remove(PODS, namespace, "two", gracePeriodSeconds="0")
        await row()
        await row()
    finally:
        watching.kill()
        await watching.wait()
    assert rows == [
        ["one", "0/1", "Pending", "0"],
        ["one", "0/1", "Running", "0"],
        ["two", "0/1", "Pending", "0"],
        ["one", "0/1", "Terminating", "0"],
        ["two", "0/1", "Terminating", "0"],
        ["two", "0/1", "Terminating", "0"],
    ]
    await admin.remove(PODS, namespace, "one", gracePeriodSeconds="0")


async def test_line_12_kubectl_finds_its_way(kubectl: Kubectl) -> None:
    listed = kubectl.run("api-resources", "--no-headers").stdout.splitlines()
    found = {" ".join(line.split()) for line in listed}
    assert found >= {
        "pods po v1 true Pod",
        "events ev v1 true Event",
        "cronjobs cj batch/v1 true CronJob",
        "jobs batch/v1 true Job",
        "deployments deploy apps/v1 true Deployment",
        "leases coordination.k8s.io/v1 true Lease",
        "nodes no v1 false Node",
    }
    version = json.loads(kubectl.run("version", "-o", "json").stdout)
    assert version["serverVersion"]["gitVersion"].startswith("v1.36.")
    assert "is running at https://127.0.0.1:" in kubectl.run("cluster-info").stdout
    whoami = kubectl.run("auth", "whoami", "-o", "json")
    assert "system:masters" in json.loads(whoami.stdout)["status"]["userInfo"]["groups"]
