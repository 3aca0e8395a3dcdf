"""The command line: serve, demo, tail, doctor, healthcheck, version.

Law: a mistake of the person at the keyboard is one line on standard error and exit code 2; what is
wrong elsewhere is one line and exit code 1; nothing that came from elsewhere can steer a terminal;
and a command loads only what it needs.
"""

from __future__ import annotations

from app.cli.entry import main

__all__ = ["main"]
