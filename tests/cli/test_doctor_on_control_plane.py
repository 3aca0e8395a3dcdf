"""Doctor's rule is the one that is missing: applied as it was printed, it mends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from app.cli.report import RULES
from tests.cli.commands import watchglass
from tests.control_plane.grants import Grant, rule

if TYPE_CHECKING:
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser


def test_the_printed_rule_is_what_is_missing_and_applying_it_mends(
    control_plane: ControlPlane, namespace: str, viewer: RestrictedUser
) -> None:
    viewer.grant(rule("list watch", "pods events"))
    viewer.grant(rule("list watch", "cronjobs", group="batch"))
    viewer.grant(rule("list", "jobs", group="batch"))
    command = ("doctor", "--kubeconfig", str(viewer.kubeconfig))

    out = watchglass(*command, code=1).stdout
    assert f", as {viewer.name}\n" in out
    assert f"FAIL  rights         may not watch jobs in {namespace}\n" in out
    assert out.count("FAIL") == 1
    assert viewer.token not in out
    printed = out.partition(RULES)[2].rpartition("\n1 of ")[0]
    role, binding = yaml.safe_load_all(printed)
    assert role["rules"] == [
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list", "watch"]}
    ]

    applied = control_plane.kubectl("apply", "-f", "-", stdin=printed)
    assert applied.returncode == 0, applied.stderr
    probe = {"verb": "watch", "group": "batch", "resource": "jobs", "namespace": namespace}
    name = binding["metadata"]["name"]
    Grant(control_plane.door, name, viewer.name, namespace, probe).await_effect(
        lambda allowed, _: allowed
    )
    assert watchglass(*command).stdout.endswith("\nall is well\n")
