"""Lists: of one moment, in pages, joined from bytes that the store has made already."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from app.demo.api.calls import encoded
from app.demo.api.options import EXACT
from app.demo.api.statuses import bad_request, continue_expired, version_expired, version_too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.options import ListOptions
    from app.demo.api.store import Key, Store, Stored

TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 - says which form a continue token has
INCONSISTENT = -1


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a collection, as of one revision."""

    kind: Kind
    items: Sequence[Stored]
    metadata: Json

    @property
    def body(self) -> bytes:
        """The List object."""
        kind = self.kind
        head = encoded(
            {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": self.metadata}
        )
        return b'%s,"items":[%s]}' % (head[:-1], b",".join(one.item for one in self.items))


def page(store: Store, kind: Kind, namespace: str | None, options: ListOptions) -> Page:
    """What a list request answers; no namespace means all of them.

    Raises:
        Refused: 400, 410 or 504.
    """
    shelf, limit, start = store.shelf(kind), options.limit, None
    revision = store.revision
    if options.token:
        revision, start = _position(options)
        if revision == INCONSISTENT:
            revision = store.revision
        elif revision > store.revision or revision < shelf.floor:
            raise continue_expired(_token(INCONSISTENT, start))
    elif options.version is not None:
        revision = _asked(store, options, shelf.floor)
        # What comes from the cache comes whole.
        limit = 0 if options.version == 0 else limit
    objects = _objects(store, kind, namespace, revision, start)
    if options.selector:
        objects = (one for one in objects if options.selector.chooses(one))
    metadata: Json = {"resourceVersion": str(revision)}
    if not limit:
        return Page(kind, list(objects), metadata)
    found = list(objects)
    items, rest = found[:limit], len(found) - limit
    if rest > 0:
        last = items[-1].key
        metadata["continue"] = _token(revision, _start(last, namespace))
        if not options.selector:
            metadata["remainingItemCount"] = rest
    return Page(kind, items, metadata)


def _asked(store: Store, options: ListOptions, floor: int) -> int:
    version = options.version or 0
    if version > store.revision:
        raise version_too_large(version, store.revision)
    exact = options.match == EXACT or (options.limit and not options.match and version)
    if not exact:
        return store.revision
    if version < floor:
        raise version_expired("The resourceVersion for the provided list is too old.")
    return version


def _objects(
    store: Store, kind: Kind, namespace: str | None, revision: int, start: str | None
) -> Iterable[Stored]:
    shelf = store.shelf(kind)
    if revision == store.revision and start is None:
        return shelf.within(namespace)
    if revision == store.revision:
        objects, keys = shelf.objects, shelf.keys
    else:
        objects = shelf.at(revision)
        keys = sorted(objects)
    if namespace is not None:
        keys = [key for key in keys if key[0] == namespace]
    first = 0 if start is None else bisect_right(keys, _last_key(start, namespace))
    return (objects[key] for key in islice(keys, first, None))


# ---- continue tokens


def _start(key: Key, namespace: str | None) -> str:
    return f"/{key[1]}" if namespace is not None or not key[0] else f"{key[0]}/{key[1]}"


def _last_key(start: str, namespace: str | None) -> Key:
    place, _, name = start.rpartition("/")
    return (namespace if namespace is not None else place, name)


def _token(revision: int, start: str) -> str:
    said = encoded({"v": TOKEN_VERSION, "rv": revision, "start": f"{start}\0"})
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def _position(options: ListOptions) -> tuple[int, str]:
    try:
        raw = base64.urlsafe_b64decode(options.token + "=" * (-len(options.token) % 4))
        said = json.loads(raw)
        revision, start = said["rv"], said["start"]
        if said["v"] != TOKEN_VERSION or isinstance(revision, bool):
            raise ValueError("of another form")
        if not isinstance(revision, int) or revision < INCONSISTENT:
            raise ValueError("no revision")
        position = revision, start.rstrip("\0")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    if options.version:
        raise bad_request("specifying resource version is not allowed when using continue")
    return position
