"""How far what we hold of a kind can be believed, by its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from app.model import EVERYWHERE

if TYPE_CHECKING:
    from app.model import Source
    from app.stream import Topic

Trust = Literal["good", "held", "none"]

DOUBTFUL = frozenset({"connecting", "stale", "forbidden", "absent", "error"})


def source_of(sources: Topic[Source], kind: str, namespace: str) -> Source | None:
    """The source that tells of a kind in a namespace, None where nothing does."""
    return sources.get(f"{kind}/{namespace}") or sources.get(f"{kind}/{EVERYWHERE}")


def trust(source: Source | None) -> Trust:
    """`good`: judge by it; `held`: what was judged stands until more is known; `none`: unknown.

    A source that is late has told everything until a moment ago, and may be told the rest in the
    next one: nothing can be concluded from its silence.
    """
    if source is None or source.proof is None or source.state in DOUBTFUL:
        return "none"
    return "held" if source.state == "late" else "good"


def doubt(source: Source | None, kind: str) -> str:
    """Why a source cannot be trusted, in a sentence."""
    if source is None:
        return f"Not known: {kind} are not watched."
    where = "all namespaces" if source.namespace == EVERYWHERE else source.namespace
    state = "connecting" if source.proof is None and source.state == "late" else source.state
    why = f": {source.message}" if source.message else "."
    return f"Not known: the source of {kind} in {where} is {state}{why}"
