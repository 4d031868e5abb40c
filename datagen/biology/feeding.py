"""Feed: the ration that growth asks for, what the store gives, and what it cost."""

import numpy as np

from datagen.arrays import Floats, Ints

GRAIN_G = 10
"""Feed is counted in whole 10 g: the stock column of the schema holds hundredths of a kilogram."""

FINEST, COARSEST = (0.25, 0.4), (0.4, 0.38)
"""Factor and power that make of the least and the largest weight [g] the usual pellets [mm]; as in feed_given.sql."""


def usual_pellets_mm(weight_min_g: float, weight_max_g: float) -> tuple[float, float]:
    """The finest and the coarsest pellets for fish of these weights.

    >>> [round(each, 1) for each in usual_pellets_mm(180, 500)]
    [2.0, 4.2]
    """
    return FINEST[0] * weight_min_g ** FINEST[1], COARSEST[0] * weight_max_g ** COARSEST[1]


TRIAL_C = (7.0, 19.0)
"""Temperatures at which oxygen that is enough, and the least that fish can do with, are told."""


def needed_pct(at_trial_pct: tuple[float, float], temp_c: Floats) -> Floats:
    """Oxygen that is needed at these temperatures, where that at those of `TRIAL_C` is known."""
    cool, hot = at_trial_pct
    warm: Floats = (temp_c - TRIAL_C[0]) / (TRIAL_C[1] - TRIAL_C[0])
    return cool + warm * (hot - cool)


def appetite_in(
    oxygen_pct: Floats, temp_c: Floats, enough_pct: tuple[float, float], least_pct: tuple[float, float]
) -> Floats:
    """The part of their appetite that fish have in water of so much oxygen [% of saturation].

    All of it where there is enough, none at the least that they can do with, straight in between; both rise with the
    temperature, as measured at those of `TRIAL_C` (Remen et al. 2016, [52] in docs/realism.md).

    >>> appetite_in(np.array([80.0, 50.0, 50.0]), np.array([13.0, 13.0, 7.0]), (42, 76), (24, 40)).round(2).tolist()
    [1.0, 0.67, 1.0]
    """
    enough, least = needed_pct(enough_pct, temp_c), needed_pct(least_pct, temp_c)
    part: Floats = np.clip((oxygen_pct - least) / (enough - least), 0.0, 1.0)
    return part


def ration_g(gain_kg: Floats, fcr: Floats) -> Ints:
    """Feed [g, whole grains] that a biomass gain asks for at a feed conversion ratio [kg feed / kg gain]."""
    grains: Ints = np.rint(np.maximum(gain_kg, 0.0) * fcr * (1000.0 / GRAIN_G)).astype(np.int64)
    return grains * GRAIN_G


def served_g(wanted_g: Ints, bins: Ints, stock_g: Ints) -> Ints:
    """What each container gets [g] from its feed bin: all it wants, or its share of what is there, in whole grains."""
    demand_g = np.bincount(bins, weights=wanted_g, minlength=len(stock_g))
    short = demand_g > stock_g
    if not short.any():
        return wanted_g
    share = np.where(short, stock_g / np.maximum(demand_g, 1.0), 1.0)
    cut = np.floor(wanted_g * share[bins] / GRAIN_G).astype(np.int64) * GRAIN_G
    return np.where(short[bins], cut, wanted_g)


def queue_position_g(served: Ints, bins: Ints, eaten_g: Ints) -> Ints:
    """Where in its bin's first-in-first-out queue each container's ration begins [g since the bin's first delivery].

    Containers of a bin eat in array order; `eaten_g` is what had left each bin before today.
    """
    order = np.argsort(bins, kind="stable")
    ahead = np.cumsum(served[order]) - served[order]
    count = np.bincount(bins, minlength=len(eaten_g))
    used = np.flatnonzero(count)
    before_g = eaten_g.copy()
    before_g[used] -= ahead[(np.cumsum(count) - count)[used]]
    position = np.empty_like(served)
    position[order] = ahead
    position += before_g[bins]
    return position


def fifo_cost(begin_g: Ints, end_g: Ints, lot_end_g: Ints, lot_price_per_kg: Floats) -> Floats:
    """Cost of the feed between two positions of a queue whose lots end at `lot_end_g` and cost `lot_price_per_kg`."""
    ends = np.concatenate(([0], lot_end_g)).astype(float)
    cost = np.concatenate(([0.0], np.cumsum(np.diff(ends) * lot_price_per_kg))) / 1000.0
    paid: Floats = np.interp(end_g, ends, cost) - np.interp(begin_g, ends, cost)
    return paid


def whole_parts(total: Ints, shares: Floats) -> Ints:
    """Split whole numbers [n] in proportion to `shares` [n, parts] into whole parts that sum to them exactly."""
    # Of nothing, all parts are the same.
    ladder = np.cumsum(np.where(shares.sum(axis=1, keepdims=True) > 0, shares, 1.0), axis=1)
    upto = np.rint(total[:, None] * ladder / ladder[:, -1:]).astype(np.int64)
    parts: Ints = np.diff(upto, axis=1, prepend=0)
    return parts
