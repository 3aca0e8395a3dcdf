"""The Status objects of an API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind


def failure(code: int, reason: str, message: str, details: Json | None = None) -> Json:
    """A Status that says no."""
    status: Json = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
    }
    if reason:
        status["reason"] = reason
    if details is not None:
        status["details"] = details
    return {**status, "code": code}


def success(kind: Kind, name: str, uid: str) -> Json:
    """The Status that answers a deletion which is done."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**about(kind, name), "uid": uid},
    }


def about(kind: Kind, name: str | None = None) -> Json:
    """The details of a Status: what it is about."""
    details: Json = {}
    if name:
        details["name"] = name
    if kind.group:
        details["group"] = kind.group
    return {**details, "kind": kind.plural}


def expired(asked: int, oldest: int) -> Json:
    """What a watch is told whose position is before the kept history."""
    return failure(410, "Expired", f"too old resource version: {asked} ({oldest})")
