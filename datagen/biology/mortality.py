"""Deaths: whole fish from hazards."""

import numpy as np

from datagen.arrays import Floats, Ints

CAUSES = ("DISEASE", "HANDLING", "PREDATION", "ENVIRONMENTAL", "UNKNOWN", "OTHER")


def deaths(fish: Ints, hazard: Floats, normal: Floats, uniform: Floats) -> Ints:
    """Whole fish that die in a day, never more than there are.

    Parameters
    ----------
    fish : fish alive in the morning
    hazard : chance of a fish to die that day [1/day]
    normal, uniform : one standard normal and one uniform [0, 1) draw each

    Notes
    -----
    The expectation m = fish * hazard is spread as Poisson by its normal approximation m + sqrt(m) z, and rounded up
    with the chance of its fraction, so that small expectations keep their mean: cheap, and exact in whole fish.
    """
    expected = fish * np.clip(hazard, 0.0, 1.0)
    spread = np.maximum(expected + np.sqrt(expected) * normal, 0.0)
    whole: Ints = np.minimum(np.floor(np.where(expected < 4.0, expected, spread) + uniform).astype(np.int64), fish)
    return whole


def picked_cause(hazards: Floats, uniform: Floats) -> Ints:
    """The cause that the day's record names: an index a column, drawn in proportion to `hazards` [causes, n]."""
    ladder = np.cumsum(hazards, axis=0)
    cause: Ints = (ladder < uniform * ladder[-1]).sum(axis=0)
    return cause


def pulse_day_one(total_share: Floats | float, decay_per_day: Floats | float) -> Floats:
    """Hazard on the first day of a pulse that decays geometrically and takes `total_share` in all [1/day]."""
    first: Floats = np.asarray(total_share) * (1.0 - np.asarray(decay_per_day))
    return first


def outbreak_course(duration_days: int) -> Floats:
    """How an outbreak's total spreads over its days: a rise to a third of its time, then a longer fall; sums to 1."""
    t = (np.arange(duration_days) + 0.5) / duration_days
    course = t**2 * (1.0 - t) ** 4
    spread: Floats = course / course.sum()
    return spread
