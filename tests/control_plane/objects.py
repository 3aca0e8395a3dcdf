"""Kubernetes objects as tests write and read them: plain JSON with short constructors."""

from __future__ import annotations

from typing import Any

# The one place where Any is said: tests index freely into what the server sends, and an index that
# does not exist fails the test, which is all the checking they need.
Json = dict[str, Any]

IMAGE = "agent:1"


def container(name: str = "main", **fields: object) -> Json:
    """A container that the stand-in pretends to run."""
    return {"name": name, "image": IMAGE, **fields}


def pod_spec(
    *containers: Json, init: tuple[Json, ...] = (), restart: str | None = None, **fields: object
) -> Json:
    """A PodSpec with one container `main` unless others are given."""
    spec: Json = {"containers": list(containers) or [container()], **fields}
    # Nothing waits for a graceful end unless a test asks for it.
    spec.setdefault("terminationGracePeriodSeconds", 0)
    if init:
        spec["initContainers"] = list(init)
    if restart is not None:
        spec["restartPolicy"] = restart
    return spec


def metadata(
    name: str, annotations: dict[str, str] | None = None, labels: dict[str, str] | None = None
) -> Json:
    """ObjectMeta with what is given."""
    found: Json = {"name": name}
    if annotations:
        found["annotations"] = annotations
    if labels:
        found["labels"] = labels
    return found


def pod(
    name: str,
    spec: Json | None = None,
    *,
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> Json:
    """A pod; the annotations are the stand-in's script (see `tests.control_plane.kubelet`)."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, annotations, labels),
        "spec": spec or pod_spec(),
    }


def deployment(
    name: str,
    *,
    replicas: int = 1,
    spec: Json | None = None,
    annotations: dict[str, str] | None = None,
) -> Json:
    """A Deployment whose pods carry the label `app: NAME` and the annotations."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, labels=labels),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": annotations or {}},
                "spec": spec or pod_spec(),
            },
        },
    }


def job_spec(
    *,
    spec: Json | None = None,
    annotations: dict[str, str] | None = None,
    backoff_limit: int = 0,
    **fields: object,
) -> Json:
    """A JobSpec without retries (a retry waits ten seconds) unless asked for."""
    return {
        "backoffLimit": backoff_limit,
        "template": {
            "metadata": {"annotations": annotations or {}},
            "spec": spec or pod_spec(restart="Never"),
        },
        **fields,
    }


def job(name: str, spec: Json | None = None, *, annotations: dict[str, str] | None = None) -> Json:
    """A Job; `annotations` go to its pods when no spec is given."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(name),
        "spec": spec or job_spec(annotations=annotations),
    }


def cronjob(
    name: str,
    *,
    schedule: str = "0 0 1 1 *",
    annotations: dict[str, str] | None = None,
    **fields: object,
) -> Json:
    """A CronJob, by default one that does not come due during a test."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(name),
        "spec": {
            "schedule": schedule,
            "jobTemplate": {"spec": job_spec(annotations=annotations)},
            **fields,
        },
    }
