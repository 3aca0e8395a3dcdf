"""The rules of each kind: what people who write objects are told when they break one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.metadata_rules import labels_problems, metadata_change_problems, metadata_problems
from app.demo.api.pod_rules import pod_spec_problems
from app.demo.api.problems import (
    Problem,
    Problems,
    duplicate,
    immutable,
    not_allowed,
    required,
    unsupported,
    wrong,
)
from app.demo.api.schedule_rules import schedule_problems, time_zone_problems
from app.demo.api.secret_rules import config_map, config_map_change, secret, secret_change
from app.demo.api.statuses import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.demo.api.kinds import Json, Kind

LONGEST_CRONJOB_NAME = 52  # its Jobs' names end in a dash and ten digits
NOT_NEGATIVE = "must be greater than or equal to 0"


def validate(kind: Kind, value: Json) -> None:
    """Check a new object, or a changed one.

    Raises:
        Refused: 422, with all that is wrong.
    """
    found = [*metadata_problems(kind, value["metadata"]), *RULES.get(kind, _nothing)(value)]
    if found:
        raise invalid(kind, value["metadata"].get("name", ""), found)


def validate_change(kind: Kind, before: Json, value: Json) -> None:
    """Check what may become of an object that is there.

    Raises:
        Refused: 422, with all that is wrong.
    """
    found = [
        *metadata_change_problems(before["metadata"], value["metadata"]),
        *CHANGES.get(kind, _no_change)(before, value),
    ]
    if found:
        raise invalid(kind, value["metadata"]["name"], found)
    validate(kind, value)


def validate_identity(kind: Kind, before: Json, value: Json) -> None:
    """Check that a change is one of the same object: all that a change of its status is asked.

    Raises:
        Refused: 422.
    """
    found = [*metadata_change_problems(before["metadata"], value["metadata"])]
    if found:
        raise invalid(kind, value["metadata"]["name"], found)


def _nothing(_value: Json) -> Problems:
    yield from ()


def _no_change(_before: Json, _value: Json) -> Problems:
    yield from ()


# ---- what runs


def _pod(value: Json) -> Problems:
    yield from pod_spec_problems(value["spec"], "spec")


def _replicated(value: Json) -> Problems:
    spec = value["spec"]
    yield from not_negative(spec, ("replicas", "minReadySeconds"), "spec")
    yield from not_negative(spec, ("revisionHistoryLimit", "progressDeadlineSeconds"), "spec")
    labels = spec["template"]["metadata"].get("labels")
    selector = spec.get("selector", {})
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield required("spec.selector")
        yield _unselected(labels)
    elif not (labels or {}).items() >= selector.get("matchLabels", {}).items():
        yield _unselected(labels)
    yield from labels_problems(labels or {}, "spec.template.labels")
    yield from pod_spec_problems(spec["template"]["spec"], "spec.template.spec", ("Always",))


def _unselected(labels: Json | None) -> Problem:
    return wrong(
        "spec.template.metadata.labels", labels, "`selector` does not match template `labels`"
    )


def _deployment(value: Json) -> Problems:
    yield from _replicated(value)
    strategy = value["spec"]["strategy"]["type"]
    if strategy not in ("Recreate", "RollingUpdate"):
        yield unsupported("spec.strategy", strategy, ("Recreate", "RollingUpdate"))


def _job(value: Json) -> Problems:
    yield from _job_spec(value["spec"], "spec")


def _job_spec(spec: Json, field: str) -> Problems:
    numbers = (
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    )
    yield from not_negative(spec, numbers, field)
    template = spec["template"]
    yield from labels_problems(template["metadata"].get("labels", {}), f"{field}.template.labels")
    yield from pod_spec_problems(template["spec"], f"{field}.template.spec", ("OnFailure", "Never"))


def _cronjob(value: Json) -> Problems:
    name = value["metadata"].get("name", "")
    if len(name) > LONGEST_CRONJOB_NAME:
        yield wrong(
            "metadata.name", name, f"must be no more than {LONGEST_CRONJOB_NAME} characters"
        )
    spec = value["spec"]
    schedule = spec.get("schedule", "")
    if not schedule:
        yield required("spec.schedule")
    else:
        yield from schedule_problems(schedule)
    yield from not_negative(spec, ("startingDeadlineSeconds",), "spec")
    if "timeZone" in spec:
        yield from time_zone_problems(spec["timeZone"])
    if spec["concurrencyPolicy"] not in ("Allow", "Forbid", "Replace"):
        yield unsupported(
            "spec.concurrencyPolicy", spec["concurrencyPolicy"], ("Allow", "Forbid", "Replace")
        )
    yield from _job_spec(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")
    yield from not_negative(spec, ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"), "spec")


def not_negative(spec: Json, names: Iterable[str], field: str) -> Problems:
    """Numbers that cannot be below nothing."""
    for name in names:
        if spec.get(name, 0) < 0:
            yield wrong(f"{field}.{name}", spec[name], NOT_NEGATIVE)


def _pod_change(before: Json, value: Json) -> Problems:
    if _fixed(before["spec"]) != _fixed(value["spec"]):
        yield not_allowed(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
            "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to "
            "be set to 1 if it was previously negative)",
        )


def _fixed(spec: Json) -> Json:
    """A pod's spec without what may change."""
    found = {
        name: part
        for name, part in spec.items()
        if name not in ("activeDeadlineSeconds", "tolerations")
    }
    for name in ("containers", "initContainers"):
        if name in found:
            found[name] = [{**container, "image": ""} for container in found[name]]
    return found


def _selector_change(before: Json, value: Json) -> Problems:
    if value["spec"].get("selector") != before["spec"].get("selector"):
        yield immutable("spec.selector", value["spec"].get("selector"))


def _job_change(before: Json, value: Json) -> Problems:
    yield from _selector_change(before, value)
    old, new = before["spec"], value["spec"]
    # A Job that has not begun may still be told where to run.
    waiting = old.get("suspend") and "startTime" not in before.get("status", {})
    if new["template"] != old["template"] and not waiting:
        yield immutable("spec.template", new["template"])
    for name in ("completions", "completionMode", "podReplacementPolicy"):
        if new.get(name) != old.get(name):
            yield immutable(f"spec.{name}", new.get(name))


# ---- the rest


def _event(value: Json) -> Problems:
    about = value["involvedObject"].get("namespace", "")
    place = value["metadata"].get("namespace", "")
    if about != place and (about or place != "default"):
        yield wrong("involvedObject.namespace", about, "does not match event.namespace")


def _lease(value: Json) -> Problems:
    seconds = value["spec"].get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        yield wrong("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    transitions = value["spec"].get("leaseTransitions", 0)
    if transitions < 0:
        yield wrong("spec.leaseTransitions", transitions, NOT_NEGATIVE)


def _service(value: Json) -> Problems:
    if not value["spec"].get("ports") and value["spec"].get("clusterIP") != "None":
        yield required("spec.ports")
    names: set[str] = set()
    for index, port in enumerate(value["spec"].get("ports", [])):
        name = port.get("name", "")
        if name in names:
            yield duplicate(f"spec.ports[{index}].name", name)
        names.add(name)
        for field in ("port", "targetPort"):
            number = port.get(field, port.get("port", 0))
            if isinstance(number, int) and not 0 < number < 65_536:
                yield wrong(
                    f"spec.ports[{index}].{field}", number, "must be between 1 and 65535, inclusive"
                )


RULES: Mapping[Kind, Callable[[Json], Problems]] = {
    kinds.PODS: _pod,
    kinds.SECRETS: secret,
    kinds.CONFIGMAPS: config_map,
    kinds.DEPLOYMENTS: _deployment,
    kinds.REPLICA_SETS: _replicated,
    kinds.JOBS: _job,
    kinds.CRONJOBS: _cronjob,
    kinds.EVENTS: _event,
    kinds.LEASES: _lease,
    kinds.SERVICES: _service,
}
CHANGES: Mapping[Kind, Callable[[Json, Json], Problems]] = {
    kinds.PODS: _pod_change,
    kinds.SECRETS: secret_change,
    kinds.CONFIGMAPS: config_map_change,
    kinds.DEPLOYMENTS: _selector_change,
    kinds.REPLICA_SETS: _selector_change,
    kinds.JOBS: _job_change,
}
