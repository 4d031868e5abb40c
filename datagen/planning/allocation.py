"""Containers for batches: every hall and ring booked by simulated date, for the longest life a batch can have."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.farm import Farm

MOST_HALLS = 3
"""Halls of one stage that a batch is spread over at most: 30 tanks of the default company (reading of the guide)."""


def even_share(stock: int, among: int, ordinal: int) -> int:
    """What number `ordinal` takes of a stock in whole pieces: `among` neighbours, wherever they begin, take just it.

    >>> [even_share(10, among=4, ordinal=ordinal) for ordinal in range(6)]
    [2, 3, 2, 3, 2, 3]
    """
    return (ordinal + 1) * stock // among - ordinal * stock // among


class DoesNotFit(Exception):
    """A batch found no room; the message names the constraint that bound, `booked` the batches that did before it."""

    booked = 0


@dataclass
class Booking:
    """Until when each container of a farm is taken; batches must be booked in order of their start."""

    farm: Farm
    stage_starts: tuple[int, ...]
    saturation: float
    containers_per_stage: int | None
    free_from: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.free_from = np.full(len(self.farm.container_unit), np.iinfo(np.int64).min)

    @property
    def sea(self) -> int:
        return len(self.stage_starts) - 2

    def units(self, geography: int, stage: int) -> Ints:
        """Halls or areas in production where this stage lives."""
        farm = self.farm
        here = (farm.unit_geography == geography) & (farm.unit_stage == stage) & farm.unit_in_production
        return np.flatnonzero(here)

    def allowances(self, geography: int, ordinal: int, spacing_days: float) -> list[int]:
        """What the geography's batch number `ordinal`, from 0, may take, by stage."""
        return [self.allowance(geography, stage, ordinal, spacing_days) for stage in range(self.sea + 1)]

    def allowance(self, geography: int, stage: int, ordinal: int, spacing_days: float) -> int:
        """What the geography's batch number `ordinal` may take: whole halls on land, rings at sea.

        The saturated stock is shared out among the batches that live in the stage at once when one starts every
        `spacing_days`. It depends on nothing but the ordinal, so that a plan can be carried on.
        """
        units = self.units(geography, stage)
        if not len(units):
            return 0
        sizes = self.farm.unit_container_count[units]
        if self.containers_per_stage is not None:
            return self.containers_per_stage if stage == self.sea else -(-self.containers_per_stage // int(sizes[0]))
        together = math.ceil((self.stage_starts[stage + 1] - self.stage_starts[stage]) / spacing_days)
        stock = int(self.saturation * (sizes.sum() if stage == self.sea else len(units)) + 1e-9)
        return max(min(even_share(stock, together, ordinal), self._most(geography, stage)), 1)

    def _most(self, geography: int, stage: int) -> int:
        """Halls, or rings of one area, that a batch may take."""
        if stage != self.sea:
            return MOST_HALLS
        return int(self.farm.unit_container_count[self.units(geography, stage)].max(initial=0))

    def widened(self, geography: int, shares: Sequence[int], fullness: Floats) -> list[int]:
        """Shares in which fish that would fill these so far have room; where their number is fixed, the same."""
        if self.containers_per_stage is not None:
            return list(shares)
        return [
            max(share, min(math.ceil(share * full), self._most(geography, stage)))
            for stage, (share, full) in enumerate(zip(shares, fullness, strict=True))
        ]

    def find(self, geography: int, start: int, shares: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """Containers of one batch by stage that are free when it comes."""
        chosen: list[Ints] = []
        stations: set[int] = set()
        for stage, share in enumerate(shares):
            first = start + self.stage_starts[stage]
            containers = (
                self._rings(geography, first, share)
                if stage == self.sea
                else self._halls(geography, stage, first, share, stations)
            )
            self._check_saturation(geography, stage, first, len(containers))
            chosen.append(containers)
            stations.update(int(s) for s in np.unique(self.farm.unit_station[self.farm.container_unit[containers]]))
        return tuple(tuple(int(c) for c in containers) for containers in chosen)

    def take(self, start: int, containers: Sequence[Sequence[int]]) -> None:
        """Book a batch's containers by stage; none is free earlier for it."""
        for stage, taken in enumerate(containers):
            ends = np.maximum(self.free_from[list(taken)], start + self.stage_starts[stage + 1])
            self.free_from[list(taken)] = ends

    def _unit_free_from(self, units: Ints) -> Ints:
        farm = self.farm
        return np.array(
            [self.free_from[farm.unit_first_container[u] :][: farm.unit_container_count[u]].max() for u in units],
            np.int64,
        )

    def _containers(self, unit: int) -> Ints:
        containers: Ints = self.farm.unit_first_container[unit] + np.arange(self.farm.unit_container_count[unit])
        return containers

    def _halls(self, geography: int, stage: int, first: int, share: int, stations: set[int]) -> Ints:
        """Whole halls, of the batch's own stations where they are free, else those that have stood empty longest."""
        units = self.units(geography, stage)
        until = self._unit_free_from(units)
        away = ~np.isin(self.farm.unit_station[units], list(stations)) if stations else np.zeros(len(units), bool)
        free = [i for i in np.lexsort((units, until, away)) if until[i] <= first][:share]
        if share < 1 or len(free) < share:
            raise DoesNotFit(
                self._bound(geography, stage, f"{len(units)} halls, {max(share, 1)} wanted, {len(free)} free")
            )
        return np.concatenate([self._containers(units[i]) for i in sorted(free)])

    def _rings(self, geography: int, first: int, share: int) -> Ints:
        """Rings of one area: an empty one that has stood empty longest, else one with rings enough to spare."""
        units = self.units(geography, self.sea)
        until = self._unit_free_from(units)
        for i in np.lexsort((units, until)):
            rings = self._containers(units[i])
            free = rings[self.free_from[rings] <= first]
            if 1 <= share <= len(free):
                return free[:share]
        raise DoesNotFit(self._bound(geography, self.sea, f"no area of {len(units)} has {max(share, 1)} rings free"))

    def _check_saturation(self, geography: int, stage: int, first: int, wanted: int) -> None:
        stock = np.concatenate([self._containers(u) for u in self.units(geography, stage)])
        taken = int((self.free_from[stock] > first).sum()) + wanted
        if taken > self.saturation * len(stock) + 1e-9:
            raise DoesNotFit(self._bound(geography, stage, f"{taken} of {len(stock)} containers would be taken"))

    def _bound(self, geography: int, stage: int, what: str) -> str:
        place, kind = self.farm.geography_name[geography], self.farm.stage_name[stage]
        return f"{place}, {kind} containers: {what} at saturation {self.saturation:g}"
