"""Where templates and static files are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def folder(name: str) -> Path:
    """The folder `templates` or `static`."""
    packed = PACKAGE / name
    return packed if packed.is_dir() else PACKAGE.parent / name
