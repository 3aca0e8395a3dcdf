"""The kinds that the simulated API server serves, and how they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
"""An object as on the wire. Fields of any kind may be there, so an index is its only check."""

EVERY_VERB = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
CREATE_ONLY = ("create",)


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A collection of the API: its name in paths, in objects and in what people type.

    There is one object of each, so they are compared by identity.

    `status` says whether the kind has the subresource `status`; `subresources` are the others.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    status: bool = False
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = EVERY_VERB
    categories: tuple[str, ...] = ()

    @property
    def singular(self) -> str:
        """The name of one, as kubectl takes it."""
        return self.kind.lower()

    @property
    def api_version(self) -> str:
        """`v1`, or `batch/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """How messages call the collection: `pods`, or `cronjobs.batch`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified(self) -> str:
        """How messages about invalid objects call the kind: `Pod`, or `CronJob.batch`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def root(self) -> str:
        """The path of the group and version: `/api/v1`, or `/apis/batch/v1`."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The path of the collection (of one namespace, or of all) or of one object in it."""
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{place}/{self.plural}" + (f"/{name}" if name else "")


PODS = Kind(
    "",
    "v1",
    "pods",
    "Pod",
    short=("po",),
    status=True,
    subresources=("binding", "eviction", "log"),
    categories=("all",),
)
EVENTS = Kind("", "v1", "events", "Event", short=("ev",))
NAMESPACES = Kind(
    "",
    "v1",
    "namespaces",
    "Namespace",
    namespaced=False,
    short=("ns",),
    status=True,
    # There is no way to delete several at once.
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
)
NODES = Kind("", "v1", "nodes", "Node", namespaced=False, short=("no",), status=True)
SECRETS = Kind("", "v1", "secrets", "Secret")
CONFIGMAPS = Kind("", "v1", "configmaps", "ConfigMap", short=("cm",))
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount", short=("sa",))
SERVICES = Kind("", "v1", "services", "Service", short=("svc",), status=True, categories=("all",))
DEPLOYMENTS = Kind(
    "apps",
    "v1",
    "deployments",
    "Deployment",
    short=("deploy",),
    status=True,
    subresources=("scale",),
    categories=("all",),
)
REPLICA_SETS = Kind(
    "apps",
    "v1",
    "replicasets",
    "ReplicaSet",
    short=("rs",),
    status=True,
    subresources=("scale",),
    categories=("all",),
)
JOBS = Kind("batch", "v1", "jobs", "Job", status=True, categories=("all",))
CRONJOBS = Kind(
    "batch", "v1", "cronjobs", "CronJob", short=("cj",), status=True, categories=("all",)
)
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
ACCESS_REVIEWS = Kind(
    "authorization.k8s.io",
    "v1",
    "selfsubjectaccessreviews",
    "SelfSubjectAccessReview",
    namespaced=False,
    verbs=CREATE_ONLY,
)
RULES_REVIEWS = Kind(
    "authorization.k8s.io",
    "v1",
    "selfsubjectrulesreviews",
    "SelfSubjectRulesReview",
    namespaced=False,
    verbs=CREATE_ONLY,
)
SUBJECT_REVIEWS = Kind(
    "authentication.k8s.io",
    "v1",
    "selfsubjectreviews",
    "SelfSubjectReview",
    namespaced=False,
    verbs=CREATE_ONLY,
)

KINDS: tuple[Kind, ...] = (
    PODS,
    EVENTS,
    NAMESPACES,
    NODES,
    SECRETS,
    CONFIGMAPS,
    SERVICE_ACCOUNTS,
    SERVICES,
    DEPLOYMENTS,
    REPLICA_SETS,
    JOBS,
    CRONJOBS,
    LEASES,
    ACCESS_REVIEWS,
    RULES_REVIEWS,
    SUBJECT_REVIEWS,
)

STORED: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.verbs != CREATE_ONLY)
"""Those whose objects are kept; the others are questions with an answer."""

BY_PLURAL: Mapping[tuple[str, str, str], Kind] = {
    (kind.group, kind.version, kind.plural): kind for kind in KINDS
}
BY_NAME: Mapping[tuple[str, str], Kind] = {(kind.api_version, kind.kind): kind for kind in KINDS}
"""By the apiVersion and kind that objects and owner references carry."""
