"""The boats that delouse: few for a geography, so that batches wait for each other, and none begins in a storm."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from datagen.arrays import Bools
from datagen.catalog.biology import LiceOperation
from datagen.simulation.climate import storms
from datagen.simulation.lice import Lice, called_for
from datagen.simulation.world import World

Delousings = list[tuple[int, LiceOperation]]
"""Days of the record on which delousings of a batch begin, in order, with what each is."""


AHEAD_DAYS = 200
"""After the record's last day, for which boats may be asked: what is offered does not depend on where a record ends."""


@dataclass
class Boats:
    """From which day of the record on each boat is free, and the days of storm."""

    free: list[int]
    storm: Bools

    def offered(self, wanted: int) -> int:
        """The first day from the wanted one on, on which a boat is there and the sea is calm."""
        day = max(wanted, min(self.free))
        calm = np.flatnonzero(~self.storm[day:])
        return day + (int(calm[0]) if len(calm) else 0)

    def taken(self, first: int, last: int) -> None:
        """One of them is busy from the first day to the last."""
        self.free[self.free.index(min(self.free))] = last + 1


def delousings(world: World, batches: Iterable[int]) -> dict[int, Delousings]:
    """Those of each of a geography's batches: who calls first is served first, on one day the batch that began first.

    A longer record begins with the same ones, for batches that come later call later.
    """
    spec, plan, sea = world.case.way.delousing, world.plan, world.case.sea
    found: dict[int, Delousings] = {b: [] for b in batches}
    if spec is None:
        return found
    boats = Boats([0] * spec.boats, storms(world.case, world.geography, plan.days + AHEAD_DAYS))
    calls = list[tuple[int, int, Iterator[int]]]()
    for b, kept in found.items():
        first, rings = int(plan.starts[b]) + plan.stage_starts[sea], np.array(plan.batches[b].containers[-1])
        longest = int(world.stays.until[world.stays.of[b, sea]].max()) - first if first < plan.days else 0
        if longest:
            lice = Lice(world.case, plan.batches[b], first, len(rings), world.case.late_days[b])
            calls.append(
                (0, b, called_for(lice, world.temp_c(slice(first, first + longest), rings), longest, boats, kept))
            )
    heapify(calls)
    while calls:
        _, b, group = heappop(calls)
        if (day := next(group, None)) is not None:
            heappush(calls, (day, b, group))
    return found
