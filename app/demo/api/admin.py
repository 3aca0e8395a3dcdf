"""The admin port: an ASGI application that turns the fault switches.

JSON alone, behind a bearer token that is new with every start. A browser is not meant to be here:
whatever comes with an Origin is refused, so that no page can turn a switch.
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from app.demo.api.calls import encoded
from app.demo.api.switches import BadFault, UnknownFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from app.demo.api.faults import Faults
    from app.demo.api.kinds import Json

LARGEST_BODY = 4_096
FAULTS = "/faults"


class _Refusal(Exception):
    def __init__(self, code: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.code = code
        self.headers = headers


class Admin:
    """`GET /faults`, `PUT` and `DELETE /faults/{name}`, `DELETE /faults`."""

    def __init__(self, faults: Faults, token: str) -> None:
        self._faults = faults
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise TypeError(f"no application of {scope['type']}")
        extra: Mapping[str, str] = {}
        try:
            headers = dict(scope["headers"])
            self._check(headers)
            body = await _body(receive)
            answer = self._answer(scope["method"], scope["path"], headers, body)
            code = 200
        except _Refusal as refusal:
            answer, code, extra = {"error": str(refusal)}, refusal.code, refusal.headers
        except UnknownFault as unknown:
            answer, code = {"error": str(unknown)}, 404
        except BadFault as bad:
            answer, code = {"error": str(bad)}, 400
        content = encoded(answer)
        found = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *((name.encode(), value.encode()) for name, value in extra.items()),
        ]
        await send({"type": "http.response.start", "status": code, "headers": found})
        await send({"type": "http.response.body", "body": content})

    def _check(self, headers: Mapping[bytes, bytes]) -> None:
        if b"origin" in headers:
            raise _Refusal(403, "Pages of a browser may not turn switches.")
        if not hmac.compare_digest(headers.get(b"authorization", b""), self._expected):
            raise _Refusal(401, "The admin token is needed.", **{"www-authenticate": "Bearer"})

    def _answer(self, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes) -> Json:
        if path == FAULTS:
            match method:
                case "GET":
                    return {"faults": self._faults.state()}
                case "DELETE":
                    self._faults.turn_all_off()
                    return {"faults": self._faults.state()}
            raise _Refusal(405, "All switches are read or turned off.", allow="GET, DELETE")
        if not path.startswith(f"{FAULTS}/"):
            raise _Refusal(404, f"There is {FAULTS} and nothing else.")
        name = path.removeprefix(f"{FAULTS}/")
        match method:
            case "GET":
                pass
            case "PUT":
                self._faults.turn_on(name, _wishes(headers, body))
            case "DELETE":
                self._faults.turn_off(name)
            case _:
                # Whether there is such a switch is said first.
                self._faults.describe(name)
                raise _Refusal(405, "A switch is turned on or off.", allow="GET, PUT, DELETE")
        return self._faults.describe(name)


def _wishes(headers: Mapping[bytes, bytes], body: bytes) -> Json:
    if not body:
        return {}
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise _Refusal(415, "A switch is turned with application/json.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Refusal(400, "That is no JSON.") from error
    if not isinstance(found, dict):
        raise _Refusal(400, "A switch takes an object.")
    return found


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Nobody hears this; what has come so far is not what was meant.
            raise _Refusal(400, "The body ended before it was whole.")
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _Refusal(413, f"A body has at most {LARGEST_BODY:,} bytes.")
        more = message.get("more_body", False)
    return body
