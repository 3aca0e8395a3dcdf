"""What a test may ask of a server, whichever of the two it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.control_plane.objects import Json


class Server(Protocol):
    """One API server over TLS, with controllers and a kubelet. The methods block.

    Both kubelets do what a pod's annotations say: `tests.control_plane.scripts.script`.
    """

    simulated: bool
    """For the few differences that docs/simulator.md lists; the test states both values."""
    speed: float
    """What scripted delays, such as the pause before a retry, are divided by."""
    url: str
    ca: Path
    admin_token: str
    visitor: str
    """The name of a user without rights beyond those that everybody has."""
    visitor_token: str

    def kubeconfig(self, namespace: str, *, visiting: bool = False) -> Path:
        """The admin's, or the visitor's, with a default namespace."""
        ...

    def create_namespace(self, name: str) -> None:
        """It takes pods on return."""
        ...

    def granted(self, *rules: Json, namespace: str | None) -> AbstractContextManager[None]:
        """The visitor has these rights, in a namespace or everywhere, until the end."""
        ...

    def forget(self) -> None:
        """Lose the history of changes before now; the objects stay."""
        ...

    def throttled(self) -> AbstractContextManager[None]:
        """The visitor's requests are more than the server takes, until the end."""
        ...
