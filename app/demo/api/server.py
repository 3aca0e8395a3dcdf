"""The simulated API server: a call in, an answer out, all of it at once.

Only the bodies of watches and followed logs take time; everything else is done when `answer`
returns, so whoever drives the server decides what happens when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.acting import acting, may_not_act
from app.demo.api.bodies import question
from app.demo.api.calls import Answer, answered
from app.demo.api.discovery import documents
from app.demo.api.reading import Reading, found
from app.demo.api.render import Renderer
from app.demo.api.requests import name_asked_for, resource_of, verb_of
from app.demo.api.reviews import review
from app.demo.api.scaling import answer_scale
from app.demo.api.statuses import (
    Refused,
    forbidden,
    forbidden_path,
    method_not_allowed,
    no_such_path,
    no_such_resource,
    unauthorized,
)
from app.demo.api.store import Store
from app.demo.api.tables import table
from app.demo.api.write_options import is_dry
from app.demo.api.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.demo.api.calls import Call
    from app.demo.api.kinds import Kind
    from app.demo.api.ports import Documents, Identities, LogSource, Reviews, Tables
    from app.demo.api.requests import Resource
    from app.demo.api.rules import Rules, User

TEXT = "text/plain; charset=utf-8"


class ApiServer:
    """Objects behind the API's rules.

    `logs` may be set later: the kubelet that has them needs the server first.
    """

    def __init__(
        self,
        clock: Clock,
        identities_of: Callable[[User], Identities],
        rules: Rules,
        logs: LogSource | None = None,
        *,
        tables: Tables = table,
        reviews: Reviews = review,
        documents: Documents = documents,
        history: int = 1_000,
        bookmark_seconds: float = 60.0,
    ) -> None:
        self.store = Store(history)
        self.rules = rules
        self.logs = logs
        self._clock = clock
        self._documents = documents
        self._reviews = reviews
        renderer = Renderer(clock, tables)
        self._reading = Reading(self.store, renderer, clock, bookmark_seconds)
        self._writing = Writing(self.store, renderer, clock, identities_of)

    def forget(self) -> None:
        """Lose the history, as a server does that is started again; what is stored stays."""
        self.store.forget()

    def answer(self, call: Call) -> Answer:
        """Answer one call; a refusal is an answer too."""
        try:
            return self._answer(call)
        except Refused as refusal:
            return refused(refusal)

    def _answer(self, call: Call) -> Answer:
        if call.user is None:
            raise unauthorized()
        user = acting(call, call.user, self.rules)
        resource = resource_of(call.path)
        verb = call.method.lower() if resource is None else verb_of(call, resource)
        if user is None:
            raise may_not_act(call, call.user, resource, verb)
        if resource is None:
            return self._document(call, user)
        self._authorise(call, user, resource, verb)
        kind = resource.kind
        if kind.verbs == kinds.CREATE_ONLY:
            return self._review(call, user, kind, resource, verb)
        if resource.subresource:
            return self._subresource(call, user, kind, resource, verb)
        if verb not in kind.verbs or not _fits(kind, resource, verb, call.method):
            raise method_not_allowed()
        return self._plain(call, user, kind, resource, verb)

    def _plain(self, call: Call, user: User, kind: Kind, resource: Resource, verb: str) -> Answer:
        reading, writing, place = self._reading, self._writing, resource.place
        match verb:
            case "get":
                return reading.get(call, kind, place, resource.name)
            case "list":
                return reading.list(call, kind, place or None)
            case "watch":
                return reading.watch(call, kind, place or None)
            case "create":
                return writing.create(call, user, kind, place)
            case "update":
                return writing.replace(call, kind, place, resource.name)
            case "patch":
                return writing.patch(call, kind, place, resource.name)
            case "delete":
                return writing.delete(call, kind, place, resource.name)
            case _:
                return writing.delete_collection(call, kind, place)

    def _subresource(
        self, call: Call, user: User, kind: Kind, resource: Resource, verb: str
    ) -> Answer:
        part, place, name = resource.subresource, resource.place, resource.name
        writing = self._writing
        if part == "status" and kind.status:
            match verb:
                case "get":
                    return self._reading.get(call, kind, place, name)
                case "update":
                    return writing.replace(call, kind, place, name, status=True)
                case "patch":
                    return writing.patch(call, kind, place, name, status=True)
            raise method_not_allowed()
        if part == "finalize" and kind is kinds.NAMESPACES:
            if verb != "update":
                raise method_not_allowed()
            return writing.finalize(call, name)
        if part not in kind.subresources:
            raise no_such_resource()
        if part == "scale":
            if verb not in ("get", "update", "patch"):
                raise method_not_allowed()
            before = found(self.store, kind, place, name)
            dry = is_dry(call, "UpdateOptions" if verb == "update" else "PatchOptions")
            return answer_scale(self.store, before, call, verb, dry=dry)
        if part == "log":
            if verb != "get" or call.method == "HEAD":
                raise method_not_allowed()
            return self._reading.log(call, self.logs, place, name)
        if verb != "create":
            raise method_not_allowed()
        if part == "binding":
            return writing.bind(call, place, name)
        return writing.evict(call, place, name)

    def _review(self, call: Call, user: User, kind: Kind, resource: Resource, verb: str) -> Answer:
        if verb != "create" or resource.name:
            raise method_not_allowed()
        asked = question(kind, call.body, call.headers.get("content-type", ""))
        return answered(self._reviews(kind, asked, user, self.rules), 201)

    def _document(self, call: Call, user: User) -> Answer:
        verb = "get" if call.method == "HEAD" else call.method.lower()
        path = call.path
        if not self.rules.allows_url(user, verb, path):
            raise forbidden_path(user.name, verb, path)
        answer = self._documents(call, self.rules)
        if answer is None:
            raise no_such_path()
        if call.method != "GET":
            raise method_not_allowed()
        return answer

    def _authorise(self, call: Call, user: User, resource: Resource, verb: str) -> None:
        name = name_asked_for(call, resource, verb)
        asked = (verb, resource.group, resource.plural, resource.subresource, resource.namespace)
        if self.rules.allows(user, *asked, name):
            return
        raise forbidden(user.name, *asked, name)


def _fits(kind: Kind, resource: Resource, verb: str, method: str) -> bool:
    """Whether the verb can be done at this path."""
    if method == "HEAD":
        return False
    if resource.name:
        return verb not in ("create", "list", "watch", "deletecollection")
    if kind.namespaced and not resource.namespace:
        return verb in ("list", "watch")
    return verb in ("create", "list", "watch", "deletecollection")


def refused(refusal: Refused) -> Answer:
    """A refusal as an answer."""
    if refusal.text is not None:
        return Answer(refusal.code, refusal.text.encode(), TEXT, refusal.headers)
    answer = answered(refusal.status, refusal.code)
    answer.headers = refusal.headers
    answer.warnings = refusal.warnings
    return answer
