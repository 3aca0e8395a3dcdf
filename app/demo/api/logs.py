"""Container logs: the subresource `log` of pods, with all that its query can ask for."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.demo.api.calls import Answer
from app.demo.api.deletion import whole
from app.demo.api.moments import later
from app.demo.api.notation import Malformed
from app.demo.api.problems import Problem, not_allowed, wrong
from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, bad_request, causes
from app.demo.api.times import timestamp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from app.demo.api.calls import Call
    from app.demo.api.kinds import Json
    from app.demo.api.ports import Line, LogSource

TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What of a log is wanted; None is all of it."""

    follow: bool
    previous: bool
    timestamps: bool
    tail: int | None
    since: datetime | None
    limit: int | None


def answer_log(source: LogSource | None, pod: Json, call: Call, now: datetime) -> Answer:
    """The log of one container of a pod.

    Raises:
        Refused: 400, 404 or 422.
    """
    metadata, spec = pod["metadata"], pod["spec"]
    options = log_options(call, metadata["name"], now)
    container = _container(pod, call.first("container") or "")
    if not spec.get("nodeName") or source is None:
        # Nobody runs it yet, so nobody has anything to say.
        return Answer(204, b"", TEXT)
    where = metadata["namespace"], metadata["name"], container
    if options.previous:
        _check_previous(pod, container)
    else:
        _check_started(pod, container)
    kept = source.lines(*where, options.previous)
    if kept is None:
        raise bad_request(_waiting(metadata["name"], container, "ContainerCreating"))
    lines = chosen(kept, options)
    if not options.follow or options.previous:
        return Answer(200, cut(b"".join(written(one, options) for one in lines), options), TEXT)
    # No await since `lines`: what is written from now on follows.
    return Answer(200, followed(lines, source.follow(*where), options), TEXT)


def log_options(call: Call, name: str, now: datetime) -> LogOptions:
    """Read and check the query.

    Raises:
        Refused: 400 or 422.
    """
    numbers = {
        field: whole(text)
        for field in ("tailLines", "sinceSeconds", "limitBytes")
        if (text := call.first(field))
    }
    moment = call.first("sinceTime")
    problems = []
    if numbers.get("tailLines", 0) < 0:
        problems.append(
            wrong("tailLines", numbers["tailLines"], "must be greater than or equal to 0")
        )
    if numbers.get("limitBytes", 1) < 1:
        problems.append(wrong("limitBytes", numbers["limitBytes"], "must be greater than 0"))
    if moment and "sinceSeconds" in numbers:
        problems.append(
            not_allowed("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified")
        )
    elif numbers.get("sinceSeconds", 1) < 1:
        problems.append(wrong("sinceSeconds", numbers["sinceSeconds"], "must be greater than 0"))
    if call.first("stream"):
        problems.append(not_allowed("stream", "may not be specified"))
    since = _moment(moment) if moment else None
    if problems:
        raise _invalid(name, problems)
    if "sinceSeconds" in numbers:
        since = later(now, -numbers["sinceSeconds"])
    return LogOptions(
        call.says("follow"),
        call.says("previous"),
        call.says("timestamps"),
        numbers.get("tailLines"),
        since,
        numbers.get("limitBytes"),
    )


def _moment(text: str) -> datetime:
    try:
        timestamp(text)
    except Malformed as error:
        raise bad_request(str(error)) from error
    return datetime.fromisoformat(text)


def _invalid(name: str, problems: Sequence[Problem]) -> Refused:
    said = [f"{problem.field}: {problem.text}" for problem in problems]
    texts = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    details: Json = {"name": name, "kind": "PodLogOptions", "causes": causes(problems)}
    message = f'PodLogOptions "{name}" is invalid: {texts}'
    return Refused(422, failure(422, "Invalid", message, details))


def _container(pod: Json, asked: str) -> str:
    spec, name = pod["spec"], pod["metadata"]["name"]
    names: list[str] = [
        container["name"]
        for part in ("initContainers", "containers")
        for container in spec.get(part, [])
    ]
    if asked:
        if asked not in names:
            raise bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(names) > 1:
        raise bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
        )
    return names[0]


def _status(pod: Json, container: str) -> Json:
    status = pod.get("status", {})
    for part in ("initContainerStatuses", "containerStatuses"):
        for one in status.get(part, []):
            if one.get("name") == container:
                found: Json = one
                return found
    return {}


def _check_started(pod: Json, container: str) -> None:
    waiting = _status(pod, container).get("state", {}).get("waiting")
    if waiting is not None and not _status(pod, container).get("lastState"):
        name = pod["metadata"]["name"]
        raise bad_request(_waiting(name, container, waiting.get("reason", "")))


def _check_previous(pod: Json, container: str) -> None:
    if "terminated" not in _status(pod, container).get("lastState", {}):
        name = pod["metadata"]["name"]
        raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')


def _waiting(pod: str, container: str, reason: str) -> str:
    return f'container "{container}" in pod "{pod}" is waiting to start: {reason}'


# ---- lines


def chosen(lines: Sequence[Line], options: LogOptions) -> Sequence[Line]:
    """The lines that the options ask for, of those that are kept."""
    if options.since is not None:
        since = options.since
        lines = [line for line in lines if line[0] >= since]
    if options.tail is not None:
        lines = lines[len(lines) - min(options.tail, len(lines)) :]
    return lines


def written(line: Line, options: LogOptions) -> bytes:
    """One line as it is sent."""
    moment, text = line
    stamp = f"{rfc3339(moment)} " if options.timestamps else ""
    return f"{stamp}{text}\n".encode()


def rfc3339(moment: datetime) -> str:
    """With nine decimals, as container runtimes write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def cut(body: bytes, options: LogOptions) -> bytes:
    """At most so many bytes as asked for."""
    return body if options.limit is None else body[: options.limit]


async def followed(
    lines: Sequence[Line], following: AsyncIterator[Line], options: LogOptions
) -> AsyncGenerator[bytes]:
    """What is kept, then each line as it is written, until the container or the limit ends."""
    left = options.limit
    async with aclosing(_all(lines, following, options)) as pieces:
        async for piece in pieces:
            if left is not None:
                piece = piece[:left]
                left -= len(piece)
            yield piece
            if left == 0:
                return


async def _all(
    lines: Sequence[Line], following: AsyncIterator[Line], options: LogOptions
) -> AsyncGenerator[bytes]:
    kept = b"".join(written(line, options) for line in lines)
    if kept:
        yield kept
    async for line in following:
        yield written(line, options)
