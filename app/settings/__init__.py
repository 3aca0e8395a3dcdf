"""What an operator can choose, read once and frozen.

Law: a setting has one value and that value has one origin. Flags win over `WATCHGLASS_*` variables,
those over the TOML file, the file over the default; anything that is not a setting is an error with
a suggestion, and all mistakes are told at once. Only the composition root and the command line read
settings: every room below gets what it needs as arguments.
"""

from __future__ import annotations

from app.settings.fields import Settings
from app.settings.loading import Loaded, Mistakes, load
from app.settings.sources import Origin

__all__ = ["Loaded", "Mistakes", "Origin", "Settings", "load"]
