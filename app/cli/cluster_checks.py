"""Doctor's questions to the API server: does it answer, who are we, and may we."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.cluster.access import AccessReview, Need, own_name
from app.cluster.answers import Call
from app.cluster.binding import missing_binding
from app.cluster.rule import missing_rule
from app.cluster.transport import HttpTransport
from app.errors import Absent, AccessDenied, ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.cli.report import Report
    from app.clock import Clock
    from app.cluster.configuration import ClusterConfiguration
    from app.cluster.projection import Resource
    from app.cluster.transport import Transport

ANSWER_SECONDS = 10.0
VERBS = ("list", "watch")


async def check_cluster(
    configuration: ClusterConfiguration,
    namespaces: tuple[str, ...] | None,
    resources: Iterable[Resource],
    report: Report,
    clock: Clock,
    connect_seconds: float,
) -> None:
    """Ask everything that serving needs; what a failure makes senseless is not asked."""
    async with HttpTransport(
        configuration, clock, connect_seconds=connect_seconds, answer_seconds=ANSWER_SECONDS
    ) as transport:
        try:
            version = await _version(transport)
            user = await own_name(transport)
        except ClusterError as error:
            report.bad("reachability", _told(error))
            return
        report.good("reachability", f"Kubernetes {version}" + (f", as {user}" if user else ""))
        review = AccessReview(transport, clock)
        wanted = tuple(resources)
        try:
            for namespace in namespaces or (None,):
                if await _exists(transport, namespace, report):
                    for resource in wanted:
                        await _may(review, resource, namespace, user, report)
        except ClusterError as error:
            report.bad("rights", f"cannot be asked for: {_told(error)}")


async def _version(transport: Transport) -> str:
    body = await transport.fetch(Call("get", "/version", "", "version", None))
    try:
        return str(json.loads(body)["gitVersion"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "of an unknown version"


async def _exists(transport: Transport, namespace: str | None, report: Report) -> bool:
    """False when the namespace certainly does not exist; few may ask."""
    if namespace is None:
        return True
    path = f"/api/v1/namespaces/{namespace}"
    try:
        await transport.fetch(Call("get", path, "", "namespaces", namespace))
    except Absent:
        report.bad("namespace", f"there is no namespace {namespace}")
        return False
    except AccessDenied:
        pass
    return True


async def _may(
    review: AccessReview,
    resource: Resource,
    namespace: str | None,
    user: str | None,
    report: Report,
) -> None:
    plural = resource.plural
    place = "in all namespaces" if namespace is None else f"in {namespace}"
    answers = {
        verb: await review.allowed(Need(verb, resource.group, plural, namespace)) for verb in VERBS
    }
    denied = [verb for verb, answer in answers.items() if answer is False]
    unknown = [verb for verb, answer in answers.items() if answer is None]
    if denied:
        report.bad("rights", f"may not {' or '.join(denied)} {plural} {place}")
        # All verbs: a rule of this name may exist, and applying must not take one away.
        report.rule(missing_rule(resource.group, plural, namespace, VERBS))
        if user is not None:
            report.rule(missing_binding(plural, namespace, user))
    elif unknown:
        told = " or ".join(unknown)
        report.bad("rights", f"the API server cannot tell whether we may {told} {plural} {place}")
    else:
        report.good("rights", f"may {' and '.join(VERBS)} {plural} {place}")


def _told(error: ClusterError) -> str:
    return str(error) + (f" ({error.details})" if error.details else "")
