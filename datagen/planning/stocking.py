"""How many fish of a batch each of its rings gets when it goes to sea: never quite as many as the next."""

from typing import TYPE_CHECKING

import numpy as np

from datagen.arrays import Floats
from datagen.planning.grading import graded_into, heavier
from datagen.planning.plan import BatchPlan
from datagen.planning.thinning import late_day
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case


def stocked(case: "Case", batch: BatchPlan) -> Floats | None:
    """By ring, how many fish it gets as a multiple of an even part; None where all get an even one.

    A ring left empty at first is not among them. Rings differ less where the fullest would have no room. That hangs on
    the batch alone: a plan that is carried on stays as it was.
    """
    spec, rings = case.way.sea_transfer, len(batch.containers[-1])
    late = late_day(case, batch) > 0 if rings else False
    at_first = rings - late
    if spec is None or not spec.uneven or at_first < 2 or batch.mixed is not None:
        return None
    luck = stream(case.plan.seed, batch.number, "stocking").standard_normal(at_first)
    share: Floats = np.exp(spec.uneven * luck)
    share *= at_first / share.sum()
    free = max(_room(case, batch, rings / at_first) - 1.0, 0.0)
    share += (1.0 - share) * (1.0 - min(free / float(share.max() - 1.0), 1.0))
    return share


def _room(case: "Case", batch: BatchPlan, fuller: float) -> float:
    """How many even parts have room in a ring, where these are so many times fuller than of all rings."""
    forecast, into = case.forecast(batch), graded_into(case, batch)
    large = float(heavier(case, forecast, into)[-1]) if into else 1.0
    return 1.0 / (float(forecast.fullness[-1]) * large * fuller)
