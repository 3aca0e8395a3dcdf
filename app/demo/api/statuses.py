"""Refusals in the words of the API server: Status objects with the right code and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.problems import Problem, shown
from app.demo.api.status_objects import about, failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.demo.api.kinds import Json, Kind


class Refused(Exception):
    """A refusal: the HTTP `code`, the Status object, headers beside it.

    `text` is set where the API server answers in plain text instead of a Status; `warnings` are
    told beside it.
    """

    def __init__(
        self,
        code: int,
        status: Json,
        headers: Mapping[str, str] | None = None,
        text: str | None = None,
    ) -> None:
        super().__init__(status.get("message", "") if text is None else text)
        self.code = code
        self.status = status
        self.headers: Mapping[str, str] = headers or {}
        self.text = text
        self.warnings: Sequence[str] = ()

    @property
    def reason(self) -> str:
        """The word of the Status, empty when it has none."""
        return str(self.status.get("reason", ""))


def bad_request(message: str) -> Refused:
    """The request cannot be understood."""
    return Refused(400, failure(400, "BadRequest", message))


def unauthorized() -> Refused:
    """The token is not a known one."""
    return Refused(401, failure(401, "Unauthorized", "Unauthorized"))


def forbidden(
    user: str,
    verb: str,
    group: str,
    plural: str,
    subresource: str = "",
    namespace: str | None = None,
    name: str | None = None,
) -> Refused:
    """The user may not do that to a resource, whether or not it exists."""
    whole = f"{plural}.{group}" if group else plural
    subject = f"{whole} {shown(name)}" if name else whole
    resource = f"{plural}/{subresource}" if subresource else plural
    place = f"in the namespace {shown(namespace)}" if namespace else "at the cluster scope"
    message = (
        f"{subject} is forbidden: User {shown(user)} cannot {verb} resource {shown(resource)} "
        f"in API group {shown(group)} {place}"
    )
    details: Json = {"name": name} if name else {}
    if group:
        details["group"] = group
    details["kind"] = plural
    return Refused(403, failure(403, "Forbidden", _harmless(message), details))


def forbidden_path(user: str, verb: str, path: str) -> Refused:
    """The user may not use a path that is no resource."""
    message = f"forbidden: User {shown(user)} cannot {verb} path {shown(path)}"
    return Refused(403, failure(403, "Forbidden", _harmless(message), {}))


def _harmless(text: str) -> str:
    """Nothing that a browser could take for HTML; the API server does the same."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def refused_by_rule(kind: Kind, name: str, why: str) -> Refused:
    """Nobody may do that: what admission says of it."""
    message = f'{kind.resource} "{name}" is forbidden: {why}'
    return Refused(403, failure(403, "Forbidden", message, about(kind, name)))


def not_found(kind: Kind, name: str) -> Refused:
    """No such object."""
    message = f'{kind.resource} "{name}" not found'
    return Refused(404, failure(404, "NotFound", message, about(kind, name)))


def no_such_resource() -> Refused:
    """A group that is served has no such resource or subresource."""
    message = "the server could not find the requested resource"
    return Refused(404, failure(404, "NotFound", message, {}))


def no_such_path() -> Refused:
    """Nothing is served here, not even the group; said in plain text."""
    return Refused(404, {}, text="404 page not found\n")


def method_not_allowed() -> Refused:
    """The path exists, not with this method."""
    message = "the server does not allow this method on the requested resource"
    return Refused(405, failure(405, "MethodNotAllowed", message, {}))


def not_acceptable() -> Refused:
    """The answer cannot be given in any of the forms asked for."""
    message = (
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
        "application/vnd.kubernetes.protobuf"
    )
    return Refused(406, failure(406, "NotAcceptable", message, {}))


def already_exists(kind: Kind, name: str) -> Refused:
    """There is one of that name."""
    message = f'{kind.resource} "{name}" already exists'
    return Refused(409, failure(409, "AlreadyExists", message, about(kind, name)))


def conflict(kind: Kind, name: str, why: str) -> Refused:
    """The request does not fit the object as it is."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refused(409, failure(409, "Conflict", message, about(kind, name)))


def conflict_on(word: str, name: str, why: str) -> Refused:
    """As `conflict`, where the message calls the kind by another word."""
    message = f'Operation cannot be fulfilled on {word} "{name}": {why}'
    return Refused(409, failure(409, "Conflict", message, {"name": name, "kind": word}))


def stale(kind: Kind, name: str) -> Refused:
    """The object was changed since the caller read it."""
    return conflict(
        kind,
        name,
        "the object has been modified; please apply your changes to the latest version and "
        "try again",
    )


def continue_expired(fresh: str) -> Refused:
    """The continue token is from before the kept history; `fresh` goes on, inconsistently."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can "
        "start a new list without the continue parameter, or use the continue token in this "
        "response to retrieve the remainder of the results. Continuing with the provided token "
        "results in an inconsistent list - objects that were created, modified, or deleted between "
        "the time the first chunk was returned and now may show up in the list."
    )
    status = failure(410, "Expired", message)
    status["metadata"] = {"continue": fresh}
    return Refused(410, status)


def version_expired(message: str) -> Refused:
    """An exact resourceVersion was asked for that is not kept."""
    return Refused(410, failure(410, "Expired", message))


def too_large(limit: int) -> Refused:
    """The body of the request exceeds what is read."""
    message = f"Request entity too large: limit is {limit}"
    return Refused(413, failure(413, "RequestEntityTooLarge", message, {}))


def unsupported_patch() -> Refused:
    """The notation of a patch is not known."""
    message = "415: Unsupported Media Type"
    return Refused(415, failure(415, "UnsupportedMediaType", message, {}))


def unsupported_media_type(accepted: Sequence[str]) -> Refused:
    """The body is in a form that is not read."""
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        f"{', '.join(accepted)}"
    )
    return Refused(415, failure(415, "UnsupportedMediaType", message, {}))


def invalid(kind: Kind, name: str, problems: Iterable[Problem]) -> Refused:
    """The object breaks a rule of its kind."""
    found = list(problems)
    said = [f"{problem.field}: {problem.text}" for problem in found]
    texts = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    details: Json = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    details["kind"] = kind.kind
    details["causes"] = causes(found)
    message = f'{kind.qualified} "{name}" is invalid: {texts}'
    return Refused(422, failure(422, "Invalid", message, details))


def invalid_options(kind: str, *problems: Problem) -> Refused:
    """The parameters of a request (`ListOptions`, `DeleteOptions` ...) contradict each other."""
    said = [f"{problem.field}: {problem.text}" for problem in problems]
    texts = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    details: Json = {"group": "meta.k8s.io", "kind": kind, "causes": causes(problems)}
    message = f'{kind}.meta.k8s.io "" is invalid: {texts}'
    return Refused(422, failure(422, "Invalid", message, details))


def causes(problems: Iterable[Problem]) -> list[Json]:
    """Problems as a Status lists them."""
    return [
        {"reason": problem.word, "message": problem.text, "field": problem.field}
        for problem in problems
    ]


def unprocessable(message: str) -> Refused:
    """A JSON patch that cannot be applied: its test fails, or a path is not there."""
    return Refused(422, failure(422, "Invalid", message, {}))


def internal(message: str) -> Refused:
    """A fault of the server's; the real one gives no reason word for some of them."""
    return Refused(500, failure(500, "InternalError", f"Internal error occurred: {message}"))


def version_too_large(asked: int, current: int) -> Refused:
    """The caller has seen a later state than this server."""
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details: Json = {"causes": [cause], "retryAfterSeconds": 1}
    return Refused(504, failure(504, "Timeout", message, details), {"Retry-After": "1"})
