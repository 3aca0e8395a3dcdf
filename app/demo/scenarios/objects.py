"""The objects of the scenarios, as somebody would have applied them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.kinds import CRONJOBS, DEPLOYMENTS, JOBS, NAMESPACES
from app.demo.options import NAMESPACE

if TYPE_CHECKING:
    from app.demo.api.kinds import Json

REGISTRY = "registry.example.com"
DAY = 86_400.0
HOUR = 3_600.0


def tolerations(seconds: int) -> list[Json]:
    """How long a pod stays on a node that is not heard of."""
    return [
        {
            "key": f"node.kubernetes.io/{trouble}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": seconds,
        }
        for trouble in ("not-ready", "unreachable")
    ]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A Deployment of the cast."""

    name: str
    replicas: int
    age: float
    """Seconds since it was made."""
    image: str
    memory: str
    containers: tuple[str, ...]
    grace: int = 30


@dataclass(frozen=True, slots=True)
class Rota:
    """A CronJob of the cast; `history`: so long ago its last few runs began."""

    name: str
    schedule: str
    history: float
    lasts: float
    spread: float = 0.3
    """The share by which a run may be shorter or longer."""
    zone: str | None = None
    policy: str = "Forbid"
    suspended: bool = False
    deadline: int | None = None
    failing: float = 0.0
    """The share of runs that fail."""


def namespace(name: str) -> Json:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": NAMESPACES.kind, "metadata": {"name": name}}


def container(name: str, image: str, memory: str) -> Json:
    """One container with its limits."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "100m", "memory": memory}, "limits": {"memory": memory}},
    }


def deployment(fleet: Fleet, stay: int | None = None, place: str = NAMESPACE) -> Json:
    """A Deployment whose pods may stay so many seconds on a lost node."""
    labels = {"app": fleet.name}
    image = f"{REGISTRY}/{fleet.image}"
    containers = [container(name, _image(name, image), fleet.memory) for name in fleet.containers]
    spec: Json = {"containers": containers, "terminationGracePeriodSeconds": fleet.grace}
    if stay is not None:
        spec["tolerations"] = tolerations(stay)
    return {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": fleet.name, "namespace": place, "labels": labels},
        "spec": {
            "replicas": fleet.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def _image(name: str, image: str) -> str:
    return f"{REGISTRY}/git-sync:4.4.2" if name == "git-sync" else image


def job_spec(name: str, image: str, *, retries: int = 0, args: list[str] | None = None) -> Json:
    """What a Job does."""
    only = container(name, f"{REGISTRY}/{image}", "256Mi")
    if args:
        only["args"] = args
    pod = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 10,
            "containers": [only],
        },
    }
    return {"backoffLimit": retries, "template": pod}


def cron_job(rota: Rota) -> Json:
    """A CronJob, at rest until its history begins."""
    spec: Json = {
        "schedule": rota.schedule,
        "concurrencyPolicy": rota.policy,
        "suspend": True,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {
            "metadata": {"labels": {"app": rota.name}},
            "spec": job_spec(rota.name, f"{rota.name}:2.3.0"),
        },
    }
    if rota.zone is not None:
        spec["timeZone"] = rota.zone
    if rota.deadline is not None:
        spec["startingDeadlineSeconds"] = rota.deadline
    return {
        "apiVersion": CRONJOBS.api_version,
        "kind": CRONJOBS.kind,
        "metadata": {"name": rota.name, "namespace": NAMESPACE, "labels": {"app": rota.name}},
        "spec": spec,
    }


def job(name: str, app: str, image: str, *, retries: int = 0, keep: int = 600) -> Json:
    """A Job that somebody started, removed so many seconds after its end."""
    return {
        "apiVersion": JOBS.api_version,
        "kind": JOBS.kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": app}},
        "spec": {**job_spec(app, image, retries=retries), "ttlSecondsAfterFinished": keep},
    }
