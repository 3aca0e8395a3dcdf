"""Who may do what: users by their bearer token, and RBAC's rules, which only ever allow.

The rules and their oddities are those of Kubernetes 1.36 (pkg/apis/rbac/v1/evaluation_helpers.go);
who is bound to what in the demo says `roles.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
MASTERS = "system:masters"
NODES = "system:nodes"
CONTROLLERS = "system:serviceaccounts:kube-system"


@dataclass(frozen=True, slots=True)
class User:
    """A name and the groups that it is in."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        """A part of the cluster itself, a controller or a kubelet: the film, not the audience."""
        return CONTROLLERS in self.groups or NODES in self.groups


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))
"""Whoever shows no token at all; a token that is not known is nobody, and a 401."""


def person(name: str, *groups: str) -> User:
    """Somebody with a token of their own."""
    return User(name, (*groups, AUTHENTICATED))


def controller(name: str) -> User:
    """A controller, such as `job`, as its ServiceAccount in kube-system."""
    return User(
        f"system:serviceaccount:kube-system:{name}-controller",
        ("system:serviceaccounts", CONTROLLERS, AUTHENTICATED),
    )


def node(name: str) -> User:
    """The kubelet of a node."""
    return User(f"system:node:{name}", (NODES, AUTHENTICATED))


@dataclass(frozen=True, slots=True)
class Rule:
    """A PolicyRule: verbs on resources (`pods`, `pods/log`, `*/scale`, `*`), or on URLs."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def allows(self, verb: str, group: str, resource: str, subresource: str, name: str) -> bool:
        """Whether the rule is about this request; without `names` it is about every name."""
        wanted = f"{resource}/{subresource}" if subresource else resource
        anywhere = f"*/{subresource}" if subresource else wanted
        return (
            _among(verb, self.verbs)
            and _among(group, self.groups)
            and (_among(wanted, self.resources) or anywhere in self.resources)
            and (not self.names or name in self.names)
        )

    def allows_url(self, verb: str, path: str) -> bool:
        """Whether the rule is about this path; `/api/*` is about all below it."""
        return _among(verb, self.verbs) and any(
            url in ("*", path) or (url.endswith("*") and path.startswith(url.rstrip("*")))
            for url in self.urls
        )


@dataclass(frozen=True, slots=True)
class Binding:
    """A role with its rules, bound under one name to users and groups; None is everywhere."""

    role: str
    subjects: tuple[str, ...]
    rules: tuple[Rule, ...]
    namespace: str | None = None

    def source(self, user: User) -> str:
        """The words in which RBAC names a binding that has allowed something."""
        kind = "User" if user.name in self.subjects else "Group"
        subject = next(one for one in (user.name, *user.groups) if one in self.subjects)
        if self.namespace is None:
            said = f"ClusterRoleBinding {quoted(self.role)} of ClusterRole {quoted(self.role)}"
        else:
            place = quoted(f"{self.role}/{self.namespace}")
            said = f"RoleBinding {place} of Role {quoted(self.role)}"
        return f"RBAC: allowed by {said} to {kind} {quoted(subject)}"


class Rules:
    """Tokens, bindings, and the switch that takes a resource away from everybody outside.

    `tokens` may be changed while the server runs: a token taken out is a token revoked.
    """

    def __init__(self, tokens: Mapping[str, User], bindings: Iterable[Binding]) -> None:
        self.tokens = dict(tokens)
        self._bindings = list(bindings)
        self._denied: set[tuple[str, str]] = set()

    def user_of(self, token: str | None) -> User | None:
        """Whose token this is: ANONYMOUS without one, None for one that is not known (401)."""
        return ANONYMOUS if token is None else self.tokens.get(token)

    def bind(self, binding: Binding) -> None:
        """Give rights, in force at once."""
        self._bindings.append(binding)

    def unbind(self, binding: Binding) -> None:
        """Take them back, in force at once; open watches go on, as with a real server.

        Raises:
            ValueError: It is not bound.
        """
        self._bindings.remove(binding)

    def deny(self, group: str, resource: str) -> None:
        """Take a resource and its subresources away from everybody who is not inside."""
        self._denied.add((group, resource))

    def undeny(self, group: str, resource: str) -> None:
        """Give it back; what was not denied stays as it is."""
        self._denied.discard((group, resource))

    @property
    def denying(self) -> bool:
        """Whether something is taken away, so that the rules alone do not tell the whole."""
        return bool(self._denied)

    def allows(
        self,
        user: User,
        verb: str,
        group: str,
        resource: str,
        subresource: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
    ) -> bool:
        """Whether `user` may do it; no namespace is cluster-wide or all namespaces.

        A list or watch with `fieldSelector=metadata.name=x` has the name x. A request for one
        Namespace object has its name as `namespace` too.
        """
        return self.reason(user, verb, group, resource, subresource, namespace, name) is not None

    def reason(
        self,
        user: User,
        verb: str,
        group: str,
        resource: str,
        subresource: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
    ) -> str | None:
        """Why `user` may do it, None when nothing allows it; of system:masters nobody asks why."""
        if (group, resource) in self._denied and not user.inside:
            return None
        if MASTERS in user.groups:
            return ""
        for binding in self._bound(user, namespace or ""):
            for rule in binding.rules:
                if rule.allows(verb, group, resource, subresource or "", name or ""):
                    return binding.source(user)
        return None

    def allows_url(self, user: User, verb: str, path: str) -> bool:
        """Whether `user` may use a path that is no resource, such as `/version`."""
        return self.url_reason(user, verb, path) is not None

    def url_reason(self, user: User, verb: str, path: str) -> str | None:
        """As `reason`, for a path that is no resource."""
        if MASTERS in user.groups:
            return ""
        for binding in self._bound(user, ""):
            if any(rule.allows_url(verb, path) for rule in binding.rules):
                return binding.source(user)
        return None

    def rules_of(self, user: User, namespace: str) -> Iterator[Rule]:
        """All rules that count for `user` in a namespace, those of all namespaces included."""
        for binding in self._bound(user, namespace):
            yield from binding.rules

    def _bound(self, user: User, namespace: str) -> Iterator[Binding]:
        mine = {user.name, *user.groups}
        for binding in self._bindings:
            if binding.namespace in (None, namespace) and not mine.isdisjoint(binding.subjects):
                yield binding


def quoted(text: str) -> str:
    """`text` in quotes, as Go's %q writes it."""
    return json.dumps(text, ensure_ascii=False)


def _among(wanted: str, listed: tuple[str, ...]) -> bool:
    return "*" in listed or wanted in listed
