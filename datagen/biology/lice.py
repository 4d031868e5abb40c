"""Sea lice on farmed salmon: how they settle, develop with the temperature, die of treatments and come back."""

import numpy as np

from datagen.arrays import Floats

POPULATIONS = ("copepodid", "chalimus", "pre_adult", "adult", "caligus_juvenile", "caligus_adult")
"""Lice per fish are kept apart by these: four stages of Lepeophtheirus salmonis, two of Caligus elongatus, in order."""

SESSILE = np.array([True, True, False, False, True, False])
"""Populations that are attached by a frontal filament (most Caligus juveniles are): few treatments reach them."""


def development_days(temp_c: Floats | float) -> Floats:
    """Days from chalimus to adult at a temperature [C].

    Notes
    -----
    D(T) = 17840 (T + 7.439)^-2.128, fitted to counts of Faroese farms [3 in docs/realism.md].

    >>> development_days(np.array([8.0, 8.5, 10.0])).round().tolist()
    [53.0, 49.0, 41.0]
    """
    days: Floats = 17840.0 * (np.asarray(temp_c, float) + 7.439) ** -2.128
    return days


MOST_LICE = 1000.0
"""Of any population on a fish: it is long dead."""


def moulting(temp_c: Floats, share: Floats) -> Floats:
    """Part of each population that moults into the next in a day [..., populations, n], at temperatures [..., n].

    `share` is how much of the development time each population takes; infinite for adults, which moult no more.
    """
    part: Floats = 1.0 - np.exp(-1.0 / (development_days(temp_c)[..., None, :] * share[:, None]))
    return part


def lice_per_fish(settling: Floats, moults: Floats, survival: Floats, hatching: float, late_day: int = 0) -> Floats:
    """Lice per fish at the end of each day [days, populations, rings], from clean fish on.

    Parameters
    ----------
    settling : lice that settle from outside the farm [lice/fish/day]
    moults : part of each population that moults into the next that day
    survival : part that survives the day, treatments included
    hatching : copepodids that settle per adult L. salmonis on the farm's fish, whichever ring it sits in [1/day]
    late_day : day before which the last ring has no fish: then they come out of the others

    Notes
    -----
    A linear chain a ring, one step a day, over arrays of rings: 450 days cost 4 ms.
    """
    lice = np.empty_like(settling)
    now = np.zeros(settling.shape[1:])
    for day in range(len(settling)):
        now = next_day(now, settling[day], moults[day], survival[day], offspring(now[ADULT], hatching))
        share_out(now, settling.shape[2] - (day < late_day))
        lice[day] = now
    return lice


def share_out(now: Floats, rings: int) -> None:
    """Give rings after these, that stand empty, the lice that these have in the mean: those of their first fish."""
    if rings < len(now[0]):
        now[:, rings:] = now[:, :rings].mean(axis=1, keepdims=True)


ADULT = POPULATIONS.index("adult")


def offspring(adults: Floats, hatching: float) -> float:
    """Copepodids that settle on each fish of a farm, of the adults in its rings."""
    # As `mean` reckons it, in a third of the time.
    settle: float = hatching * (np.add.reduce(adults) / len(adults))
    return settle


def next_day(now: Floats, settling: Floats, moults: Floats, survival: Floats, offspring: Floats | float) -> Floats:
    """Lice per fish a day later [populations, rings]; the offspring are those of the day before."""
    moulted = now * moults
    now = now - moulted
    now[1:] += moulted[:-1]
    now += settling
    now[0] += offspring
    now *= survival
    return np.minimum(now, MOST_LICE, out=now)


def clumped(mean: Floats, fish: int, clumping_k: float, gamma: Floats) -> Floats:
    """Expected lice on `fish` fish of a ring, given a draw `gamma` of shape `fish * clumping_k`.

    Counted as Poisson about it, a louse count is negative binomial: lice crowd on few fish; the smaller k, the more.
    """
    expected: Floats = fish * mean * gamma / (fish * clumping_k)
    return expected
