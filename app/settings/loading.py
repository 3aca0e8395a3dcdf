"""From flags, environment and file to one frozen value, or to the list of all mistakes.

Law: everything that is wrong is told at once, one line each, in the words of the place where it
stands; a secret's value is in no line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from app.settings.sources import Environment, File, Flags, Origin, Source, is_secret
from app.settings.spelling import flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

S = TypeVar("S", bound=BaseSettings)

CONFIG_FLAG = "config"
CONFIG_VARIABLE = "CONFIG"

# Fields that are one choice: the highest source that names any of them decides all of them, so
# that `-n team` on the command line wins over `all_namespaces = true` in the file.
ONE_CHOICE = (frozenset({"namespaces", "all_namespaces"}),)


class Mistakes(Exception):
    """What is wrong with the settings: one line per mistake, safe to print."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("; ".join(self.lines))


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings and, for each field that is not at its default, where its value came from."""

    settings: S
    origins: Mapping[str, Origin]


def load(kind: type[S], flags: Mapping[str, object], environ: Mapping[str, str]) -> Loaded[S]:
    """Settings of `kind` from parsed flags (None = not given) and an environment.

    The file is the one that the flag `config` or the variable `<PREFIX>CONFIG` names; there is no
    default place for it. Raises `Mistakes`.
    """
    variable = str(kind.model_config.get("env_prefix", "")) + CONFIG_VARIABLE
    sources: list[Source] = [
        Flags(kind, flags),
        Environment(kind, environ, known=(variable,)),
    ]
    path = flags.get(CONFIG_FLAG) or environ.get(variable)
    if path:
        sources.append(File(kind, Path(str(path)).expanduser()))
    _settle_choices(sources)
    origins: dict[str, Origin] = {}
    for source in reversed(sources):
        origins.update(source.origins)
    lines = [line for source in sources for line in source.mistakes]
    try:
        settings = kind(_build_sources=(tuple(sources), {}))
    except ValidationError as error:
        lines += [_sentence(kind, origins, details) for details in error.errors()]
    if lines:
        raise Mistakes(dict.fromkeys(lines))
    return Loaded(settings, origins)


def _settle_choices(sources: Iterable[Source]) -> None:
    for choice in ONE_CHOICE:
        decided = False
        for source in sources:
            named = choice & source.values.keys()
            if decided:
                for name in named:
                    source.forget(name)
            decided = decided or bool(named)


def _sentence(
    kind: type[BaseSettings], origins: Mapping[str, Origin], details: ErrorDetails
) -> str:
    if not details["loc"]:
        return _clause(details)
    name = str(details["loc"][0])
    field = kind.model_fields[name]
    place = origins[name].place if name in origins else flag(name, field)
    # A rule over a list names the bad item itself.
    named = details["type"] == "value_error" and "tuple" in str(field.annotation)
    shown = not named and not is_secret(field)
    return f"{place}: {_clause(details)}" + (f", not {_short(details['input'])}" if shown else "")


def _clause(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "int_parsing" | "int_type" | "int_from_float":
            return "must be a whole number"
        case "float_parsing" | "float_type":
            return "must be a number"
        case "bool_parsing" | "bool_type":
            return "must be true or false"
        case "string_type":
            return "must be text"
        case "tuple_type":
            return "must be a list"
        case "literal_error":
            return f"must be {context['expected']}"
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "greater_than":
            return f"must be more than {context['gt']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_long":
            return f"must not be longer than {context['max_length']}"
        case "value_error":
            return str(context["error"])
        case _:
            text = details["msg"]
            return text[:1].lower() + text[1:]


def _short(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "..."
