"""A scenario's projection: growth, deaths and feed of a batch from its first day on, as planners reckon them."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Floats
from datagen.biology.growth import cube_root_gain


@dataclass(frozen=True)
class Projection:
    """State at the end of each day, and what was fed in it."""

    weight_g: Floats
    fish: Floats
    biomass_kg: Floats
    feed_kg: Floats


def project(
    weight_g: float, fish: float, temp_c: Floats, tgc: Floats, fcr: Floats, mortality_percent: Floats
) -> Projection:
    """Project a batch day by day.

    Parameters
    ----------
    weight_g, fish : mean weight [g] and number before the first day
    temp_c : water temperature of each day [C]
    tgc : thermal growth coefficient of each day, times 1000 as published [1000 g^(1/3) / (C day)]
    fcr : feed conversion of each day [kg feed / kg gain]
    mortality_percent : share of the fish that dies on each day [%]

    Notes
    -----
    The day step W^(1/3) += TGC/1000 * T (Iwama & Tautz 1981) has a closed form: a sum of the days' gains.
    Feed is the gain of those alive in the evening times the feed conversion.

    >>> days = np.ones(570)                          # Faroe, 19 months from 100 g: 5-6 kg published
    >>> grown = project(100.0, 1000.0, 8.3 * days, 2.7 * days, 1.2 * days, 0.0 * days)
    >>> float(grown.weight_g[-1].round()), float(grown.feed_kg.sum().round())
    (5282.0, 6218.0)
    """
    grown_g = (float(np.cbrt(weight_g)) + np.cumsum(cube_root_gain(temp_c, tgc))) ** 3
    alive: Floats = np.multiply(fish, np.cumprod(1.0 - mortality_percent / 100.0))
    gain_kg = np.diff(grown_g, prepend=weight_g) * alive / 1000.0
    return Projection(grown_g, alive, grown_g * alive / 1000.0, gain_kg * fcr)
