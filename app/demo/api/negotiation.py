"""The form of an answer: whole objects, their metadata alone, or a table; JSON or YAML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.statuses import bad_request, not_acceptable

if TYPE_CHECKING:
    from app.demo.api.calls import Call

JSON_TYPE, YAML_TYPE = "application/json", "application/yaml"
TABLE, PARTIAL, PARTIAL_LIST = "Table", "PartialObjectMetadata", "PartialObjectMetadataList"
META = "meta.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Form:
    """`shape` is empty for whole objects; `include` is what a table's rows carry."""

    shape: str = ""
    yaml: bool = False
    include: str = "Metadata"

    @property
    def whole(self) -> bool:
        """Objects as they are stored."""
        return not self.shape


WHOLE = Form()


def form_of(call: Call) -> Form:
    """The first form that the caller accepts and that exists.

    Raises:
        Refused: 406 when there is none, 400 for a table with something that does not exist.
    """
    accept = call.headers.get("accept", "")
    if not accept.strip() or accept == JSON_TYPE:
        return WHOLE
    for media in accept.split(","):
        plain, *parameters = (part.strip() for part in media.split(";"))
        said = dict(part.partition("=")[::2] for part in parameters)
        if plain.lower() not in (JSON_TYPE, YAML_TYPE, "*/*", "application/*"):
            continue
        shape = said.get("as", "")
        if shape and (f"{said.get('g')}/{said.get('v')}" != META):
            continue
        if shape not in ("", TABLE, PARTIAL, PARTIAL_LIST):
            continue
        include = call.first("includeObject") or "Metadata"
        if shape == TABLE and include not in ("Metadata", "Object", "None"):
            raise bad_request(
                f"Unable to convert to Table as requested: includeObject: Invalid value: "
                f'"{include}"'
                ": must be 'Metadata', 'Object', 'None', or empty"
            )
        return Form(shape, plain.lower() == YAML_TYPE, include)
    raise not_acceptable()
