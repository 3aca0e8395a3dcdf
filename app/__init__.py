"""Watchglass: the live glass in front of a Kubernetes namespace that runs AI coding agents."""

from __future__ import annotations

__version__ = "0.1.0"
