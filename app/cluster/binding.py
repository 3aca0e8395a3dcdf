"""Whom the missing rule is for: the binding that belongs to `missing_rule`."""

from __future__ import annotations

import json

from app.cluster.rule import NAME

ACCOUNT_PREFIX = "system:serviceaccount:"


def missing_binding(resource: str, namespace: str | None, user: str) -> str:
    """A RoleBinding (a ClusterRoleBinding for all namespaces) of that rule to `user`, as YAML."""
    kind = "ClusterRole" if namespace is None else "Role"
    place = "" if namespace is None else f"  namespace: {json.dumps(namespace)}\n"
    return (
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        f"kind: {kind}Binding\n"
        "metadata:\n"
        f"  name: {NAME}-{resource}\n"
        f"{place}"
        "roleRef:\n"
        "  apiGroup: rbac.authorization.k8s.io\n"
        f"  kind: {kind}\n"
        f"  name: {NAME}-{resource}\n"
        "subjects:\n"
        f"{_subject(user)}"
    )


def _subject(user: str) -> str:
    """A ServiceAccount by its own name, everybody else as the user they are."""
    namespace, colon, name = user.removeprefix(ACCOUNT_PREFIX).partition(":")
    if user.startswith(ACCOUNT_PREFIX) and colon:
        return (
            "  - kind: ServiceAccount\n"
            f"    name: {json.dumps(name)}\n"
            f"    namespace: {json.dumps(namespace)}\n"
        )
    return (
        f"  - apiGroup: rbac.authorization.k8s.io\n    kind: User\n    name: {json.dumps(user)}\n"
    )
