"""The rules of metadata, which are the same for every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.problems import Problem, immutable, not_allowed, required, too_long, wrong
from app.demo.api.words import (
    LABEL_TEXT,
    LABEL_VALUE_TEXT,
    QUALIFIED_TEXT,
    SUBDOMAIN_TEXT,
    is_dns_label,
    is_label_value,
    is_qualified,
    is_subdomain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.demo.api.kinds import Json, Kind

LONGEST_NAME = 253
ANNOTATION_BYTES = 256 * 1024
STANDARD_FINALIZERS = frozenset({"orphan", "foregroundDeletion", "kubernetes"})


def metadata_problems(kind: Kind, metadata: Json) -> Iterator[Problem]:
    """What is wrong with the metadata of an object."""
    name = metadata.get("name", "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif kind is kinds.NAMESPACES and "." in name:
        yield wrong("metadata.name", name, "must not contain dots")
    elif kind is kinds.NAMESPACES and not is_dns_label(name):
        yield wrong("metadata.name", name, LABEL_TEXT)
    elif not is_subdomain(name):
        yield wrong("metadata.name", name, SUBDOMAIN_TEXT)
    elif len(name) > LONGEST_NAME:
        yield wrong("metadata.name", name, f"must be no more than {LONGEST_NAME} characters")
    yield from labels_problems(metadata.get("labels", {}), "metadata.labels")
    yield from _annotations(metadata.get("annotations", {}))
    yield from _owners(metadata.get("ownerReferences", []))
    for index, finalizer in enumerate(metadata.get("finalizers", [])):
        if not is_qualified(finalizer):
            yield wrong(f"metadata.finalizers[{index}]", finalizer, QUALIFIED_TEXT)
        elif "/" not in finalizer and finalizer not in STANDARD_FINALIZERS:
            yield wrong(
                f"metadata.finalizers[{index}]",
                finalizer,
                "name is neither a standard finalizer name nor is it fully qualified",
            )


def labels_problems(labels: Mapping[str, str], field: str) -> Iterator[Problem]:
    """What is wrong with labels."""
    for key, value in labels.items():
        if not is_qualified(key):
            yield wrong(field, key, QUALIFIED_TEXT)
        if len(value.encode()) > 63:
            yield wrong(field, value, "must be no more than 63 bytes")
        elif not is_label_value(value):
            yield wrong(field, value, LABEL_VALUE_TEXT)


def _annotations(annotations: Mapping[str, str]) -> Iterator[Problem]:
    for key in annotations:
        if not is_qualified(key.lower()):
            yield wrong("metadata.annotations", key, QUALIFIED_TEXT)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATION_BYTES:
        yield too_long("metadata.annotations", ANNOTATION_BYTES)


def _owners(owners: list[Json]) -> Iterator[Problem]:
    for owner in owners:
        for field, text in (
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ):
            if not owner.get(field):
                yield wrong(f"metadata.ownerReferences.{field}", "", text)
    controllers = [owner for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        yield wrong(
            "metadata.ownerReferences",
            owners,
            "Only one reference can have Controller set to true. Found "
            f'"true" in references for {controllers[0].get("kind")}/{controllers[0].get("name")} '
            f"and {controllers[1].get('kind')}/{controllers[1].get('name')}",
        )


def metadata_change_problems(before: Json, metadata: Json) -> Iterator[Problem]:
    """What may not become of the metadata of an object."""
    for field in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if metadata.get(field) != before.get(field):
            yield immutable(f"metadata.{field}", metadata.get(field))
    if "deletionTimestamp" in before:
        known = before.get("finalizers", [])
        added = [one for one in metadata.get("finalizers", []) if one not in known]
        if added:
            listed = ", ".join(f'"{one}"' for one in added)
            yield not_allowed(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, "
                f"found new finalizers []string{{{listed}}}",
            )
