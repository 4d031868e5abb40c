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
