"""Objects as the Table that `kubectl get` prints; the columns are in `columns/`, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.columns import cluster, configuration, pods, workloads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.demo.api.columns.cells import Printer
    from app.demo.api.kinds import Json, Kind

META = "meta.k8s.io/v1"
LAST_OF_A_LIST = "k8s.io/initial-events-end"

PRINTERS: Mapping[Kind, Printer] = {
    kinds.PODS: pods.PODS,
    kinds.EVENTS: cluster.EVENTS,
    kinds.NAMESPACES: cluster.NAMESPACES,
    kinds.NODES: cluster.NODES,
    kinds.SECRETS: configuration.SECRETS,
    kinds.CONFIGMAPS: configuration.CONFIGMAPS,
    kinds.SERVICE_ACCOUNTS: configuration.SERVICE_ACCOUNTS,
    kinds.SERVICES: cluster.SERVICES,
    kinds.DEPLOYMENTS: workloads.DEPLOYMENTS,
    kinds.REPLICA_SETS: workloads.REPLICA_SETS,
    kinds.JOBS: workloads.JOBS,
    kinds.CRONJOBS: workloads.CRONJOBS,
    kinds.LEASES: cluster.LEASES,
}


def table(
    kind: Kind,
    objects: Sequence[Json],
    now: datetime,
    *,
    include: str = "Metadata",
    headers: bool = True,
) -> Json:
    """A Table of whole objects, without its metadata.

    `include` says what a row carries of its object: Metadata, Object or None. Without `headers`
    the columns' definitions are left out, as in all events of a watch but the first.
    """
    printer = PRINTERS[kind]
    return {
        "kind": "Table",
        "apiVersion": META,
        "columnDefinitions": (
            [column.definition() for column in printer.columns] if headers else None
        ),
        "rows": [_row(printer, value, now, include) for value in objects],
    }


def _row(printer: Printer, value: Json, now: datetime, include: str) -> Json:
    row: Json = {"cells": printer.cells(value, now)}
    conditions = printer.ending(value) if printer.ending is not None else []
    if conditions:
        row["conditions"] = conditions
    row["object"] = _included(value, include)
    return row


def _included(value: Json, include: str) -> Json | None:
    if include == "Object":
        return value
    # The mark at the end of a streamed list is in the metadata, so that has to be there.
    if include == "None" and LAST_OF_A_LIST not in (value["metadata"].get("annotations") or {}):
        return None
    return {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": value["metadata"]}
