"""Messages with other names and without free text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.stream import SCHEMA, Cursor
from app.tape.names import Names
from app.tape.rules import KEYS, OPERATIONS, TOLD, VALUES, VITAL, name, version

if TYPE_CHECKING:
    from app.tape.forms import Header


class Anonymiser:
    """Makes the header and the messages of one tape anonymous, all with the same names.

    Args:
        key: Who has it can find the names again: chance, and forgotten with the recording.
    """

    def __init__(self, key: bytes) -> None:
        self._names = Names(key)

    def header(self, header: Header) -> Header:
        """The first line."""
        return header.model_copy(
            update={
                "cluster": header.cluster and self._names.other(header.cluster),
                "topics": _known(header.topics),
                "build": version(self._names, header.build),
                "anonymised": True,
            }
        )

    def id(self, id: str | None) -> str | None:
        """The id of a message, if it is one."""
        return id if Cursor.parse(id) else None

    def message(self, event: str, data: Any) -> dict[str, object] | None:
        """The data of a message of the stream, None when nothing of it may stay.

        Raises:
            KeyError, TypeError, AttributeError: It is no message of the stream.
        """
        if event not in TOLD:
            return None
        kept = TOLD[event](self._names, data)
        match event:
            case "hello":
                kept |= {"schema": SCHEMA, "topics": _known(data["topics"])}
            case "snapshot":
                topic = data["topic"]
                if topic not in VALUES:
                    return None
                items = [self._item(topic, item) for item in data["items"]]
                kept |= {"topic": topic, "items": items}
            case "change":
                changes = data["changes"]
                kept["changes"] = [
                    {"topic": change["topic"], "op": OPERATIONS[change["op"]]}
                    | self._item(change["topic"], change)
                    for change in changes
                    if change["topic"] in VALUES
                ]
            case "heartbeat":
                rename = KEYS["sources"]
                kept["sources"] = {
                    str(rename(self._names, key)): VITAL(self._names, vital)
                    for key, vital in data["sources"].items()
                }
        return kept

    def _item(self, topic: str, told: Any) -> dict[str, object]:
        """Key and value."""
        item = {"key": KEYS.get(topic, name)(self._names, told["key"])}
        if "value" in told:
            item["value"] = VALUES[topic](self._names, told["value"])
        return item


def _known(topics: Any) -> tuple[str, ...]:
    return tuple(topic for topic in topics if topic in VALUES)
