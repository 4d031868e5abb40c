"""Which batches leave their last ring empty when they go to sea, to get fish of the fullest ones later."""

from typing import TYPE_CHECKING

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.planning.plan import BatchPlan
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case

LEAST_RINGS = 3
"""Of a batch that leaves one empty; invented."""


def late_days(case: "Case") -> list[int]:
    """By batch, how many days after the stage at sea begins its last ring gets fish; 0 where it does with the others.

    It hangs on the batch alone, so a plan that is carried on stays as it was.
    """
    return [late_day(case, batch) for batch in case.plan.batches]


def late_day(case: "Case", batch: BatchPlan) -> int:
    """The same of one batch."""
    spec, rings = case.way.thinning, len(batch.containers[-1])
    if spec is None or rings < LEAST_RINGS:
        return 0
    rng = stream(case.plan.seed, batch.number, "thinning, plan")
    chosen, day = rng.random() < spec.share, int(rng.integers(spec.days_min, spec.days_max + 1))
    # Not when slaughter may be near, nor where no other ring has the barge order what its fish eat.
    *others, late = case.farm.container_store[list(batch.containers[-1])].tolist()
    if not chosen or day > case.plan.stage_days(case.sea) // 2 or late not in others:
        return 0
    # Rings that give no fish keep what would have been shared out among one more.
    return day if case.forecast(batch).fullness[-1] * rings / (rings - 1) <= 1.0 else 0


def lifts(fish: Ints, weight_g: Floats, max_biomass_kg: Floats, rings: int) -> tuple[Ints, Ints]:
    """Out of which of these rings fish are lifted into an empty one, and how many: of the fullest, and equal parts.

    >>> lifts(np.array([300, 900, 600]), np.full(3, 700.0), np.full(3, 9000.0), rings=2)
    (array([1, 2]), array([300, 200]))
    """
    fullest = np.argsort(-fish * weight_g / max_biomass_kg, kind="stable")[:rings]
    taken: Ints = fish[fullest] // (len(fullest) + 1)
    return fullest[taken > 0], taken[taken > 0]
