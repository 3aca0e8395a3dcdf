"""`watchglass version`."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from app import __version__
from app.cli.usage import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Print one line."""
    Parser("version", "Say which version this is.").read(arguments)
    print(f"watchglass {__version__} (Python {platform.python_version()})")
    return 0
