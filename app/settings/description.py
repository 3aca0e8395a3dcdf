"""Every setting in words, for `--help` and for docs/settings.md: made from the fields alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, SecretBytes, SecretStr

from app.settings.sources import is_secret
from app.settings.spelling import spellings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

MASK = "***"
NOT_SET = "not set"

# What stands for a value in `--port NUMBER`; for other kinds the last word of the name does.
PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "true or false": "",
        "whole number": "NUMBER",
        "number": "NUMBER",
        "path": "FILE",
        "list of names": "NAME",
        "list of networks": "CIDR",
        "secret": "TEXT",
    }
)


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as a person reads about it."""

    name: str
    """Of the field, which is also the key in the file."""
    flags: tuple[str, ...]
    variable: str
    kind: str
    bounds: str
    default: str
    """As it would be written in the file, or `not set`."""
    text: str
    secret: bool

    @property
    def switch(self) -> bool:
        """Whether the flag alone means true."""
        return self.kind == "true or false"

    @property
    def many(self) -> bool:
        """Whether the flag can be given more than once."""
        return self.kind.startswith("list of")

    @property
    def placeholder(self) -> str:
        """What stands for the value behind the flag, empty for a switch."""
        return PLACEHOLDERS.get(self.kind, self.name.rpartition("_")[2].upper())

    @property
    def domain(self) -> str:
        """Type and bounds."""
        return f"{self.kind}, {self.bounds}" if self.bounds else self.kind


def describe(kind: type[BaseSettings], section: type[BaseModel]) -> tuple[Described, ...]:
    """The settings of one section of `kind`, in the order in which they are declared."""
    prefix = str(kind.model_config.get("env_prefix", ""))
    return tuple(
        Described(
            name=name,
            flags=spellings(name, field),
            variable=prefix + name.upper(),
            kind=_kind(field),
            bounds=_bounds(field),
            default=written(field.default) or NOT_SET,
            text=" ".join((field.description or "").split()),
            secret=is_secret(field),
        )
        for name, field in section.model_fields.items()
    )


def heading(section: type[BaseModel]) -> str:
    """The name of a section in words: `ClusterAccess` is `Cluster access`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", section.__name__).capitalize()


def written(value: object) -> str:
    """A value as TOML writes it, in printable characters; empty for None, which TOML cannot say."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case SecretStr() | SecretBytes():
            return _quoted(MASK)
        case list() | tuple():
            return "[" + ", ".join(written(item) for item in value) + "]"
        case str() | PurePath() | IPv4Network() | IPv6Network():
            return _quoted(str(value))
        case _:
            raise TypeError(f"TOML has no {type(value).__name__}")


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escape(c) for c in escaped)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _kind(field: FieldInfo) -> str:
    found = field.annotation
    inner = str(found)
    if is_secret(field):
        return "secret"
    if get_origin(found) is Literal:
        *most, last = (f"`{choice}`" for choice in get_args(found))
        return f"{', '.join(most)} or {last}"
    if get_origin(found) is tuple:
        return "list of networks" if "Network" in inner else "list of names"
    if found is bool:
        return "true or false"
    if found is int:
        return "whole number"
    if found is float:
        return "number"
    return "path" if "Path" in inner else "text"


def _bounds(field: FieldInfo) -> str:
    words: list[str] = []
    for bound in field.metadata:
        match bound:
            case Ge():
                words.append(f"at least {bound.ge}")
            case Gt():
                words.append(f"more than {bound.gt}")
            case Le():
                words.append(f"at most {bound.le}")
            case Lt():
                words.append(f"less than {bound.lt}")
            case MinLen(min_length=1):
                words.append("not empty")
            case MaxLen():
                words.append(f"at most {bound.max_length} characters")
    return ", ".join(words)
