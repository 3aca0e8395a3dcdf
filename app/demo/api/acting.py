"""Acting as somebody else: `kubectl --as`, for those who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.requests import name_asked_for
from app.demo.api.rules import ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, User
from app.demo.api.statuses import forbidden, forbidden_path, internal

if TYPE_CHECKING:
    from app.demo.api.calls import Call
    from app.demo.api.requests import Resource
    from app.demo.api.rules import Rules
    from app.demo.api.statuses import Refused

NAME, GROUP = "impersonate-user", "impersonate-group"
ACCOUNT = "system:serviceaccount:"
VERB = "impersonate"


def acting(call: Call, user: User, rules: Rules) -> User | None:
    """Who the request is to be judged as: the caller, or whom the caller names.

    None: the caller may not act as that user.

    Raises:
        Refused: 500, groups without a user.
    """
    name = call.headers.get(NAME, "")
    groups = tuple(filter(None, (part.strip() for part in call.headers.get(GROUP, "").split(","))))
    if not name:
        if groups:
            raise internal(f"requested {list(groups)} without impersonating a user")
        return user
    namespace, _, account = name.removeprefix(ACCOUNT).partition(":")
    if name.startswith(ACCOUNT) and account:
        needed = [("serviceaccounts", account, namespace)]
        groups = groups or ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    else:
        needed = [("users", name, "")]
    needed += [("groups", group, "") for group in groups]
    if not all(rules.allows(user, VERB, "", what, None, place, one) for what, one, place in needed):
        return None
    known = UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED
    return User(name, tuple(dict.fromkeys((*groups, known))))


def may_not_act(call: Call, user: User, resource: Resource | None, verb: str) -> Refused:
    """The refusal, in the words of 1.36, which has a right for each verb of another user's."""
    wanted = f"impersonate-on:user-info:{verb}"
    if resource is None:
        return forbidden_path(user.name, wanted, call.path)
    return forbidden(
        user.name,
        wanted,
        resource.group,
        resource.plural,
        resource.subresource,
        resource.namespace,
        name_asked_for(call, resource, verb),
    )
