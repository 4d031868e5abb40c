"""Random numbers by address, never by sequence: a generator is keyed by a hash of names."""

from hashlib import blake2b
from itertools import accumulate, pairwise, repeat
from typing import Any

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence
from numpy.random.bit_generator import ISeedSequence

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
    # Any such seed is taken, which NumPy's types do not say.
    words: Any = _Seed(blake2b(address, digest_size=16).digest())
    return Generator(SFC64(words))


WORDS = 6
"""Of 32 bits, that SFC64 is begun with."""
WORD = 2**32 - 1
HASHED = [*accumulate(repeat(0x58F38DED, WORDS), lambda last, times: last * times & WORD, initial=0x8B51F9DD)]
"""What NumPy mixes into the words one after the other."""


class _Seed(ISeedSequence):
    """What `SeedSequence` makes of the same entropy, in two fifths of the time: it takes arrays for each word."""

    def __init__(self, entropy: bytes) -> None:
        pool = SeedSequence(np.frombuffer(entropy[::-1], "<u4")).pool.tolist()
        mixed = [(pool[word % 4] ^ HASHED[word]) * HASHED[word + 1] & WORD for word in range(WORDS)]
        self._state = np.array([word ^ word >> 16 for word in mixed], "<u4").view("<u8")

    def generate_state(self, n_words: int, dtype: Any = np.uint64) -> Any:
        assert (n_words, dtype) == (WORDS // 2, np.uint64)
        return self._state


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
