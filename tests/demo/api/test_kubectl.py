"""kubectl against the simulated API server alone: discovery, rights, and writing from files."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from typing import TYPE_CHECKING, Protocol

import pytest

from app.demo.api.roles import DEMO, NOBODY, VIEWER
from tests.control_plane import build
from tests.control_plane.users import write_kubeconfig
from tests.demo.api.served import CERTIFICATE
from tests.requirements import require

if TYPE_CHECKING:
    from pathlib import Path

    from tests.demo.api.served import Served

pytestmark = pytest.mark.control_plane

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  a: "{}"
"""


class Kubectl(Protocol):
    async def __call__(self, line: str, *, user: str = DEMO, stdin: str = "") -> tuple[int, str]:
        """The exit code and what was said on both outputs."""


@pytest.fixture
def kubectl(simulated: Served, tmp_path: Path) -> Kubectl:
    require("control plane")
    authority = tmp_path / "ca.crt"
    authority.write_text(CERTIFICATE.authority)
    url = f"https://127.0.0.1:{simulated.door.port}"

    async def run(line: str, *, user: str = DEMO, stdin: str = "") -> tuple[int, str]:
        config = write_kubeconfig(tmp_path, url, authority, user, user, "default")
        done = await asyncio.to_thread(
            subprocess.run,
            [str(build.locate() / "kubectl"), *line.split()],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(tmp_path),
                "KUBECONFIG": str(config),
            },
        )
        return done.returncode, done.stdout

    return run


def rows(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in text.strip().splitlines()]


async def test_it_knows_what_is_served(kubectl: Kubectl) -> None:
    code, said = await kubectl("api-resources --sort-by=name --no-headers")
    assert code == 0
    found = {tuple(row) for row in rows(said)}
    assert ("pods", "po", "v1", "true", "Pod") in found
    assert ("cronjobs", "cj", "batch/v1", "true", "CronJob") in found
    assert ("selfsubjectreviews", "authentication.k8s.io/v1", "false", "SelfSubjectReview") in found
    code, said = await kubectl("version")
    assert code == 0
    assert "Server Version: v1.36.3+watchglass" in said
    assert await kubectl("get --raw /readyz") == (0, "ok")


async def test_it_tells_people_what_they_may(kubectl: Kubectl) -> None:
    code, said = await kubectl("auth can-i --list --no-headers", user=VIEWER)
    assert code == 0
    found = {row[0]: row[-1] for row in rows(said)}
    assert found["pods"] == "[list watch]"
    assert found["events"] == "[list watch]"
    assert found["cronjobs.batch"] == found["jobs.batch"] == "[list watch]"
    assert "secrets" not in found
    assert (await kubectl("auth can-i list pods", user=VIEWER)) == (0, "yes\n")
    assert (await kubectl("auth can-i get pods --subresource=log", user=VIEWER)) == (1, "no\n")
    assert (await kubectl("auth can-i * *")) == (0, "yes\n")
    assert (await kubectl("auth can-i list pods", user=NOBODY)) == (1, "no\n")
    assert (await kubectl("auth can-i get /version", user=NOBODY)) == (0, "yes\n")
    code, said = await kubectl("auth whoami", user=VIEWER)
    assert code == 0
    assert rows(said)[1:] == [["Username", "viewer"], ["Groups", "[system:authenticated]"]]


async def test_it_says_who_is_not_known(kubectl: Kubectl) -> None:
    code, said = await kubectl("get pods", user="stranger")
    assert code == 1
    assert "Unauthorized" in said or "must be logged in" in said
    code, said = await kubectl("get secrets", user=VIEWER)
    assert (code, said) == (
        1,
        (
            'Error from server (Forbidden): secrets is forbidden: User "viewer" cannot list '
            'resource "secrets" in API group "" in the namespace "default"\n'
        ),
    )


async def test_it_writes_from_files(kubectl: Kubectl) -> None:
    first, second = MANIFEST.format(1), MANIFEST.format(2)
    assert await kubectl("create -f -", stdin=first) == (0, "configmap/settings created\n")
    code, said = await kubectl("create -f -", stdin=first)
    assert code == 1
    assert "AlreadyExists" in said
    code, said = await kubectl("apply -f -", stdin=second)
    assert code == 0
    assert said.endswith("configmap/settings configured\n")
    code, said = await kubectl("get configmap settings -o jsonpath={.data.a}")
    assert (code, said) == (0, "2")
    code, said = await kubectl("apply --dry-run=server -f -", stdin=MANIFEST.format(3))
    assert (code, said) == (0, "configmap/settings configured (server dry run)\n")
    assert (await kubectl("get cm settings -o jsonpath={.data.a}")) == (0, "2")


async def test_it_explains_which_fields_there_are(kubectl: Kubectl) -> None:
    code, said = await kubectl("explain pods.spec.containers.ports")
    assert code == 0, said
    assert ["containerPort", "<integer>", "-required-"] in [
        line.split() for line in said.splitlines()
    ]


async def test_it_says_which_field_is_misspelt(kubectl: Kubectl) -> None:
    misspelt = MANIFEST.format(1).replace("\ndata:", "\ndta:")
    code, said = await kubectl("create -f -", stdin=misspelt)
    assert code == 1
    assert 'strict decoding error: unknown field "dta"' in said
    code, said = await kubectl("create --validate=warn -f -", stdin=misspelt)
    assert (code, said) == (0, 'Warning: unknown field "dta"\nconfigmap/settings created\n')
