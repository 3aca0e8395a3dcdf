"""What the cluster room needs of others: where records go, and who is told how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.errors import ClusterError
    from app.model import Proof

R_contra = TypeVar("R_contra", contravariant=True)


class Sink(Protocol[R_contra]):
    """Where one reflector writes its collection: client-go's store in five verbs."""

    def replace(self, records: Mapping[str, R_contra]) -> None:
        """This is the complete collection now; unchanged records are the identical objects."""
        ...

    def upsert(self, key: str, record: R_contra) -> None:
        """The record of one key."""
        ...

    def remove(self, key: str) -> None:
        """A key that exists no more."""
        ...

    def bookmark(self) -> None:
        """Nothing was missed up to now."""
        ...

    def synced(self) -> None:
        """The first complete list has been given."""
        ...


class Monitor(Protocol):
    """Who is told how well one collection is known."""

    def connecting(self) -> None:
        """The first attempt begins."""
        ...

    def proved(self, proof: Proof, objects: int) -> None:
        """What we hold was right at this moment; it has so many objects."""
        ...

    def failed(self, error: ClusterError) -> None:
        """An attempt failed; another follows by itself."""
        ...


class Dated(Protocol):
    """Who is told what the API server's clock says."""

    def __call__(self, said: str, sent: datetime, received: datetime) -> None:
        """An answer's `Date`, and when by our clock we asked and were answered."""
        ...
