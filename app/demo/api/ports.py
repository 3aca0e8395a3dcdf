"""What the API server needs of its neighbours, as it calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from app.demo.api.calls import Answer, Call
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.rules import Rules, User

    Line = tuple[datetime, str]


class Identities(Protocol):
    """Where names that nobody chose come from."""

    def uid(self) -> str:
        """A UUID."""
        ...

    def suffix(self, length: int) -> str:
        """So many characters of bcdfghjklmnpqrstvwxz2456789, as generated names end."""
        ...


class LogSource(Protocol):
    """The kubelet: what containers have written."""

    def lines(
        self, namespace: str, pod: str, container: str, previous: bool
    ) -> Sequence[Line] | None:
        """All lines kept, oldest first, None when there is no such container to ask (yet)."""
        ...

    def follow(self, namespace: str, pod: str, container: str) -> AsyncIterator[Line]:
        """The lines from now on, until the container ends.

        The call itself marks the moment: `lines` before it and this after it, without an await
        between, leave no gap.
        """
        ...


class Documents(Protocol):
    """`discovery.py`: the paths that are no resources."""

    def __call__(self, call: Call, rules: Rules) -> Answer | None:
        """The answer (`/version`, `/api`, `/apis/batch`, `/openapi/v3`, `/readyz` ...).

        None when there is none. Authorisation of the path has been done.
        """
        ...


class Reviews(Protocol):
    """`reviews.py`: questions about oneself, which are created and answered, not kept."""

    def __call__(self, kind: Kind, asked: Json, user: User, rules: Rules) -> Json:
        """The review with its status.

        Raises:
            Refused: It makes no sense.
        """
        ...


class Tables(Protocol):
    """`tables.py`: what `kubectl get` prints."""

    def __call__(
        self,
        kind: Kind,
        objects: Sequence[Json],
        now: datetime,
        *,
        include: str = "Metadata",
        headers: bool = True,
    ) -> Json:
        """A Table of whole objects (with kind and apiVersion), without `metadata`.

        `include` is Metadata, Object or None; without `headers` columnDefinitions is null, as in
        every event of a watch after the first.
        """
        ...
