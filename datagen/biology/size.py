"""The size of single fish around the mean of their container."""

import numpy as np

from datagen.arrays import Floats


def weights_g(mean_g: Floats, cv: Floats | float, normal: Floats) -> Floats:
    """Single weights [g] about a mean: normal with coefficient of variation `cv`, as at harvest [69, docs/realism.md].

    Kept within 0.3 and 1.9 of the mean: runts below that are culled, and giants are not seen in a year class.
    """
    mean_g = np.asarray(mean_g, float)
    return np.clip(mean_g * (1.0 + cv * normal), 0.3 * mean_g, 1.9 * mean_g)


def lengths_cm(weight_g: Floats, condition_k: Floats | float) -> Floats:
    """Fork length [cm] of a fish of that weight and condition factor K = 100 W / L^3 (W in g, L in cm; Fulton 1904).

    >>> float(lengths_cm(np.array([5000.0]), 1.28)[0].round(1))
    73.1
    """
    length: Floats = np.cbrt(100.0 * np.asarray(weight_g) / condition_k)
    return length
