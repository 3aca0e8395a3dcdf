"""Kubeconfig files as people have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]


def kubeconfig(
    *,
    name: str = "dev",
    cluster: Json | None = None,
    user: Json | None = None,
    context: Json | None = None,
    current: str | None = "dev",
) -> Json:
    """One context with a cluster and a user of the same name."""
    content: Json = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": f"https://{name}:6443"} | (cluster or {})}
        ],
        "users": [{"name": name, "user": user or {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name} | (context or {})}],
    }
    return content if current is None else content | {"current-context": current}


def write(path: Path, content: object) -> Path:
    """As a file, in a folder of its own if it names one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path
