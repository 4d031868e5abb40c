"""Random numbers by address, never by sequence: a generator is keyed by a hash of names."""

from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.random import SFC64, Generator

from datagen.arrays import Floats

FEW = 12
"""Up to so many series numbers of Python are faster than arrays of a day."""


def stream(seed: int, *names: object) -> Generator:
    """The generator that belongs to these names under this seed.

    The same names give the same numbers whatever else is drawn, in whatever order, by whatever worker. Places go by
    their codes, so that they may be called otherwise. Give every draw the day as its leading dimension: a longer
    history then begins with exactly the numbers of a shorter one.

    >>> round(stream(1, "FAR-2020-001", "feeding").random(), 6)
    0.638436
    """
    address = "\x1f".join(map(str, (seed, *names))).encode()
    # As words, lowest first: NumPy would take a whole number apart one by one.
    return Generator(SFC64(np.frombuffer(blake2b(address, digest_size=16).digest()[::-1], "<u4")))


def remembering(noise: Floats, memory: float) -> Floats:
    """Turn white noise [days, ...] into noise of the same spread that remembers `memory` of yesterday (AR(1)).

    The first day is drawn from the stationary distribution, so the spread is the same on every day.
    """
    out: Floats = np.sqrt(1.0 - memory**2) * noise
    out[:1] = noise[:1]
    if out[0:1].size <= FEW:
        for series in out.reshape(len(out), out[0:1].size).T:
            value = float(series[0]) if len(series) else 0.0
            series[1:] = [value := memory * value + fresh for fresh in series[1:].tolist()]
    else:
        remembered = np.empty_like(out[0])
        for yesterday, today in pairwise(out):
            np.add(np.multiply(memory, yesterday, out=remembered), today, out=today)
    return out
