"""Deaths: whole fish from hazards."""

from itertools import pairwise

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
    # As `clip` has it, in half of the time.
    expected = fish * np.minimum(np.maximum(hazard, 0.0), 1.0)
    spread = np.maximum(expected + np.sqrt(expected) * normal, 0.0)
    # Whole numbers of what is not below 0 are its floor.
    whole = (np.where(expected < 4.0, expected, spread) + uniform).astype(np.int64)
    return np.minimum(whole, fish)


def add_up(hazards: Floats) -> Floats:
    """Make of hazards [causes, n] their sums from the first cause to each, in place."""
    # As `cumsum` does, in a quarter of the time.
    for lower, upper in pairwise(hazards):
        np.add(lower, upper, out=upper)
    return hazards


def picked_cause(ladder: Floats, uniform: Floats) -> Ints:
    """The cause that the day's record names: an index a column, drawn in proportion to hazards.

    Of these, `ladder` is the sum from the first cause to each [causes, n].
    """
    below = ladder < uniform * ladder[-1]
    # Bytes are added in a fifth of the time of truths.
    cause: Ints = np.add.reduce(below.view(np.int8), axis=0, dtype=np.int8).astype(np.int64)
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
