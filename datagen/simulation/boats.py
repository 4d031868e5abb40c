"""The boats that delouse: few for a geography, so that batches wait for each other, and none begins in a storm."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from datagen.arrays import Bools, Floats
from datagen.biology import lice as biology
from datagen.catalog.biology import LiceOperation
from datagen.catalog.ways.work import Delousing
from datagen.simulation.climate import storms
from datagen.simulation.lice import Lice, Watched
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
    firsts = {b: int(plan.starts[b]) + plan.stage_starts[sea] for b in found}
    at_sea = {
        b: range(first, int(world.stays.until[world.stays.of[b, sea]].max()))
        for b, first in firsts.items()
        if first < plan.days
    }
    treated: Treated = defaultdict(list)
    here: dict[int, Watched] = {}
    changes = sorted({min(day, plan.days) for days in at_sea.values() for day in (days.start, days.stop)})
    for day, after in pairwise(changes):
        # No longer than they are at sea: what settles on all batches would take memory by their number.
        here = {b: here.get(b) or _watched(world, spec, b, days) for b, days in at_sea.items() if day in days}
        found |= {b: each.kept for b, each in here.items()}
        if here:
            _live(list(here.values()), day, after, boats, treated)
    return found


def _watched(world: World, spec: Delousing, b: int, at_sea: range) -> Watched:
    batch, first = world.plan.batches[b], at_sea.start
    rings = np.array(batch.containers[-1])
    lice = Lice(world.case, batch, first, len(rings), world.case.late_days[b])
    latest = len(at_sea) - world.case.forecast(batch).slaughter_days
    return Watched(lice, spec, world.temp_c(slice(first, at_sea.stop), rings), latest)


Treated = dict[int, list[tuple[Watched, Bools, Floats]]]
"""Batches that are deloused on days of the record, in which rings, and what part of their lice is left."""


def _live(here: list[Watched], first: int, end: int, boats: Boats, treated: Treated) -> None:
    """Days of the record on which the same batches are at sea: their lice go on side by side, a step a day."""
    rings, after = [each.lice.rings for each in here], 0
    places = [slice(after, after := after + count) for count in rings]
    settling, moults = (
        np.concatenate([column[first - each.first_day : end - each.first_day] for each, column in columns], axis=2)
        for columns in ([(each, each.settling) for each in here], [(each, each.moults) for each in here])
    )
    now = np.concatenate([each.now for each in here], axis=1)
    everyday, hatching = here[0].lice.everyday_survival, here[0].lice.case.catalog.lice.biology.hatching
    for day in range(first, end):
        hatched = [biology.offspring(now[biology.ADULT, place], hatching) for place in places]
        survival = everyday
        if today := treated.pop(day, ()):
            survival = np.repeat(everyday, after, axis=1)
            for each, which, left in today:
                survival[:, places[here.index(each)]][:, which] *= left[:, which]
        now = biology.next_day(now, settling[day - first], moults[day - first], survival, np.repeat(hatched, rings))
        for each, place in zip(here, places, strict=True):
            at_sea = day - each.first_day
            if at_sea < each.lice.late_day:
                biology.share_out(now[:, place], each.lice.rings - 1)
            if at_sea in each.week_of and each.calls(at_sea, now[:, place]):
                for on, which, left in each.deloused(at_sea, boats):
                    treated[on].append((each, which, left))
    for each, place in zip(here, places, strict=True):
        each.now = now[:, place]
