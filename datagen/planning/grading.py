"""Which batches are sorted by size on the way to a stage ashore: large fish go to other tanks than small ones."""

from typing import TYPE_CHECKING

import numpy as np

from datagen.arrays import Floats
from datagen.biology import size
from datagen.planning.forecast import Forecast
from datagen.planning.plan import BatchPlan
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case

LEAST_TANKS = 2
"""Of a batch that is graded: the large fish have their own."""


def graded(case: "Case") -> list[int]:
    """By batch, the stage that its fish are graded into; 0, which no fish are moved into, where they are not."""
    return [graded_into(case, batch) for batch in case.plan.batches]


def graded_into(case: "Case", batch: BatchPlan) -> int:
    """The same of one batch."""
    spec = case.way.grading
    if spec is None:
        return 0
    stage = case.stages.index(spec.into)
    chosen = stream(case.plan.seed, batch.number, "grading").random() < spec.share
    if not chosen or len(batch.containers[stage]) < LEAST_TANKS:
        return 0
    forecast = case.forecast(batch)
    return stage if (forecast.fullness[stage:] * heavier(case, forecast, stage)).max() <= 1.0 else 0


def heavier(case: "Case", forecast: Forecast, stage: int) -> Floats:
    """How much more room large fish need than a mix of all at the end of each stage, the one that they are graded into
    being the first: later, less so."""
    ends = [*forecast.starts[stage + 1 : -1], forecast.harvested]
    then, at_end = (np.cbrt(forecast.weight_g[days]) for days in (forecast.starts[stage], np.array(ends) - 1))
    large = np.cbrt(size.largest(0.5, float(case.stages.weight_cv[stage - 1]))[0])
    times: Floats = (1.0 + then * (large - 1.0) / at_end) ** 3
    return times
