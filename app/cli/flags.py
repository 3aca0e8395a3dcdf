"""The settings as flags of a command: names, help and bounds come from the fields."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.cli.usage import Usage
from app.settings import Mistakes, Settings, load
from app.settings.description import describe, heading

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from pydantic import BaseModel

    from app.cli.usage import Parser
    from app.settings import Loaded
    from app.settings.description import Described


def add_settings(parser: Parser, *sections: type[BaseModel], only: Iterable[str] = ()) -> None:
    """Let the command take the settings of these sections (`only` these of them, if any)."""
    chosen = set(only)
    parser.own.add_argument(
        "--config",
        metavar="FILE",
        help="TOML file with settings; also WATCHGLASS_CONFIG. Flags win over WATCHGLASS_* "
        "variables, those over the file.",
    )
    for section in sections:
        group = parser.add_argument_group(heading(section).lower())
        for setting in describe(Settings, section):
            if not chosen or setting.name in chosen:
                _add(parser, group, setting)


def read_settings(found: argparse.Namespace) -> Loaded[Settings]:
    """The settings for the flags that were found, and the process's environment.

    Raises:
        Usage: Every mistake in them.
    """
    try:
        return load(Settings, vars(found), os.environ)
    except Mistakes as mistakes:
        raise Usage(*mistakes.lines) from mistakes


def _add(parser: Parser, group: argparse._ArgumentGroup, setting: Described) -> None:
    text = setting.text.replace("`", "").replace("%", "%%")
    if not setting.switch and setting.default not in ("not set", "[]", '""'):
        text += f" Default: {setting.default.strip(chr(34))}."
    if setting.switch:
        group.add_argument(
            *setting.flags, dest=setting.name, action="store_const", const="true", help=text
        )
        parser.note_switch(setting.flags, setting.name)
    else:
        group.add_argument(
            *setting.flags,
            dest=setting.name,
            action="append" if setting.many else "store",
            metavar=setting.placeholder,
            help=text,
        )
