"""Growth by the thermal growth coefficient."""

import numpy as np

from datagen.arrays import Floats


def cube_root_gain(temp_c: Floats | float, tgc: Floats | float) -> Floats:
    """What the cube root of the weight gains in a day.

    Parameters
    ----------
    temp_c : mean water temperature of the day [C]
    tgc : thermal growth coefficient, times 1000 as published [1000 g^(1/3) / (C day)]

    Notes
    -----
    W2^(1/3) = W1^(1/3) + TGC/1000 * T * days, W in g: Iwama & Tautz (1981), Can. J. Fish. Aquat. Sci. 38:649-656.
    Below 0 C nothing grows.
    """
    return np.asarray(tgc, float) / 1000.0 * np.maximum(temp_c, 0.0)


def grown_weight_g(weight_g: Floats | float, temp_c: Floats | float, tgc: Floats | float, days: float = 1.0) -> Floats:
    """Weight [g] after `days` at one temperature; see `cube_root_gain`.

    >>> float(grown_weight_g(100.0, 8.3, 2.7, 570).round())    # Faroe, 19 months from 100 g: 5-6 kg published
    5282.0
    """
    grown: Floats = (np.cbrt(np.asarray(weight_g, float)) + days * cube_root_gain(temp_c, tgc)) ** 3
    return grown
