"""The scripts of the film: who is in the cluster, what has been, and what is going to happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.scenarios.busy import Busy
from app.demo.scenarios.calm import Calm
from app.demo.scenarios.large import Large
from app.demo.scenarios.late_cron import LateCron
from app.demo.scenarios.outage import Outage

if TYPE_CHECKING:
    from app.demo.options import Options
    from app.demo.scenarios.stage import Scenario


def scenario_of(options: Options) -> Scenario:
    """The scenario that was asked for."""
    match options.scenario:
        case "calm":
            return Calm()
        case "outage":
            return Outage()
        case "late-cron":
            return LateCron()
        case "large":
            return Large(options.pods)
        case _:
            return Busy()
