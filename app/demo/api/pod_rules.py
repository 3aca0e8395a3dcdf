"""The rules of pods and of the templates that they are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.problems import Problem, duplicate, required, shown, unsupported, wrong
from app.demo.api.resource_rules import resources_problems
from app.demo.api.words import LABEL_TEXT, is_dns_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.demo.api.kinds import Json

RESTARTS = ("Always", "OnFailure", "Never")
PULLS = ("Always", "IfNotPresent", "Never")


def pod_spec_problems(
    spec: Json, field: str, restarts: Sequence[str] = RESTARTS
) -> Iterator[Problem]:
    """What is wrong with a pod's spec; `restarts` are the restart policies that are allowed."""
    volumes = {volume.get("name", "") for volume in spec.get("volumes", [])}
    yield from _volumes(spec.get("volumes", []), f"{field}.volumes")
    names: set[str] = set()
    if not spec.get("containers"):
        yield required(f"{field}.containers")
    for list_name in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(list_name, [])):
            place = f"{field}.{list_name}[{index}]"
            yield from _container(container, place, names, volumes)
    yield from _restart_policy(spec.get("restartPolicy"), f"{field}.restartPolicy", restarts)
    seconds = spec.get("activeDeadlineSeconds")
    if seconds is not None and not 1 <= seconds < 2**31:
        yield wrong(
            f"{field}.activeDeadlineSeconds", seconds, "must be between 1 and 2147483647, inclusive"
        )


def _restart_policy(policy: str | None, field: str, restarts: Sequence[str]) -> Iterator[Problem]:
    if policy in restarts:
        return
    if "Always" not in restarts and policy in (None, "Always"):
        listed = ", ".join(f'"{word}"' for word in restarts)
        yield required(field, f"valid values: {listed}")
    else:
        yield unsupported(field, policy, restarts)


def _volumes(volumes: Sequence[Json], field: str) -> Iterator[Problem]:
    names: set[str] = set()
    for index, volume in enumerate(volumes):
        name = volume.get("name", "")
        if not name:
            yield required(f"{field}[{index}].name")
        elif not is_dns_label(name):
            yield wrong(f"{field}[{index}].name", name, LABEL_TEXT)
        elif name in names:
            yield duplicate(f"{field}[{index}].name", name)
        names.add(name)


def _container(
    container: Json, field: str, names: set[str], volumes: set[str]
) -> Iterator[Problem]:
    name = container.get("name", "")
    if not name:
        yield required(f"{field}.name")
    elif not is_dns_label(name):
        yield wrong(f"{field}.name", name, LABEL_TEXT)
    elif name in names:
        yield duplicate(f"{field}.name", name)
    names.add(name)
    if not container.get("image"):
        yield required(f"{field}.image")
    if container.get("imagePullPolicy") not in PULLS:
        yield unsupported(f"{field}.imagePullPolicy", container.get("imagePullPolicy"), PULLS)
    yield from resources_problems(container.get("resources", {}), f"{field}.resources")
    for index, mount in enumerate(container.get("volumeMounts", [])):
        place = f"{field}.volumeMounts[{index}]"
        if not mount.get("mountPath"):
            yield required(f"{place}.mountPath")
        if mount.get("name", "") not in volumes:
            said = f"Not found: {shown(mount.get('name', ''))}"
            yield Problem(f"{place}.name", "FieldValueNotFound", said)
    for index, variable in enumerate(container.get("env", [])):
        if not variable.get("name"):
            yield required(f"{field}.env[{index}].name")
    for index, port in enumerate(container.get("ports", [])):
        number = port.get("containerPort", 0)
        if not number:
            yield required(f"{field}.ports[{index}].containerPort")
        elif not 0 < number < 65_536:
            yield wrong(
                f"{field}.ports[{index}].containerPort",
                number,
                "must be between 1 and 65535, inclusive",
            )
