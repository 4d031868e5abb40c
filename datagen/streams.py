"""Random numbers by address, never by sequence: a generator is keyed by a hash of names."""

from hashlib import blake2b

import numpy as np
from numpy.random import SFC64, Generator

from datagen.arrays import Floats


def stream(seed: int, *names: object) -> Generator:
    """The generator that belongs to these names under this seed.

    The same names give the same numbers whatever else is drawn, in whatever order, by whatever worker. Places go by
    their codes, so that they may be called otherwise. Give every draw the day as its leading dimension: a longer
    history then begins with exactly the numbers of a shorter one.

    >>> round(stream(1, "FAR-2020-001", "feeding").random(), 6)
    0.638436
    """
    address = "\x1f".join(map(str, (seed, *names))).encode()
    return Generator(SFC64(int.from_bytes(blake2b(address, digest_size=16).digest())))


def remembering(noise: Floats, memory: float) -> Floats:
    """Turn white noise [days, ...] into noise of the same spread that remembers `memory` of yesterday (AR(1)).

    The first day is drawn from the stationary distribution, so the spread is the same on every day.
    """
    out = np.empty_like(noise)
    if len(noise):
        out[0] = noise[0]
    fresh = np.sqrt(1.0 - memory**2)
    for day in range(1, len(noise)):
        out[day] = memory * out[day - 1] + fresh * noise[day]
    return out
