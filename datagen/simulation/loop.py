"""From a plan to a history: a geography lived day by day."""

from datagen.catalog import Catalog
from datagen.farm import Farm
from datagen.planning.plan import Plan
from datagen.simulation.agenda import Agenda
from datagen.simulation.history import History
from datagen.simulation.world import World


def simulate(catalog: Catalog, farm: Farm, plan: Plan, geography: int) -> History:
    """Live one geography of a plan, which must have a batch there, from the plan's first day to its as-of day."""
    batches = [b for b, batch in enumerate(plan.batches) if batch.geography == geography]
    world = World(catalog, farm, plan, geography, batches)
    agenda = Agenda(world)
    for day in range(plan.days):
        agenda.morning(day)
        world.step(day)
    return world.history()
