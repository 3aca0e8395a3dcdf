"""How many files the process may have open: each reader is one, and the usual limit is 1,024.

At the limit nothing can be accepted, and the API server cannot be asked either: readers would cost
the pages their sources. So the limit is raised as far as we may, and readers stay below it.
"""

from __future__ import annotations

import resource
from contextlib import suppress

RESERVE = 128
"""Files that are no streams: the API server, the log, requests of other kinds, refused readers."""


def room_for(streams: int) -> int:
    """How many of so many streams fit; raises the soft limit of open files as far as it helps."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = streams + RESERVE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        # Some systems have a lower bound of their own and say no.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    if soft == resource.RLIM_INFINITY:
        return streams
    return max(1, min(streams, soft - RESERVE))
