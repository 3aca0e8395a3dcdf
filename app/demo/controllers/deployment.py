"""Deployments: a ReplicaSet for each version of the pods, and the walk from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import DEPLOYMENTS, PODS, REPLICA_SETS, Json
from app.demo.controllers.reading import (
    Key,
    controller_of,
    deleting,
    difference,
    ended,
    key_of,
    owner_reference,
    uid_of,
)
from app.demo.controllers.rollout import (
    DESIRED,
    HASH_LABEL,
    MAXIMUM,
    NOT_COPIED,
    REVISION,
    allowances,
    complete,
    revision_of,
    same_template,
    scaled_down,
    scaled_up,
    size,
    tally,
    template_hash,
)
from app.demo.controllers.rollout_status import (
    PROGRESSING,
    deployment_status,
    progress_ends,
    set_condition,
)
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film

REACTION_SECONDS = 0.015
"""Longer than ReplicaSets take to make or delete pods and to count them again."""


class DeploymentController:
    """Keeps the ReplicaSets of each Deployment, one step of a rollout at a time."""

    def __init__(self, film: Film, client: Client, informer: Informer, recorder: Recorder) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._work = Work(film, "deployment", self._sync, REACTION_SECONDS)
        informer.listen(DEPLOYMENTS, self._on_deployment)
        informer.listen(REPLICA_SETS, self._on_replica_set)
        informer.listen(PODS, self._on_pod)

    def _on_deployment(self, before: Json | None, after: Json | None) -> None:
        if after is not None:
            self._work.add(key_of(after))

    def _on_replica_set(self, before: Json | None, after: Json | None) -> None:
        changed = after or before
        reference = None if changed is None else controller_of(changed)
        if changed is not None and reference is not None:
            self._work.add((key_of(changed)[0], reference["name"]))

    def _on_pod(self, before: Json | None, after: Json | None) -> None:
        """Recreate waits for the last old pod; every other step follows a ReplicaSet's count."""
        if after is None and before is not None:
            reference = controller_of(before)
            owner = None if reference is None else self._informer.find(reference["uid"])
            if owner is not None and owner[0] is REPLICA_SETS:
                self._on_replica_set(owner[1], None)

    def _sync(self, key: Key) -> None:
        deployment = self._informer.get(DEPLOYMENTS, key)
        if deployment is None:
            return
        sets = self._sets(deployment)
        new = next((one for one in sets if same_template(deployment, one)), None)
        old = [one for one in sets if one is not new]
        if deleting(deployment):
            self._report(deployment, new, old)
            return
        if deployment["spec"].get("paused"):
            self._scale(deployment, new, old)
        else:
            self._roll(deployment, new, old)
        # What was written is known by now: nobody waits for anything here.
        deployment = self._informer.get(DEPLOYMENTS, key)
        if deployment is not None:
            sets = self._sets(deployment)
            new = next((one for one in sets if same_template(deployment, one)), None)
            self._report(deployment, new, [one for one in sets if one is not new])

    def _sets(self, deployment: Json) -> list[Json]:
        found = self._informer.controlled(REPLICA_SETS, uid_of(deployment))
        return sorted(
            found, key=lambda one: (one["metadata"]["creationTimestamp"], revision_of(one))
        )

    # ---- steps

    def _roll(self, deployment: Json, new: Json | None, old: list[Json]) -> None:
        recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
        if recreate and self._empty(deployment, old):
            return
        revision = max((revision_of(one) for one in old), default=0) + 1
        if new is None:
            new = self._create(deployment, old, revision)
        else:
            new = self._annotate(deployment, new, max(revision, revision_of(new)))
        wanted = scaled_up(deployment, new, old)
        if wanted != size(new):
            self._resize(deployment, new, wanted)
        elif old:
            sizes = scaled_down(deployment, new, old)
            for one in old:
                if one["metadata"]["name"] in sizes:
                    self._resize(deployment, one, sizes[one["metadata"]["name"]])
        if complete(deployment, deployment.get("status") or {}):
            self._clean_up(deployment, old)

    def _empty(self, deployment: Json, old: list[Json]) -> bool:
        """Recreate: take the old pods away; True while some are left."""
        for one in old:
            if size(one):
                self._resize(deployment, one, 0)
        return any(
            not ended(pod) for one in old for pod in self._informer.controlled(PODS, uid_of(one))
        )

    def _scale(self, deployment: Json, new: Json | None, old: list[Json]) -> None:
        """A paused Deployment still has as many pods as it says, of the newest version there is."""
        newest = new or (old[-1] if old else None)
        if newest is not None and size(newest) != deployment["spec"]["replicas"]:
            self._resize(deployment, newest, deployment["spec"]["replicas"])

    def _create(self, deployment: Json, old: list[Json], revision: int) -> Json:
        namespace, name = key_of(deployment)
        spec = deployment["spec"]
        hashed = template_hash(spec["template"])
        template = spec["template"]
        metadata = dict(template["metadata"])
        metadata["labels"] = {**(metadata.get("labels") or {}), HASH_LABEL: hashed}
        selector = dict(spec["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: hashed}
        made: Json = {
            "apiVersion": REPLICA_SETS.api_version,
            "kind": REPLICA_SETS.kind,
            "metadata": {
                "name": f"{name}-{hashed}",
                "namespace": namespace,
                "labels": metadata["labels"],
                "annotations": {**_copied(deployment), REVISION: str(revision)},
                "ownerReferences": [owner_reference(DEPLOYMENTS, deployment)],
            },
            "spec": {
                "replicas": 0,
                "selector": selector,
                "template": {**template, "metadata": metadata},
            },
        }
        if spec.get("minReadySeconds"):
            made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        made["metadata"]["annotations"] |= _sizes(deployment)
        count = scaled_up(deployment, made, old)
        made["spec"]["replicas"] = count
        created: Json = self._client.create(REPLICA_SETS, made)
        if count:
            message = f"Scaled up replica set {name}-{hashed} from 0 to {count}"
            self._recorder.normal(deployment, "ScalingReplicaSet", message)
        if spec.get("progressDeadlineSeconds") is not None:
            before = deployment.get("status") or {}
            status = {**before, "conditions": list(before.get("conditions") or ())}
            text = f'Created new replica set "{name}-{hashed}"'
            told = ("True", "NewReplicaSetCreated", text)
            set_condition(status, PROGRESSING, *told, now=self._film.now())
            self._write(deployment, status)
        self._number(deployment, revision)
        return created

    def _annotate(self, deployment: Json, new: Json, revision: int) -> Json:
        found = new["metadata"].get("annotations") or {}
        wanted = {**found, **_copied(deployment), **_sizes(deployment), REVISION: str(revision)}
        self._number(deployment, revision)
        if wanted == found:
            return new
        change = {"metadata": {"annotations": wanted}}
        written: Json = self._client.patch(REPLICA_SETS, *key_of(new), change)
        return written

    def _number(self, deployment: Json, revision: int) -> None:
        """Write the revision that is rolled out on the Deployment too.

        With its status: by itself an annotation would be another generation of the Deployment.
        """
        if revision_of(deployment) != revision:
            change = {"metadata": {"annotations": {REVISION: str(revision)}}}
            self._client.patch_status(DEPLOYMENTS, *key_of(deployment), change)

    def _resize(self, deployment: Json, replica_set: Json, count: int) -> None:
        before = size(replica_set)
        change = {
            "metadata": {"annotations": _sizes(deployment)},
            "spec": {"replicas": count},
        }
        self._client.patch(REPLICA_SETS, *key_of(replica_set), change)
        way = "up" if count > before else "down"
        name = replica_set["metadata"]["name"]
        message = f"Scaled {way} replica set {name} from {before} to {count}"
        self._recorder.normal(deployment, "ScalingReplicaSet", message)

    def _clean_up(self, deployment: Json, old: list[Json]) -> None:
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [one for one in old if not size(one) and not tally([one], "replicas")]
        for one in sorted(idle, key=revision_of)[: max(0, len(old) - limit)]:
            self._client.delete(REPLICA_SETS, *key_of(one), uid=uid_of(one))

    def _report(self, deployment: Json, new: Json | None, old: list[Json]) -> None:
        self._write(deployment, deployment_status(deployment, new, old, self._film.now()))
        ends = progress_ends(deployment, deployment.get("status") or {})
        if ends is not None and ends > self._film.now():
            self._work.add_at(key_of(deployment), ends)

    def _write(self, deployment: Json, status: Json) -> None:
        before = deployment.get("status") or {}
        if status != before:
            change = {"status": difference(before, status)}
            self._client.patch_status(DEPLOYMENTS, *key_of(deployment), change)


def _copied(deployment: Json) -> dict[str, str]:
    """The annotations that a ReplicaSet takes over."""
    found = deployment["metadata"].get("annotations") or {}
    return {key: value for key, value in found.items() if key not in NOT_COPIED}


def _sizes(deployment: Json) -> dict[str, str]:
    wanted = deployment["spec"]["replicas"]
    return {DESIRED: str(wanted), MAXIMUM: str(wanted + allowances(deployment)[0])}
