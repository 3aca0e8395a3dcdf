"""What wants attention: rules as rows of a table, causes before consequences, and a life in time.

A rule is a pure function of one record or value and gives findings; `Cases` makes incidents of
them. Each finding names what would explain it and what it would explain itself, so that a node, a
source or a Job swallows its consequences without anybody looking through all objects.
"""

from __future__ import annotations

from app.derive.incidents.incidents import Incidents

__all__ = ["Incidents"]
