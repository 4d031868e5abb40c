"""From a plan to a history: a geography lived day by day."""

from datagen.case import Case
from datagen.simulation.agenda import Agenda
from datagen.simulation.history import History
from datagen.simulation.world import World


def simulate(case: Case, geography: int) -> History:
    """Live one geography of a plan, which must have a batch there, from the plan's first day to its as-of day."""
    world = World(case, geography)
    agenda = Agenda(world)
    for day in range(case.plan.days):
        agenda.morning(day)
        world.step(day)
    return world.history()
