"""Where values come from: flags, environment, TOML file.

Law: a source answers with what it was given and where exactly that stood; it never guesses, and
what it cannot place it reports as a mistake instead of ignoring it.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, get_args

from pydantic import SecretBytes, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from app.settings.spelling import flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic.fields import FieldInfo

# A Service called `watchglass` makes the kubelet put these into every container of its namespace
# (service links). They are nobody's settings, and `WATCHGLASS_PORT` even has the name of one.
SERVICE_LINK = re.compile(
    r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$"
)
SERVICE_URL = re.compile(r"(tcp|udp|sctp)://")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stood: the kind of source and the words with which a person finds it."""

    source: str
    place: str


class Source(PydanticBaseSettingsSource):
    """One source: values by field name, the origin of each, and what was wrong with it."""

    kind: ClassVar[str] = ""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self.values: dict[str, object] = {}
        self.origins: dict[str, Origin] = {}
        self.mistakes: list[str] = []

    def take(self, name: str, value: object, place: str) -> None:
        """Note a value for the field `name`, found at `place`."""
        self.values[name] = value
        self.origins[name] = Origin(self.kind, place)

    def forget(self, name: str) -> None:
        """Leave the field to others."""
        self.values.pop(name, None)
        self.origins.pop(name, None)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        """The value of one field, as pydantic-settings asks for it."""
        return self.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, object]:
        """All values, by field name."""
        return dict(self.values)


class Flags(Source):
    """The command line: values by field name, None where the flag was not given."""

    kind = "flag"

    def __init__(self, settings_cls: type[BaseSettings], given: Mapping[str, object]) -> None:
        super().__init__(settings_cls)
        for name, value in given.items():
            if value is not None and name in settings_cls.model_fields:
                self.take(name, value, flag(name, settings_cls.model_fields[name]))


class Environment(Source):
    """Variables with the prefix; a secret may stand in a file that `PREFIX_NAME_FILE` names."""

    kind = "environment"

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        environ: Mapping[str, str],
        *,
        known: Iterable[str] = (),
    ) -> None:
        super().__init__(settings_cls)
        prefix = str(settings_cls.model_config.get("env_prefix", ""))
        plain = {prefix + name.upper(): name for name in settings_cls.model_fields}
        files = {
            f"{prefix}{name.upper()}_FILE": name
            for name, field in settings_cls.model_fields.items()
            if is_secret(field)
        }
        for variable, value in sorted(environ.items()):
            if not variable.startswith(prefix) or variable in known:
                continue
            if variable in plain and not SERVICE_URL.match(value):
                # Compose files and charts pass variables on that nobody has set.
                if value:
                    self._take_once(plain[variable], value, variable)
            elif variable in files:
                self._take_file(files[variable], value, variable)
            elif not SERVICE_LINK.search(variable) and not SERVICE_URL.match(value):
                choices = [*plain, *files, *known]
                self.mistakes.append(unknown(variable, choices, "is not a setting"))

    def _take_file(self, name: str, path: str, variable: str) -> None:
        try:
            # One line end is the editor's, not the secret's.
            content = Path(path).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            self.mistakes.append(f"{variable}: cannot read {path}: {reason(error)}")
        else:
            self._take_once(name, content, variable)

    def _take_once(self, name: str, value: object, variable: str) -> None:
        if name in self.origins:
            self.mistakes.append(f"{self.origins[name].place} and {variable} are both set")
        self.take(name, value, variable)


class File(Source):
    """A TOML file with the field names as top-level keys."""

    kind = "file"

    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls)
        try:
            content: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            self.mistakes.append(f"cannot read the settings file {path}: {reason(error)}")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.mistakes.append(f"{path} is not TOML: {reason(error)}")
        else:
            for name, value in content.items():
                if name in settings_cls.model_fields:
                    self.take(name, value, f"{name} in {path}")
                else:
                    choices = list(settings_cls.model_fields)
                    self.mistakes.append(unknown(name, choices, f"in {path} is not a setting"))


def unknown(word: str, choices: Iterable[str], what: str) -> str:
    """`word what`, with the nearest choice if one is near."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.7)
    return f"{word} {what}" + (f" (did you mean {near[0]}?)" if near else "")


def is_secret(field: FieldInfo) -> bool:
    """Whether a field's value must never be shown."""
    kinds = (field.annotation, *get_args(field.annotation))
    return SecretStr in kinds or SecretBytes in kinds


def reason(error: Exception) -> str:
    """Why, on one line: the system's words without number and path."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())
