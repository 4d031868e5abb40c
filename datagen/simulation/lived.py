"""Container-days as they are lived: one day after the other, and each day in the order of containers."""

from typing import NamedTuple

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.feeding import queue_position_g


class Lived(NamedTuple):
    """Columns of container-days; `bin` is the feed bin that was eaten from."""

    stay: Ints
    fish: Ints
    deaths: Ints
    cause: Ints
    weight_g: Floats
    oxygen_pct: Floats
    appetite: Floats
    feed_g: Ints
    bin: Ints


class Days:
    """What was lived so far, and room for what is to come."""

    def __init__(self, rows: int) -> None:
        kinds = Lived.__annotations__.values()
        self._rows = Lived._make(np.empty(rows, np.int64 if kind is Ints else float) for kind in kinds)
        self._count = 0

    def next_day(self, containers: int) -> Lived:
        """The rows of the next day, to be written."""
        begin, self._count = self._count, self._count + containers
        return Lived._make(column[begin : self._count] for column in self._rows)

    def by_stay(self, stays: int, bins: int) -> tuple[Lived, Ints]:
        """All of so many stays, one after the other, and where in its bin's queue each ration began [g]."""
        lived = Lived._make(column[: self._count] for column in self._rows)
        # Of small numbers, sorting is counting.
        order = np.argsort(lived.stay.astype(np.min_scalar_type(stays)), kind="stable")
        small = lived.bin.astype(np.min_scalar_type(bins))
        position = queue_position_g(lived.feed_g, small, np.zeros(bins, np.int64))
        return Lived._make(column[order] for column in lived), position[order]
