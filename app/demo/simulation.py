"""A simulated cluster as its two ports serve it: the world, its switches, and who may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.admin import Admin
from app.demo.api.asgi import Application
from app.demo.api.faults import Faults, ShiftedClock
from app.demo.api.faulty import Faulty
from app.demo.api.roles import bindings, people
from app.demo.api.rules import Rules
from app.demo.options import NAMESPACE
from app.demo.world import build

if TYPE_CHECKING:
    from app.clock import Clock
    from app.demo.api.faulty import Connections
    from app.demo.options import Options
    from app.demo.papers import Papers


class Simulation:
    """`api` and `admin` are ASGI applications, `run` lets the film play; made in a running loop."""

    def __init__(self, options: Options, papers: Papers, door: Connections, clock: Clock) -> None:
        users = people()
        tokens = {token: users[name] for name, token in papers.tokens.items()}
        rules = Rules(tokens, bindings(NAMESPACE))
        faults = Faults(clock)
        world = build(options, clock, rules, faults)
        # The switch is about what the server says of the time; the film goes on as it would.
        said = ShiftedClock(world.film, faults)
        self.api = Faulty(Application(world.api, rules), faults, door, rules, world.api, said)
        self.admin = Admin(faults, papers.admin_token)
        self.run = world.run
