"""The roles of the demo: what a cluster brings along, and what `deploy/rbac-view.yaml` grants."""

from __future__ import annotations

from app.demo.api.rules import (
    AUTHENTICATED,
    CONTROLLERS,
    MASTERS,
    NODES,
    UNAUTHENTICATED,
    Binding,
    Rule,
    User,
    person,
)

DEMO = "demo"
VIEWER = "viewer"
NOBODY = "nobody"

VIEW_ROLE = "watchglass-view"
VIEW_RULES = (
    Rule(verbs=("list", "watch"), groups=("",), resources=("pods", "events")),
    Rule(verbs=("list", "watch"), groups=("batch",), resources=("cronjobs", "jobs")),
)
"""The rules of `deploy/rbac-view.yaml`, no more and no less."""

EVERYTHING = (
    Rule(verbs=("*",), groups=("*",), resources=("*",)),
    Rule(verbs=("*",), urls=("*",)),
)
INFORMATION = ("/healthz", "/livez", "/readyz", "/version", "/version/")
DISCOVERY = ("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")
REVIEWS = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")


def bindings(namespace: str | None = None) -> tuple[Binding, ...]:
    """Who may what; `viewer` has its rights in `namespace`, None is all namespaces."""
    return (
        Binding("cluster-admin", (MASTERS,), EVERYTHING),
        Binding(
            "system:basic-user",
            (AUTHENTICATED,),
            (
                Rule(verbs=("create",), groups=("authorization.k8s.io",), resources=REVIEWS),
                Rule(
                    verbs=("create",),
                    groups=("authentication.k8s.io",),
                    resources=("selfsubjectreviews",),
                ),
            ),
        ),
        Binding(
            "system:discovery",
            (AUTHENTICATED,),
            (Rule(verbs=("get",), urls=(*DISCOVERY, *INFORMATION)),),
        ),
        Binding(
            "system:public-info-viewer",
            (AUTHENTICATED, UNAUTHENTICATED),
            (Rule(verbs=("get",), urls=INFORMATION),),
        ),
        # A real cluster gives each controller what it needs; the film is not about their rights.
        Binding("system:controllers", (CONTROLLERS, NODES), EVERYTHING),
        Binding(VIEW_ROLE, (VIEWER,), VIEW_RULES, namespace),
    )


def people() -> dict[str, User]:
    """The users from outside by name: `demo` may do everything, `nobody` nothing."""
    return {
        DEMO: person(DEMO, MASTERS),
        VIEWER: person(VIEWER),
        NOBODY: person(NOBODY),
    }
