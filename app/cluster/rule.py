"""The RBAC rule that is missing, ready to be applied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "watchglass-view"


def missing_rule(
    group: str, resource: str, namespace: str | None, verbs: Iterable[str] = ("list", "watch")
) -> str:
    """A Role (a ClusterRole for all namespaces) as YAML that grants `verbs` on `resource`.

    Bind it to whom Watchglass runs as; `deploy/rbac-view.yaml` shows how.
    """
    kind = "ClusterRole" if namespace is None else "Role"
    place = "" if namespace is None else f"  namespace: {json.dumps(namespace)}\n"
    return (
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        f"kind: {kind}\n"
        "metadata:\n"
        f"  name: {NAME}-{resource}\n"
        f"{place}"
        "rules:\n"
        f"  - apiGroups: [{json.dumps(group)}]\n"
        f"    resources: [{json.dumps(resource)}]\n"
        f"    verbs: [{', '.join(verbs)}]\n"
    )
