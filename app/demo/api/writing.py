"""Verbs that change something: create, update, patch, delete, and two that only pods know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.bodies import decoded, mapping
from app.demo.api.calls import Answer, answered, encoded
from app.demo.api.checks import check_name, check_namespace, check_uid, check_version
from app.demo.api.deletion import Options, delete, options_of, understood
from app.demo.api.lists import page
from app.demo.api.negotiation import WHOLE, form_of
from app.demo.api.notation import Malformed
from app.demo.api.objects import change, create, save, settled
from app.demo.api.options import list_options
from app.demo.api.patches import TYPES, apply
from app.demo.api.problems import Problem, shown
from app.demo.api.reading import found
from app.demo.api.shapes import shaped
from app.demo.api.status_objects import failure
from app.demo.api.statuses import (
    Refused,
    bad_request,
    causes,
    conflict,
    conflict_on,
    unsupported_patch,
)
from app.demo.api.write_options import Complaints, is_dry

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.demo.api.calls import Call
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.negotiation import Form
    from app.demo.api.ports import Identities
    from app.demo.api.render import Renderer
    from app.demo.api.rules import User
    from app.demo.api.store import Store, Stored

ORPHANED = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background "
    "to remove them or set propagationPolicy=Orphan to suppress this warning"
)


class Writing:
    """Changes to the store, each whole or not at all."""

    def __init__(
        self,
        store: Store,
        renderer: Renderer,
        clock: Clock,
        identities_of: Callable[[User], Identities],
    ) -> None:
        self._store = store
        self._renderer = renderer
        self._clock = clock
        self._identities_of = identities_of

    def create(self, call: Call, user: User, kind: Kind, namespace: str) -> Answer:
        """A new object."""
        form, dry = form_of(call), is_dry(call, "CreateOptions")
        complaints = Complaints(call)
        value = decoded(kind, call.body, call.headers.get("content-type", ""), complaints)
        with complaints.told():
            made = create(
                self._store,
                kind,
                namespace,
                value,
                self._identities_of(user),
                self._clock.now(),
                dry=dry,
            )
        return self._written(kind, made, form, complaints, 201, dry=dry)

    def replace(
        self, call: Call, kind: Kind, namespace: str, name: str, *, status: bool = False
    ) -> Answer:
        """Another object in the place of one."""
        form, dry = form_of(call), is_dry(call, "UpdateOptions")
        complaints = Complaints(call)
        value = decoded(kind, call.body, call.headers.get("content-type", ""), complaints)
        metadata = value.setdefault("metadata", {})
        with complaints.told():
            check_name(name, metadata)
            check_namespace(kind, namespace, metadata)
            before = found(self._store, kind, namespace, name)
            check_uid(kind, namespace, name, metadata, before.value()["metadata"])
            made = change(self._store, before, value, status=status, dry=dry)
        return self._written(kind, made, form, complaints, dry=dry)

    def patch(
        self, call: Call, kind: Kind, namespace: str, name: str, *, status: bool = False
    ) -> Answer:
        """An object with some of it changed."""
        form, dry = form_of(call), is_dry(call, "PatchOptions")
        content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in TYPES:
            raise unsupported_patch()
        before = found(self._store, kind, namespace, name)
        complaints = Complaints(call)
        patched = apply(content_type, call.body, before.value(), complaints)
        value = self._reshaped(kind, patched, complaints)
        metadata = value.setdefault("metadata", {})
        if not metadata.get("resourceVersion"):
            metadata.pop("resourceVersion", None)
        with complaints.told():
            check_name(name, metadata)
            check_namespace(kind, namespace, metadata)
            made = change(self._store, before, value, status=status, dry=dry)
        return self._written(kind, made, form, complaints, dry=dry)

    def delete(self, call: Call, kind: Kind, namespace: str, name: str) -> Answer:
        """An object no more, or soon."""
        form = form_of(call)
        options = options_of(call, is_dry(call, "DeleteOptions"))
        before = found(self._store, kind, namespace, name)
        left = delete(self._store, before, options, self._clock.now())
        answer = self._renderer.answer_object(kind, left, form)
        if kind is kinds.JOBS and options.policy is None:
            answer.warnings = (ORPHANED,)
        return answer

    def delete_collection(self, call: Call, kind: Kind, namespace: str) -> Answer:
        """All objects that are chosen; the answer has them as they were."""
        form = form_of(call)
        chosen = list_options(kind, call, watch=False)
        options = options_of(call, is_dry(call, "DeleteOptions"))
        leaving = page(self._store, kind, namespace or None, chosen)
        for stored in leaving.items:
            # A listener may have deleted one already because another was.
            if self._store.get(kind, *stored.key) is stored:
                delete(self._store, stored, options, self._clock.now())
        return self._renderer.answer_page(leaving, form)

    def _written(
        self,
        kind: Kind,
        made: Json,
        form: Form,
        complaints: Complaints,
        code: int = 200,
        *,
        dry: bool,
    ) -> Answer:
        """What was made of an object: the bytes that the store has made, if it is still that."""
        metadata = made["metadata"]
        if form == WHOLE and not dry:
            stored = self._store.get(kind, metadata.get("namespace", ""), metadata["name"])
            if stored is not None and str(stored.revision) == metadata["resourceVersion"]:
                return Answer(code, stored.whole, warnings=complaints.warnings())
        answer = self._renderer.answer_object(kind, made, form, code)
        answer.warnings = complaints.warnings()
        return answer

    # ---- namespaces

    def finalize(self, call: Call, name: str) -> Answer:
        """Whoever empties a namespace says that it is done."""
        dry = is_dry(call, "UpdateOptions")
        asked = decoded(
            kinds.NAMESPACES, call.body, call.headers.get("content-type", ""), Complaints(call)
        )
        before = found(self._store, kinds.NAMESPACES, "", name)
        old = before.value()
        metadata = asked.setdefault("metadata", {})
        check_name(name, metadata)
        check_version(kinds.NAMESPACES, name, metadata, old["metadata"])
        spec = {**old.get("spec", {}), "finalizers": asked.get("spec", {}).get("finalizers", [])}
        if not spec["finalizers"]:
            del spec["finalizers"]
        value = settled(kinds.NAMESPACES, {**before.value(), "spec": spec})
        if "deletionTimestamp" in old["metadata"] and not spec and not dry:
            self._store.remove(kinds.NAMESPACES, value)
        else:
            save(self._store, before, old, value, dry=dry)
        return answered(value)

    # ---- pods

    def bind(self, call: Call, namespace: str, name: str) -> Answer:
        """Give a pod to a node: the scheduler's one act."""
        dry = is_dry(call, "CreateOptions")
        asked = self._about(call, "Binding", name)
        node = _text(asked, "target", "name")
        if not node:
            raise Refused(500, failure(500, "", "target.name: Required value"))
        before = found(self._store, kinds.PODS, namespace, name)
        old, value = before.value(), before.value()
        check_uid(kinds.PODS, namespace, name, asked.get("metadata") or {}, old["metadata"])
        taken = old["spec"].get("nodeName")
        if "deletionTimestamp" in old["metadata"]:
            raise conflict(
                kinds.PODS, name, f"pod {name} is being deleted, cannot be assigned to a host"
            )
        if taken:
            raise conflict_on(
                "pods/binding", name, f'pod {name} is already assigned to node "{taken}"'
            )
        value["spec"]["nodeName"] = node
        conditions = value["status"].setdefault("conditions", [])
        if not any(one.get("type") == "PodScheduled" for one in conditions):
            conditions.append(
                {
                    "type": "PodScheduled",
                    "status": "True",
                    "lastProbeTime": None,
                    "lastTransitionTime": self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            )
        save(self._store, before, old, value, dry=dry)
        return answered(DONE, 201)

    def evict(self, call: Call, namespace: str, name: str) -> Answer:
        """Delete a pod as a guest asks for it; nothing here has a budget that would object."""
        asked = self._about(call, "Eviction", name)
        given = asked.get("deleteOptions") or {}
        if not isinstance(given, dict):
            raise bad_request("json: cannot unmarshal value into DeleteOptions")
        dry = is_dry(call, "CreateOptions") or given.get("dryRun") == ["All"]
        options: Options = understood(given, dry=dry)
        before: Stored = found(self._store, kinds.PODS, namespace, name)
        delete(self._store, before, options, self._clock.now())
        return answered(DONE, 201)

    def _about(self, call: Call, what: str, name: str) -> Json:
        asked = mapping(what, call.body, call.headers.get("content-type", ""))
        if _text(asked, "metadata", "name") not in ("", name):
            raise bad_request(f"name in URL does not match name in {what} object")
        return asked

    def _reshaped(self, kind: Kind, patched: Json, complaints: Complaints) -> Json:
        given = (patched.get("apiVersion"), patched.get("kind"))
        try:
            if given != (kind.api_version, kind.kind):
                raise Malformed(
                    f'no kind "{given[1]}" is registered for version "{given[0]}" in scheme '
                    '"pkg/runtime/scheme.go:111"'
                )
            made = shaped(kind, patched, complaints)
            # A patched object has its fields in order.
            complaints.sort()
            complaints.insist()
            return made
        except Malformed as error:
            text = f"Invalid value: {shown(encoded(patched).decode())}: {error}"
            problem = Problem("patch", "FieldValueInvalid", text)
            raise Refused(
                422,
                failure(
                    422,
                    "Invalid",
                    f' "" is invalid: patch: {text}',
                    {"causes": causes([problem])},
                ),
            ) from error


DONE: Json = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Success",
    "code": 201,
}


def _text(value: Json, *path: str) -> str:
    node: object = value
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, str) else ""
