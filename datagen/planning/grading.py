"""Which batches are sorted by size on the way to a stage ashore: large fish go to other tanks than small ones."""

from typing import TYPE_CHECKING

import numpy as np

from datagen.biology import size
from datagen.planning.forecast import Forecast
from datagen.planning.plan import BatchPlan
from datagen.planning.room import fullness
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case

LEAST_TANKS = 2
"""Of a batch that is graded: the large fish have their own."""


def graded(case: "Case") -> list[int]:
    """By batch, the stage that its fish are graded into; 0, which no fish are moved into, where they are not."""
    return [_graded(case, batch) for batch in case.plan.batches]


def _graded(case: "Case", batch: BatchPlan) -> int:
    spec = case.way.grading
    if spec is None:
        return 0
    stage = case.stages.index(spec.into)
    chosen = stream(case.plan.seed, batch.number, "grading").random() < spec.share
    if not chosen or len(batch.containers[stage]) < LEAST_TANKS:
        return 0
    # As many large fish need more room than a mix of all; by the end of each stage, less so.
    forecast = Forecast(case, batch)
    ends = [*forecast.starts[stage + 1 : -1], forecast.harvested]
    then, at_end = (np.cbrt(forecast.weight_g[days]) for days in (forecast.starts[stage], np.array(ends) - 1))
    large = np.cbrt(size.largest(0.5, float(case.stages.weight_cv[stage - 1]))[0])
    heavier = (1.0 + then * (large - 1.0) / at_end) ** 3
    return stage if (fullness(forecast)[stage:] * heavier).max() <= 1.0 else 0
