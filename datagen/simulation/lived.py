"""Container-days as they are lived: one day after the other, and each day in the order of containers."""

from typing import NamedTuple, TypeVar

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.feeding import queue_position_g

Numbers = TypeVar("Numbers", Floats, Ints)


class Lived(NamedTuple):
    """Columns of container-days; `row` is that of the plan, `bin` the feed bin that was eaten from."""

    row: Ints
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

    def in_order(self, rows: Ints, bins: int) -> tuple[Lived, Ints]:
        """All in the order of these rows, and where in its bin's queue each ration began [g]."""
        lived = Lived._make(column[: self._count] for column in self._rows)
        # Of small numbers, sorting is counting.
        small = lived.bin.astype(np.min_scalar_type(bins))
        position_g = queue_position_g(lived.feed_g, small, np.zeros(bins, np.int64))
        place = np.empty(len(self._rows.row), np.int64)
        place[rows] = np.arange(len(rows))
        at = place[lived.row]

        def put(column: Numbers) -> Numbers:
            # Written here and there, and read as it lies: the other way round takes three times as long.
            ordered = np.empty_like(column)
            ordered[at] = column
            return ordered

        return Lived._make(map(put, lived)), put(position_g)
