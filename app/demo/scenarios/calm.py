"""A namespace in which nothing is wrong: it works, and its CronJobs run."""

from __future__ import annotations

from dataclasses import replace

from app.demo.scenarios.agents import ROTAS, Agents


class Calm(Agents):
    """Every run ends well."""

    rotas = tuple(replace(rota, failing=0.0) for rota in ROTAS)

    def _old_trouble(self, stage: object) -> None:
        """There was none."""
