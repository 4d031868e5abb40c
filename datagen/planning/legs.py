"""Over how many days a batch goes to sea: ring after ring, the last on the day on which the stage begins."""

import numpy as np

from datagen.arrays import Ints
from datagen.catalog.ways import Way
from datagen.planning.plan import Plan
from datagen.streams import stream


def early_days(plan: Plan, way: Way, late_days: list[int]) -> list[Ints]:
    """Of each batch's rings, in order, how many days before the stage begins fish come to them; the last has 0.

    Where the last is late, it is the one before it, and that one's days are negative.

    Nobody comes before the rings' last fish are gone by plan, nor before the stage ashore has begun. That hangs on
    batches that began earlier, not on those to come: a plan that is carried on stays as it was.
    """
    spec, sea = way.sea_transfer, plan.sea
    free_from: dict[int, int] = {}
    found: list[Ints] = []
    for batch, start, late in zip(plan.batches, plan.starts.tolist(), late_days, strict=True):
        rings = batch.containers[sea]
        at_first = len(rings) - (late > 0)
        days = 1
        if spec is not None:
            drawn = int(stream(plan.seed, batch.number, "days to sea").integers(spec.days_min, spec.days_max + 1))
            empty = start + plan.stage_starts[sea] - max(free_from.get(ring, -drawn) for ring in rings)
            days = max(min(drawn, at_first, empty + 1, plan.stage_days(sea - 1)), 1)
        free_from.update(dict.fromkeys(rings, start + plan.stage_starts[sea + 1]))
        early = days - 1 - np.arange(at_first) * days // at_first
        found.append(np.append(early, -late) if late else early)
    return found
