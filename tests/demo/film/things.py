"""Objects that the tests bring, and the words in which they script their containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.demo.film.worlds import NAMESPACE

if TYPE_CHECKING:
    from app.demo.api.kinds import Json

PREFIX = "kubelet.watchglass.test/"


def script(**keys: object) -> dict[str, str]:
    """Annotations: `script(exit_code=3)`; two underscores name a container."""
    found = {}
    for key, value in keys.items():
        word, _, container = key.partition("__")
        name = PREFIX + word.replace("_", "-") + (f".{container}" if container else "")
        found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def container(name: str = "main", **fields: Any) -> Json:
    return {"name": name, "image": "agent:1", **fields}


def pod_spec(*containers: Json, **fields: Any) -> Json:
    return {"containers": list(containers) or [container()], **fields}


def pod(name: str, spec: Json | None = None, **annotations: object) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": script(**annotations)},
        "spec": spec or pod_spec(),
    }


def job_spec(
    spec: Json | None = None, *, notes: dict[str, str] | None = None, **fields: Any
) -> Json:
    template = {
        "metadata": {"annotations": notes or {}},
        "spec": spec or pod_spec(restartPolicy="Never"),
    }
    return {"backoffLimit": 0, "template": template, **fields}


def job(name: str, **fields: Any) -> Json:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": job_spec(**fields),
    }


def cron_job(
    name: str, schedule: str = "* * * * *", *, of: Json | None = None, **fields: Any
) -> Json:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "schedule": schedule,
            "jobTemplate": {
                "metadata": {"labels": {"from": name}},
                "spec": of or job_spec(notes=script(run_for_ms=5_000)),
            },
            **fields,
        },
    }


def deployment(
    name: str, replicas: int, *, notes: dict[str, str] | None = None, **fields: Any
) -> Json:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {"note": "kept"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": notes or {}},
                "spec": pod_spec(),
            },
            **fields,
        },
    }
