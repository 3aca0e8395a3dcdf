"""A kind that a cluster may lack: a custom resource, its projection and its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.board import Watched
from app.cluster.metadata import Metadata, RawObject, read_metadata
from app.cluster.projection import Projection, Resource
from app.model import Wire

if TYPE_CHECKING:
    from tests.control_plane.objects import Json

GROUP = "spine.watchglass.test"


class RawWidget(RawObject):
    """The part of a Widget that is read."""


@dataclass(frozen=True, slots=True)
class WidgetRecord(Metadata):
    """A Widget: that it is there."""


class WidgetInfo(Wire):
    """A Widget as it is shown."""

    name: str
    uid: str


def read_widget(raw: RawWidget) -> WidgetRecord:
    """The record of one Widget."""
    return WidgetRecord(**read_metadata(raw["metadata"]))


def widget_info(record: WidgetRecord) -> WidgetInfo:
    """The Widget as everybody reads it."""
    return WidgetInfo(name=record.name, uid=record.uid)


WIDGETS = Projection("widgets", Resource(GROUP, "v1", "widgets", "Widget"), RawWidget, read_widget)

LINE = Watched(WIDGETS, widget_info, summary=lambda info: info)

DEFINITION: Json = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"widgets.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


def widget(name: str) -> Json:
    """A Widget."""
    return {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "metadata": {"name": name}}
