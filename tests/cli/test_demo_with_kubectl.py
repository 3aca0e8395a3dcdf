"""What the demo says can be tried, tried as it is said; and kubectl sees what the page shows."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands import PATIENCE, Demo, environment
from tests.control_plane import build
from tests.demo.process.living import await_truth
from tests.requirements import require

if TYPE_CHECKING:
    from collections.abc import Iterator

RESTARTED = re.compile(r" \([^)]*ago\)")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    require("control plane")
    with Demo(tmp_path_factory.mktemp("demo"), "--scenario=busy") as running:
        yield running


def run(*words: str) -> str:
    """The standard output of a command; `kubectl` is the one of the control plane."""
    assert words[0] == "kubectl"
    done = subprocess.run(
        [str(build.locate() / "kubectl"), *words[1:]],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(demo: Demo) -> set[tuple[str, ...]]:
    """The cells of the page: place, name, ready, status, restarts."""
    with urllib.request.urlopen(f"{demo.url}api/pods?pageSize=100", timeout=PATIENCE) as answer:
        pods = json.loads(answer.read())["data"]
    return {
        (
            pod["namespace"],
            pod["name"],
            f"{pod['readyContainers']}/{pod['totalContainers']}",
            pod["reason"],
            str(pod["restartCount"]),
        )
        for pod in pods
    }


def printed(demo: Demo) -> set[tuple[str, ...]]:
    """The same cells as kubectl prints them."""
    out = run("kubectl", f"--kubeconfig={demo.kubeconfig}", "get", "pods", "-A", "--no-headers")
    return {tuple(RESTARTED.sub("", line).split()[:5]) for line in out.splitlines()}


def test_the_cells_of_kubectl_are_those_of_the_page(demo: Demo) -> None:
    """The film goes on between two questions, so they are asked until nothing has happened."""

    def agree() -> bool:
        before, theirs, after = shown(demo), printed(demo), shown(demo)
        return len(theirs) > 40 and before == theirs == after

    await_truth(agree, "kubectl and the page agree")


def test_what_is_said_to_be_tried_works_as_it_is_said(demo: Demo) -> None:
    watch, create, follow = (shlex.split(hint) for hint in demo.hints if "kubectl --" in hint)
    assert watch[-1] == "--watch"
    assert "NAME" in run(*watch[:-1])
    assert run(*create) == "job.batch/by-hand created\n"

    def on_the_page() -> bool:
        return any(name.startswith("by-hand-") for _, name, *_ in shown(demo))

    await_truth(on_the_page, "the page shows the pod of the Job")
    # It follows to the end: the Job is short.
    run(
        "kubectl",
        f"--kubeconfig={demo.kubeconfig}",
        *"wait job/by-hand --timeout=50s".split(),
        "--for=condition=Complete",
    )
    assert run(*follow).count("\n") > 2
