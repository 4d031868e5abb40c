"""The size of single fish around the mean of their container."""

from statistics import NormalDist

import numpy as np

from datagen.arrays import Floats


def skewed(normal: Floats, skew: float) -> Floats:
    """Standard normal numbers made into those of a shifted lognormal of the same mean and spread, with a skew."""
    # The spread of the lognormal by its skew, which is t^3 + 3t.
    t = 2.0 * np.sinh(np.arcsinh(skew / 2.0) / 3.0)
    wide: Floats = (np.exp(np.sqrt(np.log1p(t**2)) * normal) / np.sqrt(1.0 + t**2) - 1.0) / t
    return wide


def weights_g(mean_g: Floats, cv: Floats | float, standard: Floats) -> Floats:
    """Single weights [g] about a mean, with coefficient of variation `cv` as at harvest [69, docs/realism.md].

    `standard` numbers have a mean of 0 and a spread of 1, and the weights their distribution.
    Kept within 0.3 and 1.9 of the mean: runts below that are culled, and giants are not seen in a year class.
    """
    mean_g = np.asarray(mean_g, float)
    return np.clip(mean_g * (1.0 + cv * standard), 0.3 * mean_g, 1.9 * mean_g)


def lengths_cm(weight_g: Floats, condition_k: Floats | float) -> Floats:
    """Fork length [cm] of a fish of that weight and condition factor K = 100 W / L^3 (W in g, L in cm; Fulton 1904).

    >>> float(lengths_cm(np.array([5000.0]), 1.28)[0].round(1))
    73.1
    """
    length_cm: Floats = np.cbrt(100.0 * np.asarray(weight_g) / condition_k)
    return length_cm


def largest(share: float, cv: float) -> tuple[float, float]:
    """Mean of the largest fish, in multiples of that of all, and their own coefficient of variation.

    Notes
    -----
    Of a normal distribution cut off at the quantile z above which the share lies, mean 1 and standard deviation cv:
    the mean is 1 + cv h, with h = phi(z) / share, and the variance cv^2 (1 + z h - h^2).

    >>> [round(each, 3) for each in largest(0.5, 0.2)]
    [1.16, 0.104]
    """
    mean, sd = _cut_off(share, cv)
    return 1.0 + mean, sd / (1.0 + mean)


def smallest(share: float, cv: float) -> tuple[float, float]:
    """The same of the smallest.

    >>> [round(each, 3) for each in smallest(0.5, 0.2)]
    [0.84, 0.143]
    """
    mean, sd = _cut_off(share, cv)
    return 1.0 - mean, sd / (1.0 - mean)


def _cut_off(share: float, cv: float) -> tuple[float, float]:
    normal = NormalDist()
    z = normal.inv_cdf(1.0 - share)
    h = normal.pdf(z) / share
    return cv * h, cv * float(np.sqrt(1.0 + z * h - h**2))
