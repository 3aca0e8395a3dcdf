"""`python -m app.settings.reference docs/settings.md`: the page about the settings, made from them.

Without a file the page goes to standard output. A test fails when the file and the fields differ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings.description import describe, heading
from app.settings.fields import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.settings.description import Described

COMMAND = "python -m app.settings.reference docs/settings.md"

HEAD = f"""\
# Settings

<!-- Made by `{COMMAND}`; edit app/settings/fields.py instead. -->

A setting has one value, and that value has one origin. A flag of `watchglass serve` wins over the
`WATCHGLASS_*` variable, the variable over the TOML file, the file over the default. The file is the
one that `--config FILE` or `WATCHGLASS_CONFIG` names; it has the names below as top-level keys, and
there is no default place for it.

- `watchglass serve --print-config` shows every setting with its value and origin, in the form of a
  file that `--config` takes.
- What is no setting is an error with a suggestion. All mistakes are told at once, one line each,
  with exit code 2.
- Lists are separated by commas, or the flag is given more than once. A switch is `--flag`, or
  `--flag=false`.
- An empty variable is not set. Variables that Kubernetes makes for a Service called `watchglass`
  (`WATCHGLASS_PORT=tcp://...`) are ignored.
- A secret can also stand in a file that `WATCHGLASS_<NAME>_FILE` names. No setting is one yet.
- `namespaces` and `all_namespaces` are one choice: the highest source that names either of them
  decides both.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section in Settings.SECTIONS:
        parts.append(f"## {heading(section)}\n\n{section.__doc__}\n")
        parts += [_entry(setting) for setting in describe(Settings, section)]
    return "\n".join(parts)


def _entry(setting: Described) -> str:
    flags = ", ".join(f"`{flag} {setting.placeholder}".rstrip() + "`" for flag in setting.flags)
    default = setting.default if setting.default == "not set" else f"`{setting.default}`"
    return (
        f"### {setting.name}\n\n"
        f"{setting.text}\n\n"
        f"| flag | variable | TOML key | type | default |\n"
        f"|---|---|---|---|---|\n"
        f"| {flags} | `{setting.variable}` | `{setting.name}` | {setting.domain} | {default} |\n"
    )


def main(arguments: Sequence[str]) -> None:
    """Write the page to the file that is named, or to standard output."""
    if arguments:
        Path(arguments[0]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main(sys.argv[1:])
