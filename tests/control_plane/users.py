"""Who may knock: static bearer tokens, read once by the API server, and their kubeconfigs.

Only admin, the controllers and the stand-in have rights from the start; everybody else has none
until a test grants them.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ADMIN = "admin"
KCM = "system:kube-controller-manager"
KUBELET = "kubelet"
VIEWER = "viewer"
OTHER = "other"
OPERATOR = "operator"
STRANGER = "stranger"
MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    """A name with a bearer token; the token is as public as this file."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """What the API server's token file says."""
        return f"{self.name.rpartition(':')[2]}-token"


USERS = {
    user.name: user
    for user in (
        User(ADMIN, (MASTERS,)),
        User(KCM),
        User(KUBELET, (MASTERS,)),
        User(VIEWER),
        User(OTHER),
        User(OPERATOR),
        User(STRANGER),
    )
}


def write_tokens(directory: Path) -> Path:
    """Write the API server's token file: token, user, uid, "group,group"."""
    path = directory / "tokens.csv"
    lines = (
        f'{user.token},{user.name},{number},"{",".join(user.groups)}"'
        for number, user in enumerate(USERS.values(), start=1)
    )
    path.write_text("\n".join(lines) + "\n")
    return path


def write_kubeconfig(
    directory: Path, url: str, ca: Path, user: str, token: str, namespace: str | None
) -> Path:
    """Write a kubeconfig (JSON is YAML) whose only context is named after the user."""
    place = {} if namespace is None else {"namespace": namespace}
    authority = base64.b64encode(ca.read_bytes()).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": user,
        "clusters": [
            {"name": "test", "cluster": {"server": url, "certificate-authority-data": authority}}
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": user, "context": {"cluster": "test", "user": user, **place}}],
    }
    folder = directory / "kubeconfigs"
    folder.mkdir(exist_ok=True)
    path = folder / f"{user.replace(':', '-')}{'' if namespace is None else '.' + namespace}.yaml"
    path.write_text(json.dumps(document, indent=1))
    return path
