"""Whether an object may be written: its namespace, its name, its version and its uid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, bad_request, conflict, not_found, refused_by_rule, stale

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.store import Store


def check_namespace(kind: Kind, namespace: str, metadata: Json) -> None:
    """The object is of the namespace of the path, and says so from now on.

    Raises:
        Refused: 400.
    """
    if not kind.namespaced:
        metadata.pop("namespace", None)
    elif metadata.setdefault("namespace", namespace) != namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def check_name(name: str, metadata: Json) -> None:
    """The object of a PUT has the name of the path.

    Raises:
        Refused: 400.
    """
    given = metadata.get("name", "")
    if not given:
        raise bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: "
            "name must be provided"
        )
    if given != name:
        raise bad_request(
            f"the name of the object ({given}) does not match the name on the URL ({name})"
        )


def check_open(store: Store, kind: Kind, namespace: str, name: str) -> None:
    """The namespace is there and takes new objects.

    Raises:
        Refused: 403 or 404.
    """
    there = store.get(kinds.NAMESPACES, "", namespace)
    if there is None:
        raise not_found(kinds.NAMESPACES, namespace)
    if there.fields["status.phase"] == "Terminating":
        refusal = refused_by_rule(
            kind,
            name,
            f"unable to create new content in namespace {namespace} because it is being terminated",
        )
        refusal.status["details"]["causes"] = [
            {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
        ]
        raise refusal


def check_version(kind: Kind, name: str, metadata: Json, known: Json) -> None:
    """The object was made from the state that is there; without a version it does not matter.

    Raises:
        Refused: 409, or 500 when it is no version at all.
    """
    version = metadata.get("resourceVersion")
    if not version:
        return
    if not (version.isascii() and version.isdigit()):
        message = f'strconv.ParseUint: parsing "{version}": invalid syntax'
        raise Refused(500, failure(500, "", message))
    if int(version) and version != known["resourceVersion"]:
        raise stale(kind, name)


def check_uid(kind: Kind, namespace: str, name: str, metadata: Json, known: Json) -> None:
    """A PUT that names a uid is about that very object.

    Raises:
        Refused: 409.
    """
    uid = metadata.get("uid")
    if uid and uid != known["uid"]:
        place = "/".join(part for part in (kind.plural, namespace, name) if part)
        raise conflict(
            kind,
            name,
            f"StorageError: invalid object, Code: 4, Key: /registry/{place}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, "
            f"UID in object meta: {known['uid']}",
        )
