"""From a plan to a history: a geography lived day by day."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from datagen.case import Case
from datagen.simulation.agenda import Agenda
from datagen.simulation.history import FULL, History
from datagen.simulation.world import World


def simulate(case: Case, geography: int) -> History:
    """Live one geography of a plan, which must have a batch there, from the plan's first day to its as-of day."""
    [history] = after_days(case, geography, [case.plan.days])
    return history


def after_days(case: Case, geography: int, told_after: Sequence[int]) -> list[History]:
    """The same, told after each of so many days, in order: what plans up to these days would have lived."""
    world = World(case.as_lived, geography)
    agenda = Agenda(world)
    told = []
    for day in range(told_after[-1]):
        agenda.morning(day)
        world.step(day)
        if day + 1 in told_after:
            agenda.close()
            told.append(world.history(day + 1))
    return told


def held_back(case: Case, histories: Iterable[History]) -> str:
    """What luck did that no plan foresees: where, and for how many days, fish were kept from outgrowing a container."""
    capacity, farm = case.farm.container_max_biomass_kg, case.farm
    places: Counter[str] = Counter()
    for part in (part for history in histories for part in history.parts()):
        full = part.fullness(capacity) > (1.0 - 1e-9) * FULL
        stay = np.repeat(np.arange(len(part.assignments.days)), part.assignments.days)[full]
        places.update(farm.container_name[c] for c in part.assignments.container[stay])
    if not places:
        return ""
    return "feed was held back in full containers: " + ", ".join(f"{name} {n} days" for name, n in places.items())
