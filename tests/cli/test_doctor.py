"""`watchglass doctor` with scripted API servers: each thing that may be wrong, and its line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from aiohttp import web

from app.cli import main
from app.cli.report import RULES, Report
from app.cluster.binding import missing_binding
from tests.cli.commands import NOWHERE, watchglass, write_kubeconfig
from tests.cli.scripted_cluster import TOKEN, USER, ScriptedCluster

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"pods": "", "cronjobs": "batch", "jobs": "batch", "events": ""}


def documents(out: str) -> list[dict[str, Any]]:
    """The YAML at the end of the output."""
    text = out.partition(RULES)[2].rpartition("\n")[0].rpartition("\n")[0]
    return list(yaml.safe_load_all(text))


async def doctor(
    capsys: pytest.CaptureFixture[str], cluster: ScriptedCluster, tmp_path: Path, *flags: str
) -> tuple[int, list[str], str]:
    """Exit code, lines of checks, and the whole output; in a thread, as it runs its own loop."""
    file = write_kubeconfig(tmp_path / "kubeconfig", cluster.url)
    code = await asyncio.to_thread(main, ["doctor", "--kubeconfig", str(file), *flags])
    told = capsys.readouterr()
    assert told.err == ""
    assert TOKEN not in told.out
    checks = [line for line in told.out.splitlines() if line.startswith(("ok ", "FAIL "))]
    return code, checks, told.out


async def test_all_is_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async with ScriptedCluster().running() as cluster:
        code, checks, out = await doctor(capsys, cluster, tmp_path)
    assert code == 0
    place = f"--kubeconfig {tmp_path / 'kubeconfig'}, context lab, server {cluster.url}"
    assert checks == [
        f"ok    configuration  {place}, namespaces agents",
        f"ok    reachability   Kubernetes v1.36.3, as {USER}",
        *(f"ok    rights         may list and watch {kind} in agents" for kind in KINDS),
    ]
    assert out.endswith("\nall is well\n")
    assert RULES not in out


async def test_every_namespace_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async with ScriptedCluster().running() as cluster:
        code, checks, _ = await doctor(capsys, cluster, tmp_path, "-n", "a,b")
        assert code == 0
        assert cluster.reviewed == 2 * 4 * 2
        assert len(checks) == 2 + 2 * 4
        code, checks, _ = await doctor(capsys, cluster, tmp_path, "-A")
        assert "server " + cluster.url + ", all namespaces" in checks[0]
        assert checks[-1] == "ok    rights         may list and watch events in all namespaces"


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        ({("watch", "jobs")}, "may not watch jobs in agents"),
        ({("list", "jobs")}, "may not list jobs in agents"),
        ({("list", "jobs"), ("watch", "jobs")}, "may not list or watch jobs in agents"),
    ],
)
async def test_a_missing_right_comes_with_the_rule_and_its_binding(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    denied: set[tuple[str, str]],
    words: str,
) -> None:
    cluster = ScriptedCluster()
    cluster.denied = denied
    async with cluster.running():
        code, checks, out = await doctor(capsys, cluster, tmp_path)
    assert code == 1
    assert [line for line in checks if line.startswith("FAIL")] == [f"FAIL  rights         {words}"]
    role, binding = documents(out)
    assert role["kind"] == "Role"
    assert role["metadata"]["namespace"] == "agents"
    assert role["rules"] == [
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list", "watch"]}
    ]
    assert binding["kind"] == "RoleBinding"
    assert binding["metadata"] == role["metadata"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "watchglass", "namespace": "agents"}
    ]
    assert out.endswith("\n1 of 6 checks failed\n")


async def test_nothing_allowed_anywhere_is_one_rule_for_each_kind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cluster = ScriptedCluster()
    cluster.denied = {(verb, kind) for verb in ("list", "watch") for kind in KINDS}
    cluster.user = "jane@example.org"
    async with cluster.running():
        code, _, out = await doctor(capsys, cluster, tmp_path, "--all-namespaces")
    assert code == 1
    found = documents(out)
    assert [document["kind"] for document in found] == ["ClusterRole", "ClusterRoleBinding"] * 4
    assert {
        d["rules"][0]["resources"][0]: d["rules"][0]["apiGroups"][0] for d in found[::2]
    } == KINDS
    assert all("namespace" not in document["metadata"] for document in found)
    assert found[1]["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane@example.org"}
    ]


async def test_an_api_server_that_does_not_say_who_we_are_gets_a_rule_without_binding(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cluster = ScriptedCluster()
    cluster.denied = {("watch", "pods")}
    cluster.user = None
    async with cluster.running():
        code, checks, out = await doctor(capsys, cluster, tmp_path)
    assert code == 1
    assert checks[1] == "ok    reachability   Kubernetes v1.36.3"
    assert [document["kind"] for document in documents(out)] == ["Role"]


async def test_an_answer_that_is_neither_yes_nor_no_is_not_well(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cluster = ScriptedCluster()
    cluster.undecided = {("list", "pods")}
    async with cluster.running():
        code, checks, out = await doctor(capsys, cluster, tmp_path)
    assert code == 1
    assert (
        "FAIL  rights         the API server cannot tell whether we may list pods in agents"
        in checks
    )
    assert RULES not in out


async def test_a_namespace_that_is_not_there_is_told_and_not_asked_about(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cluster = ScriptedCluster()
    cluster.namespaces = {"agents"}
    async with cluster.running():
        code, checks, _ = await doctor(capsys, cluster, tmp_path, "-n", "agents", "-n", "agnets")
    assert code == 1
    assert cluster.reviewed == 8
    assert "FAIL  namespace      there is no namespace agnets" in checks


@pytest.mark.parametrize(
    ("path", "answer", "line"),
    [
        ("/version", (401, "no"), "FAIL  reachability   The API server does not accept our cred"),
        ("/version", (503, "no"), "FAIL  reachability   "),
        ("/version", (302, "no"), "FAIL  reachability   The API server redirects (302)"),
        ("/version", (200, "<html>"), "ok    reachability   Kubernetes of an unknown version, as"),
        (
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            (500, "no"),
            "FAIL  rights         cannot be asked for: ",
        ),
        (
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            (200, "[]"),
            "FAIL  rights         cannot be asked for: The access review cannot be read.",
        ),
        (
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            (200, "[]"),
            "ok    reachability   Kubernetes v1.36.3",
        ),
    ],
)
async def test_answers_that_are_no_answers_are_lines(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    path: str,
    answer: tuple[int, str],
    line: str,
) -> None:
    cluster = ScriptedCluster()
    cluster.broken[path] = web.Response(status=answer[0], text=answer[1])
    async with cluster.running():
        code, checks, _ = await doctor(capsys, cluster, tmp_path)
    assert any(check.startswith(line) for check in checks), checks
    assert code == (1 if line.startswith("FAIL") else 0)


def test_an_api_server_that_is_not_there(tmp_path: Path) -> None:
    """As a process: three lines, exit code 1, nothing on standard error."""
    file = write_kubeconfig(tmp_path / "kubeconfig")
    result = watchglass("doctor", "--kubeconfig", str(file), code=1)
    configuration, reachability, end = result.stdout.splitlines()
    assert configuration.startswith(f"ok    configuration  --kubeconfig {file}, context lab, ")
    assert reachability.startswith("FAIL  reachability   The API server cannot be reached.")
    assert end == "1 of 2 checks failed"
    assert result.stderr == ""
    assert NOWHERE in configuration


def test_no_configuration_is_a_finding_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["doctor", "--kubeconfig", str(tmp_path / "missing")]) == 1
    first, end = capsys.readouterr().out.splitlines()
    assert first.startswith("FAIL  configuration  ")
    assert end == "1 of 1 checks failed"


def test_libraries_have_no_say(tmp_path: Path) -> None:
    """kubernetes_asyncio warns of a missing file by itself; as a process, nobody else is quiet."""
    result = watchglass("doctor", "--kubeconfig", str(tmp_path / "missing"), code=1)
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 2


def test_a_sentence_can_neither_steer_a_terminal_nor_carry_a_token(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = Report()
    report.bad("reachability", "plugin said \x1b[2J Authorization: Bearer abcdefghijkl\nok all")
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "abcdefghijkl" not in told
    assert told.count("\n") == 1
    assert not report.end()


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("system:serviceaccount:a:b", {"kind": "ServiceAccount", "name": "b", "namespace": "a"}),
        ("system:serviceaccount:a", {"kind": "User", "name": "system:serviceaccount:a"}),
        ('o"d: d', {"kind": "User", "name": 'o"d: d'}),
    ],
)
def test_a_binding_names_who_we_are(user: str, subject: dict[str, str]) -> None:
    binding = yaml.safe_load(missing_binding("pods", "a", user))
    (found,) = binding["subjects"]
    assert {key: found[key] for key in subject} == subject
    assert set(found) - set(subject) <= {"apiGroup"}
