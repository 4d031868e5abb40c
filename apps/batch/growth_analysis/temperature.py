"""The temperature of every day: measured, interpolated, that of the nearest measured day, the profile's, or none."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SOURCES = ("measured", "interpolated", "nearest_before", "nearest_after", "profile", "none")
MEASURED, INTERPOLATED, NEAREST_BEFORE, NEAREST_AFTER, PROFILE, NONE = range(len(SOURCES))

CONFIDENCE = np.array([1.0, np.nan, 0.6, 0.6, 0.5, 0.0])
"""By source; that of an interpolated day depends on the gap."""

NEIGHBOUR_DAYS = 7
"""Measured days further away are not interpolated between."""


NEVER = 1_000_000
"""Days to a measured day that there is not."""


def fill(measured_c: Floats, assignment: Ints, profile_c: Floats) -> tuple[Floats, Ints, Floats]:
    """Temperature, its source and its confidence of each row; NaN where there is none.

    Rows are days without a gap, those of each assignment one after the other: it is filled from its own measured days.
    """
    begin = np.searchsorted(assignment, assignment)
    end = np.searchsorted(assignment, assignment, "right") - 1
    since, before_c = _last_measured(measured_c, begin)
    backwards = _last_measured(measured_c[::-1], (len(end) - 1 - end)[::-1])
    until, after_c = (of_reversed[::-1] for of_reversed in backwards)
    source = np.select(
        [
            ~np.isnan(measured_c),
            (since <= NEIGHBOUR_DAYS) & (until <= NEIGHBOUR_DAYS),
            (since <= until) & (since < NEVER),
            until < NEVER,
            ~np.isnan(profile_c),
        ],
        [MEASURED, INTERPOLATED, NEAREST_BEFORE, NEAREST_AFTER, PROFILE],
        NONE,
    )
    gap = np.maximum(since + until, 1)
    between_c = before_c + (after_c - before_c) * since / gap
    # By source; without any, the profile's is NaN.
    temp_c = np.choose(source, [measured_c, between_c, before_c, after_c, profile_c, profile_c])
    confidence = np.where(source == INTERPOLATED, np.maximum(0.4, 0.9 - gap / 30.0), CONFIDENCE[source])
    return temp_c, source, confidence


def _last_measured(measured_c: Floats, begin: Ints) -> tuple[Ints, Floats]:
    """Days since the last measured day, 0 on one and NEVER before the first, and the temperature of that day.

    `begin` is the row with which each row's assignment begins.
    """
    row = np.arange(len(measured_c))
    last = np.maximum.accumulate(np.where(np.isnan(measured_c), -1, row))
    since = np.where(last < begin, NEVER, row - last)
    return since, measured_c[np.maximum(last, begin)]
