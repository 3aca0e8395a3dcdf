"""A watched kind with a fault of ours in it: the first object that is read divides by zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.board import Watched
from app.cluster.metadata import RawObject
from app.cluster.projection import Projection, Resource

if TYPE_CHECKING:
    from app.model import PodHealth


def record(raw: RawObject) -> str:
    return str(1 // 0)


def value(record: str) -> PodHealth:
    raise AssertionError("there is no record")


BROKEN = Watched(
    Projection("pods", Resource("", "v1", "pods", "Pod"), RawObject, record), value, summary=None
)
