"""The words that rules and lives share: a row of the table, and what a rule finds."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from app.model import EVERYWHERE, Action, ObjectReference

if TYPE_CHECKING:
    from datetime import datetime

    from app.model import Severity


DIGEST = 20


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a person can do; `{namespace}`, `{name}` and `{title}` of the command are filled in.

    `name` is that of the first object, or of its first of kind `of`; without one the remedy is
    left out, as one that needs a namespace is. `title` is what the incident is named by.
    """

    id: str
    label: str
    command: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: a kind of incident, how bad it is, and what is said of it.

    `title` is said of the incident's `{name}`. `many` is the reason where several findings make one
    incident, of `{count}` and the first one's `{reason}`. `lasting` is how long a finding must hold
    before it is one, `fades` after how long it is none any more. `blinds`: what it explains cannot
    be seen at all, and is neither better nor worse than when it last could. `nameless`: its name is
    not for everyone who may read that there is such an incident.
    """

    word: str
    severity: Severity
    title: str
    remedies: tuple[Remedy, ...] = ()
    many: str = "{count} pods. {reason}"
    lasting: float = 0.0
    fades: float | None = None
    blinds: bool = False
    nameless: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of one object.

    Findings of one kind, namespace and name are one incident. `reason` is in words of ours,
    `message` in the cluster's and for the detail audience alone. `claims` names what it explains,
    `under` what would explain it, the furthest cause first.
    """

    kind: Kind
    namespace: str
    name: str
    subject: ObjectReference
    reason: str
    message: str = ""
    since: datetime | None = None
    lasting: float = 0.0
    severity: Severity | None = None
    also: tuple[ObjectReference, ...] = ()
    member: str = ""
    """Who says so, where that is not the subject itself."""
    claims: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its incident, with a digest for a name that is not for everyone.

        And for one that no API server would give: escaped it may be longer than a key can be.
        """
        name = self.name
        if self.kind.nameless or not name.isascii() or '"' in name or "\\" in name:
            name = sha256(name.encode()).hexdigest()[:DIGEST]
        return f"{self.kind.word}/{self.namespace}/{name}"

    @property
    def voice(self) -> str:
        """What tells it apart from other findings of its incident."""
        subject = self.subject
        return self.member or f"{subject.kind}/{subject.namespace}/{subject.name}"


def source_tokens(kind: str, namespace: str) -> tuple[str, ...]:
    """What explains findings about this kind: its own source, or the one of all namespaces."""
    return (source_token(kind, namespace), source_token(kind, EVERYWHERE))


def source_token(kind: str, namespace: str) -> str:
    """What a lost source explains."""
    return f"source {kind}/{namespace}"


def actions_of(kind: Kind, name: str, objects: tuple[ObjectReference, ...]) -> tuple[Action, ...]:
    """What can be done, as commands that are safe to copy whatever the objects are called."""
    found = []
    for remedy in kind.remedies:
        target = next((one for one in objects if remedy.of in (None, one.kind)), None)
        if target is not None and (target.namespace or "{namespace}" not in remedy.command):
            command = remedy.command.format(
                namespace=shlex.quote(target.namespace or ""),
                name=shlex.quote(target.name),
                title=shlex.quote(name),
            )
            found.append(Action(id=remedy.id, label=remedy.label, command=command))
    return tuple(found)
