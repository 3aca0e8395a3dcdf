"""A small client for preparing and checking the cluster: never the code under test.

Raw JSON in, raw JSON out, every answer that is not 2xx is an `ApiFailure`.
"""

from __future__ import annotations

import asyncio
import io
import json
import ssl
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
    from pathlib import Path

    from tests.control_plane.objects import Json

# Said once, because a method below is called `list`.
Objects = list["Json"]
Strategy = Literal["merge", "strategic"]
PATCH_TYPES: Mapping[Strategy, str] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
# One watch line can be one object: the API server takes objects of up to 1.5 MiB.
LINE_BYTES = 8 * 1024 * 1024


class ApiFailure(Exception):
    """An answer that is not 2xx: HTTP `code`, the Status object's `reason`, the raw `text`."""

    def __init__(self, code: int, reason: str, text: str) -> None:
        super().__init__(f"HTTP {code} {reason}: {text[:500]}")
        self.code = code
        self.reason = reason
        self.text = text


@dataclass(frozen=True)
class Resource:
    """A collection: `api` is "v1" or "batch/v1"."""

    api: str
    plural: str

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The URL's path."""
        parts = ["api" if self.api == "v1" else "apis", self.api]
        if namespace is not None:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name is not None:
            parts.append(name)
        return "/" + "/".join(parts)


NAMESPACES = Resource("v1", "namespaces")
NODES = Resource("v1", "nodes")
PODS = Resource("v1", "pods")
SECRETS = Resource("v1", "secrets")
CONFIGMAPS = Resource("v1", "configmaps")
SERVICE_ACCOUNTS = Resource("v1", "serviceaccounts")
EVENTS = Resource("v1", "events")
DEPLOYMENTS = Resource("apps/v1", "deployments")
REPLICA_SETS = Resource("apps/v1", "replicasets")
CRONJOBS = Resource("batch/v1", "cronjobs")
JOBS = Resource("batch/v1", "jobs")
LEASES = Resource("coordination.k8s.io/v1", "leases")


class Api:
    """An admin's view of one cluster; `async with`, bound to the running loop."""

    def __init__(self, url: str, ca: Path, token: str, *, connections: int = 20) -> None:
        self._url = url
        context = ssl.create_default_context(cafile=str(ca))
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}"},
            connector=aiohttp.TCPConnector(ssl=context, limit=connections),
            timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_connect=10),
            read_bufsize=LINE_BYTES,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection, and let the loop see it: TLS says goodbye by itself."""
        await self._session.close()
        await asyncio.sleep(0)

    # ---- verbs

    async def create(self, manifest: Json, namespace: str | None = None) -> Json:
        """POST a manifest into the collection that its kind belongs to."""
        return await self.call("POST", resource_of(manifest).path(namespace), body=manifest)

    async def create_many(
        self, manifests: Iterable[Json], namespace: str, *, concurrency: int = 20
    ) -> Objects:
        """POST many, some at a time; the answers come in the order of the manifests."""
        gate = asyncio.Semaphore(concurrency)

        async def one(manifest: Json) -> Json:
            async with gate:
                return await self.create(manifest, namespace)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(manifest)) for manifest in manifests]
        return [task.result() for task in tasks]

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Json:
        """GET one object."""
        return await self.call("GET", resource.path(namespace, name))

    async def list(self, resource: Resource, namespace: str | None = None, **params: str) -> Json:
        """GET a collection: the List object with `items` and `metadata.resourceVersion`."""
        return await self.call("GET", resource.path(namespace), params=params)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Json,
        namespace: str | None = None,
        *,
        strategy: Strategy = "merge",
        subresource: str | None = None,
    ) -> Json:
        """PATCH an object, or its `status` with `subresource="status"`."""
        path = resource.path(namespace, name) + (f"/{subresource}" if subresource else "")
        return await self.call("PATCH", path, body=body, content_type=PATCH_TYPES[strategy])

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        grace_seconds: int | None = None,
        uid: str | None = None,
    ) -> Json:
        """DELETE one object; with `uid`, only that very one."""
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        return await self.call("DELETE", resource.path(namespace, name), body=options)

    async def table(self, resource: Resource, namespace: str | None = None) -> Objects:
        """What `kubectl get` prints: a row per object, each a dict from column name to cell."""
        found = await self.call("GET", resource.path(namespace), accept=TABLE)
        columns = [column["name"] for column in found["columnDefinitions"]]
        rows = found.get("rows") or []
        return [dict(zip(columns, row["cells"], strict=True)) for row in rows]

    async def watch(
        self, resource: Resource, namespace: str | None = None, **params: str
    ) -> AsyncGenerator[Json]:
        """Watch events as the server sends them, until it ends the response."""
        query = {"watch": "true", **params}
        async with self._session.get(self._url + resource.path(namespace), params=query) as answer:
            await refuse_failure(answer)
            async for line in answer.content:
                yield json.loads(line)

    async def until(
        self,
        resource: Resource,
        name: str,
        namespace: str | None,
        predicate: Callable[[Json | None], bool],
        *,
        seconds: float = 20.0,
    ) -> Json:
        """Wait until the predicate holds of the object (None: absent); returns it, {} if absent.

        Raises TimeoutError after `seconds`.
        """
        async with asyncio.timeout(seconds):
            while True:
                query = {"fieldSelector": f"metadata.name={name}"}
                page = await self.list(resource, namespace, **query)
                found: Json | None = next(iter(page["items"]), None)
                if predicate(found):
                    return found or {}
                query["resourceVersion"] = page["metadata"]["resourceVersion"]
                async with aclosing(self.watch(resource, namespace, **query)) as events:
                    async for event in events:
                        if event["type"] == "ERROR":
                            break
                        found = None if event["type"] == "DELETED" else event["object"]
                        if predicate(found):
                            return found or {}

    async def service_account_token(self, name: str, namespace: str, *, seconds: int = 600) -> str:
        """A token of a ServiceAccount; it dies with the account after about ten seconds."""
        body: Json = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        path = SERVICE_ACCOUNTS.path(namespace, name) + "/token"
        return str((await self.call("POST", path, body=body))["status"]["token"])

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Json:
        """Any request that answers JSON. Raises ApiFailure."""
        headers = {"Accept": accept, "Content-Type": content_type}
        # From a file, as aiohttp demands of bodies over a mebibyte.
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        async with self._session.request(
            method, self._url + path, params=params, data=data, headers=headers
        ) as answer:
            await refuse_failure(answer)
            found: Json = json.loads(await answer.read())
            return found


async def refuse_failure(answer: aiohttp.ClientResponse) -> None:
    """Raise ApiFailure unless the answer is 2xx."""
    if answer.ok:
        return
    text = await answer.text()
    try:
        reason = str(json.loads(text).get("reason", ""))
    except (ValueError, AttributeError):
        # Some refusals are plain text: an unknown group, too many requests.
        reason = ""
    raise ApiFailure(answer.status, reason, text)


def resource_of(manifest: Json) -> Resource:
    """The collection of a manifest's kind; plurals are regular in Kubernetes."""
    word = str(manifest["kind"]).lower()
    if word.endswith("s"):
        plural = f"{word}es"
    elif word.endswith("y"):
        plural = f"{word[:-1]}ies"
    else:
        plural = f"{word}s"
    return Resource(str(manifest["apiVersion"]), plural)
