"""Questions about oneself: may I, what may I, who am I."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import ACCESS_REVIEWS, RULES_REVIEWS
from app.demo.api.problems import Problem, wrong
from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, bad_request

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.rules import Rule, Rules, User

RESOURCE, PATH = "resourceAttributes", "nonResourceAttributes"


def review(kind: Kind, asked: Json, user: User, rules: Rules) -> Json:
    """The review with its status, by the rules that every request is judged by.

    Raises:
        Refused: It asks for nothing, or for two things at once.
    """
    if kind is ACCESS_REVIEWS:
        return _may_i(asked, user, rules)
    if kind is RULES_REVIEWS:
        return _what_may_i(asked, user, rules)
    return _who_am_i(asked, user)


def _may_i(asked: Json, user: User, rules: Rules) -> Json:
    spec = asked.get("spec") or {}
    resource, path = spec.get(RESOURCE), spec.get(PATH)
    if resource is None and path is None:
        detail = f"exactly one of {PATH} or {RESOURCE} must be specified"
        raise _invalid(wrong(f"spec.{RESOURCE}", None, detail))
    if resource is not None and path is not None:
        detail = f"cannot be specified in combination with {RESOURCE}"
        said = {name.capitalize(): path[name] for name in ("path", "verb") if path.get(name)}
        raise _invalid(wrong(f"spec.{PATH}", said, detail))
    if resource is not None:
        names = ("verb", "group", "resource", "subresource", "namespace", "name")
        reason = rules.reason(user, *(str(resource.get(name) or "") for name in names))
    else:
        found = path or {}
        reason = rules.url_reason(user, *(str(found.get(name) or "") for name in ("verb", "path")))
    status: Json = {"allowed": reason is not None}
    if reason:
        status["reason"] = reason
    repeated = {part: _said(spec[part]) for part in (RESOURCE, PATH) if spec.get(part) is not None}
    return _answered(asked, {"metadata": {}, "spec": repeated, "status": status})


def _said(attributes: Json) -> Json:
    return {name: value for name, value in attributes.items() if value}


def _invalid(problem: Problem) -> Refused:
    """As the real server says it, which does not know the kind's name by then."""
    cause = {"reason": problem.word, "message": problem.text, "field": problem.field}
    group = ACCESS_REVIEWS.group
    message = f'.{group} "" is invalid: {problem.field}: {problem.text}'
    return Refused(422, failure(422, "Invalid", message, {"group": group, "causes": [cause]}))


def _what_may_i(asked: Json, user: User, rules: Rules) -> Json:
    namespace = str((asked.get("spec") or {}).get("namespace") or "")
    if not namespace:
        raise bad_request("no namespace on request")
    found = list(rules.rules_of(user, namespace))
    status = {
        "resourceRules": [_resources(rule) for rule in found if not rule.urls],
        "nonResourceRules": [
            {"verbs": list(rule.verbs), "nonResourceURLs": list(rule.urls)}
            for rule in found
            if rule.urls
        ],
        "incomplete": rules.denying,
    }
    return _answered(asked, {"metadata": {}, "spec": {}, "status": status})


def _resources(rule: Rule) -> Json:
    found: Json = {
        "verbs": list(rule.verbs),
        "apiGroups": list(rule.groups),
        "resources": list(rule.resources),
    }
    return found | ({"resourceNames": list(rule.names)} if rule.names else {})


def _who_am_i(asked: Json, user: User) -> Json:
    who = {"username": user.name, "groups": list(user.groups)}
    return _answered(asked, {"metadata": {}, "status": {"userInfo": who}})


def _answered(asked: Json, answer: Json) -> Json:
    return {"kind": asked["kind"], "apiVersion": asked["apiVersion"], **answer}
