"""Rights on a real API server: one file is enough, and the rule that is missing is the one said."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.control_plane.grants import rule
from tests.control_plane.objects import job, pod
from tests.control_plane.scripts import script
from tests.spine.house import House
from tests.spine.oracle import KINDS, fresh_list
from tests.spine.page import shows
from tests.spine.reader import reading

if TYPE_CHECKING:
    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.spine.oracle import Truth
    from tests.spine.page import Address
    from tests.stream.wire import Json

VIEW_FILE = Path(__file__).parents[2] / "deploy" / "rbac-view.yaml"

MISSING_CLUSTER_RULE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: watchglass-view-jobs
rules:
  - apiGroups: ["batch"]
    resources: ["jobs"]
    verbs: [list, watch]
"""


async def kubectl(
    cluster: ControlPlane, *words: str, namespace: str | None = None, stdin: str = ""
) -> None:
    """Run kubectl as the admin; it must succeed."""
    done = await asyncio.to_thread(cluster.kubectl, *words, namespace=namespace, stdin=stdin)
    assert done.returncode == 0, done.stderr


async def test_the_file_in_deploy_makes_every_source_live(
    admin: Api, control_plane: ControlPlane, namespace: str, truth: Truth
) -> None:
    """For the account that it binds, and that may do nothing else."""
    await kubectl(control_plane, "apply", "-f", str(VIEW_FILE), namespace=namespace)
    token = await admin.service_account_token("watchglass", namespace)
    config = control_plane.kubeconfig("watchglass", namespace, token=token)
    await admin.create(pod("one"), namespace)
    await admin.create(job("work", annotations=script(exit_code=3)), namespace)
    async with House(config, namespace) as house, reading(house) as readers:
        await readers.live()
        assert readers.pages[0].states().keys() == {f"{kind}/{namespace}" for kind in KINDS}
        await readers.converge(truth)
    may = "auth", "can-i", "--list", "--no-headers"
    told = await asyncio.to_thread(
        partial(control_plane.kubectl, *may, f"--as=system:serviceaccount:{namespace}:watchglass"),
        namespace=namespace,
    )
    verbs = {line.rpartition("[")[2].rstrip("] \n") for line in told.stdout.splitlines()}
    # What everybody may: ask about oneself, and read what is public.
    assert verbs == {"list watch", "create", "get"}, told.stdout


async def test_one_kind_forbidden_in_one_of_two_namespaces(
    admin: Api,
    control_plane: ControlPlane,
    namespace: str,
    other_namespace: str,
    watcher: RestrictedUser,
) -> None:
    """It says so at once, also to a page that comes later; all others are live and complete."""
    pods = await asyncio.to_thread(
        control_plane.grant, watcher.name, [rule("list watch", "pods events")], other_namespace
    )
    both = [namespace, other_namespace]
    for place in both:
        await admin.create(pod("one"), place)
        await admin.create(job("work", annotations=script(exit_code=0)), place)
    refused = {f"{kind}/{other_namespace}" for kind in ("cronjobs", "jobs")}
    async with House(watcher.kubeconfig, *both) as house, reading(house) as readers:
        await readers.until(
            lambda page: (
                len(page.states()) == 8
                and page.synced.keys() == set(page.topics)
                and all(page.synced.values())
                and all(
                    state == ("forbidden" if key in refused else "live")
                    for key, state in page.states().items()
                )
            )
        )

        async def allowed() -> dict[Address, Json]:
            found = await fresh_list(admin, both)
            return {
                (topic, key): value
                for (topic, key), value in found.items()
                if f"{topic}/{key.partition('/')[0]}" not in refused
            }

        await readers.converge(allowed)
        # A page of one namespace sees nothing of the other.
        async with reading(house, namespace=namespace) as narrow:
            await narrow.live()
            await narrow.converge(partial(fresh_list, admin, [namespace]))
    await asyncio.to_thread(pods.revoke)


async def test_all_namespaces_with_a_rule_that_is_missing(
    admin: Api, control_plane: ControlPlane, namespace: str, viewer: RestrictedUser
) -> None:
    """Then it is a ClusterRole; applied as it is and bound, it heals."""
    viewer.grant_everywhere(rule("list watch", "pods events"))
    viewer.grant_everywhere(rule("list watch", "cronjobs", group="batch"))
    await admin.create(job("work", annotations=script(exit_code=0)), namespace)
    truth = partial(fresh_list, admin, None)
    name = "watchglass-view-jobs"
    async with House(viewer.kubeconfig) as house, reading(house) as readers:
        try:
            await readers.until(shows("sources", "jobs/*", state="forbidden"))
            given = readers.pages[0].value("sources", "jobs/*")["missingRule"]
            assert given == MISSING_CLUSTER_RULE
            await kubectl(control_plane, "apply", "-f", "-", stdin=str(given))
            binding = f"--clusterrole={name}", f"--user={viewer.name}"
            await kubectl(control_plane, "create", "clusterrolebinding", name, *binding)
            await readers.live()
            await readers.converge(truth)
            assert readers.pages[0].states().keys() == {f"{kind}/*" for kind in KINDS}
            async with reading(house, namespace=namespace, topics="pods,jobs,sources") as narrow:
                await narrow.live()
                await narrow.until(shows("jobs", f"{namespace}/work", name="work"))
                assert {key.partition("/")[0] for _, key in narrow.pages[0].held(["jobs"])} == {
                    namespace
                }
        finally:
            both = "clusterrole,clusterrolebinding"
            await kubectl(control_plane, "delete", both, name, "--ignore-not-found")
