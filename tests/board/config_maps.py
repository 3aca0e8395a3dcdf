"""A kind that Watchglass does not watch: all that it takes to watch one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NotRequired

from app.board import Watched
from app.cluster.metadata import Metadata, RawObject, read_metadata
from app.cluster.projection import Projection, Resource
from app.model import Wire


class RawConfigMap(RawObject):
    """The part of a ConfigMap that is read."""

    data: NotRequired[dict[str, str] | None]


@dataclass(frozen=True, slots=True)
class ConfigMapRecord(Metadata):
    """A ConfigMap: its keys, never what they hold."""

    keys: tuple[str, ...]


class ConfigMapInfo(Wire):
    """A ConfigMap as it is shown."""

    name: str
    keys: tuple[str, ...]


def read_config_map(raw: RawConfigMap) -> ConfigMapRecord:
    """The record of one ConfigMap."""
    return ConfigMapRecord(
        **read_metadata(raw["metadata"]), keys=tuple(sorted(raw.get("data") or ()))
    )


def config_map_info(record: ConfigMapRecord) -> ConfigMapInfo:
    """The ConfigMap as everybody reads it."""
    return ConfigMapInfo(name=record.name, keys=record.keys)


CONFIG_MAPS = Projection(
    "configmaps", Resource("", "v1", "configmaps", "ConfigMap"), RawConfigMap, read_config_map
)

LINE = Watched(CONFIG_MAPS, config_map_info, summary=lambda info: info)
