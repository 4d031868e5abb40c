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


def fill(measured_c: Floats, present: NDArray[np.bool_], profile_c: Floats) -> tuple[Floats, Ints, Floats]:
    """Temperature, its source and its confidence [days, assignments]; NaN where there is none.

    `profile_c` is by day. Each assignment is filled from its own measured days.
    """
    days, count = measured_c.shape
    day = np.arange(days)[:, None]
    known = ~np.isnan(measured_c)
    never = days * 10
    before = np.maximum.accumulate(np.where(known, day, -never), axis=0)
    after = np.minimum.accumulate(np.where(known, day, never)[::-1], axis=0)[::-1]
    since, until = day - before, after - day
    column = np.arange(count)
    before_c, after_c = (measured_c[np.clip(at, 0, days - 1), column] for at in (before, after))
    between = (since <= NEIGHBOUR_DAYS) & (until <= NEIGHBOUR_DAYS)
    nearest = np.where(since <= until, NEAREST_BEFORE, NEAREST_AFTER)
    measured = np.minimum(since, until) < never - days
    otherwise = np.where(np.isnan(profile_c), NONE, PROFILE)[:, None]
    source = np.select(
        [known, between, measured],
        [np.full_like(before, MEASURED), np.full_like(before, INTERPOLATED), nearest],
        otherwise,
    )
    gap = np.maximum(since + until, 1)
    choices = [
        measured_c,
        before_c + (after_c - before_c) * since / gap,
        before_c,
        after_c,
        np.broadcast_to(profile_c[:, None], measured_c.shape),
    ]
    temp_c = np.choose(np.minimum(source, PROFILE), choices)
    confidence = np.where(source == INTERPOLATED, np.maximum(0.4, 0.9 - gap / 30.0), CONFIDENCE[source])
    return np.where(present, temp_c, np.nan), source, confidence
