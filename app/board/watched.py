"""How one watched kind is declared: in one line, checked by types, forgotten afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, cast, overload

from app.model import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from app.cluster.metadata import Owner
    from app.cluster.projection import Projection
    from app.model import Wire


class Identified(Protocol):
    """A record that others can belong to."""

    @property
    def uid(self) -> str:
        """The one that its belongings name as their owner's."""
        ...


class Owned(Protocol):
    """A record that can belong to another one."""

    @property
    def controller(self) -> Owner | None:
        """The one it belongs to."""
        ...


AnyR = TypeVar("AnyR")
OwnerR = TypeVar("OwnerR", bound=Identified)
OwnedR = TypeVar("OwnedR", bound=Owned)
V = TypeVar("V", bound="Wire")


class Watched:
    """One watched kind: how it is read, what is shown of it, and to whom.

    `value` makes what the detail audience reads out of a record, `summary` what the summary
    audience reads out of that; None where it reads nothing. With `owns`, `value` also gets the
    records of that other kind which belong to the record by uid. With `newest`, at most the 500
    newest records of each namespace are kept, by the time that it gives. A `derived` value takes
    more than records, such as the time: `derive` makes it out of `value` and writes it.
    """

    @overload
    def __init__(
        self,
        projection: Projection[AnyR],
        value: Callable[[AnyR], V],
        *,
        summary: Callable[[V], Wire] | None,
        newest: Callable[[AnyR], datetime] | None = None,
        derived: bool = False,
    ) -> None: ...

    @overload
    def __init__(
        self,
        projection: Projection[OwnerR],
        value: Callable[[OwnerR, Collection[OwnedR]], V],
        *,
        summary: Callable[[V], Wire] | None,
        owns: Projection[OwnedR],
    ) -> None: ...

    def __init__(
        self,
        projection: Projection[AnyR],
        value: Callable[..., V],
        *,
        summary: Callable[[V], Wire] | None,
        owns: Projection[OwnedR] | None = None,
        newest: Callable[[AnyR], datetime] | None = None,
        derived: bool = False,
    ) -> None:
        # The types of one line fit together, which the overloads have checked; kinds of different
        # types stand in one row, so from here on a record is an object and a value is Wire.
        self.projection: Projection[object] = projection
        self.value = cast("Callable[..., Wire]", value)
        self.derived = derived
        self.owns = None if owns is None else owns.topic
        self.newest = cast("Callable[[object], datetime] | None", newest)
        self.reads: dict[str, Callable[[Wire], bytes]] = {"detail": encode}
        if summary is not None:
            summarize = cast("Callable[[Wire], Wire]", summary)
            self.reads["summary"] = lambda shown: encode(summarize(shown))
