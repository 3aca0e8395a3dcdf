"""Who are we, and may we? Two questions that every authenticated user may ask.

SelfSubjectReview (since Kubernetes 1.28) tells a name, SelfSubjectAccessReview a right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cluster.answers import Call
from app.cluster.faults import Refused
from app.errors import Absent, AccessDenied, Unusable

if TYPE_CHECKING:
    from app.clock import Clock
    from app.cluster.transport import Transport

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
IDENTITY_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REMEMBERED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that must be allowed; `namespace` None stands for all of them."""

    verb: str
    group: str
    resource: str
    namespace: str | None


async def own_name(transport: Transport) -> str | None:
    """What the API server calls us; None when it does not say.

    Raises:
        ClusterError: There is no answer at all, or our credential is not accepted.
    """
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    call = Call(
        "create",
        IDENTITY_PATH,
        "authentication.k8s.io",
        "selfsubjectreviews",
        None,
        body=json.dumps(body).encode(),
    )
    try:
        name = json.loads(await transport.fetch(call))["status"]["userInfo"]["username"]
    except (AccessDenied, Absent, Refused):
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) and name else None


class AccessReview:
    """Asks for one need at a time and remembers the answer for a minute."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._known: dict[Need, tuple[float, bool | None]] = {}

    async def allowed(self, need: Need) -> bool | None:
        """Whether it is allowed; None when the API server could not tell.

        Raises:
            ClusterError: There is no answer.
        """
        known = self._known.get(need)
        now = self._clock.monotonic()
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        answer = await self._ask(need)
        self._known[need] = (now, answer)
        return answer

    async def _ask(self, need: Need) -> bool | None:
        attributes = {"verb": need.verb, "group": need.group, "resource": need.resource}
        if need.namespace is not None:
            attributes["namespace"] = need.namespace
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        call = Call(
            "create",
            PATH,
            "authorization.k8s.io",
            "selfsubjectaccessreviews",
            None,
            body=json.dumps(body).encode(),
        )
        try:
            status = json.loads(await self._transport.fetch(call))["status"]
            if status["allowed"] is True:
                return True
            # "No" beside an evaluation error means that some authorizer could not be asked.
            return None if status.get("evaluationError") else False
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unusable("The access review cannot be read.") from error
