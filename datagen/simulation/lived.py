"""Container-days of some days as they are lived, one day after the other, and each in the order of containers."""

from typing import NamedTuple

import numpy as np

from datagen.arrays import Floats, Ints


class Lived(NamedTuple):
    """Columns of container-days; `place` is where each is in what was foreseen, `bin` the feed bin that it ate from."""

    place: Ints
    fish: Ints
    deaths: Ints
    cause: Ints
    weight_g: Floats
    oxygen_pct: Floats
    appetite: Floats
    feed_g: Ints
    bin: Ints


class Days:
    """What was lived, and room for what is to come."""

    def __init__(self, rows: int) -> None:
        kinds = Lived.__annotations__.values()
        self._rows = Lived._make(np.empty(rows, np.int64 if kind is Ints else float) for kind in kinds)
        self._count = 0

    def next_day(self, containers: int) -> Lived:
        """The rows of the next day, to be written."""
        begin, self._count = self._count, self._count + containers
        return Lived._make(column[begin : self._count] for column in self._rows)

    def take(self) -> Lived:
        """All that was lived since it was last taken."""
        taken = Lived._make(column[: self._count] for column in self._rows)
        self._count = 0
        return taken
