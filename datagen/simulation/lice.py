"""Sea lice as a batch meets them: what settles, what a delousing leaves, what counts find and call for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.biology import lice as biology
from datagen.biology.water import day_of_year, year_wave
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.biology import LiceOperation
from datagen.catalog.health import Delousing, Settling
from datagen.catalog.spec import of_geography
from datagen.catalog.ways import Way, work
from datagen.planning.plan import BatchPlan
from datagen.streams import remembering, stream

if TYPE_CHECKING:
    from datagen.simulation.boats import Boats

MONTH_DAYS = 28
"""An area's pressure is drawn for every so many days, and runs straight between them."""


def most_times(catalog: Catalog, way: Way) -> int:
    """How often a batch can be deloused."""
    return len(catalog.biology.lice_treatments) if way.delousing is None else way.delousing.most


@dataclass(frozen=True)
class Lice:
    """The lice of a batch, whose `rings` were stocked on day `first_day` of the record; all is drawn by address.

    The last ring gets fish of the others on day `late_day` at sea, if it is above 0: until then its lice are theirs.
    """

    case: Case
    batch: BatchPlan
    first_day: int
    rings: int
    late_day: int = 0

    def _stream(self, *names: object) -> np.random.Generator:
        return stream(self.case.plan.seed, self.batch.number, *names)

    def method(self, time: int) -> Delousing:
        """How the batch is deloused, the first time being 0."""
        ways = self.case.catalog.treatments.delousing
        shares = np.array([way.share for way in ways])
        return ways[int(self._stream("delousing, method", time).choice(len(ways), p=shares / shares.sum()))]

    def operation(self, time: int) -> LiceOperation:
        """What that does to the fish, and how it is done."""
        lived = self.case.way.delousing
        if lived is None:
            return self.case.catalog.biology.lice_treatments[time]
        return lived.by(self.method(time).name)

    def left(self, time: int) -> Floats:
        """What part of the lice it leaves [populations, rings]."""
        way = self.method(time)
        removed = np.where(biology.SESSILE, way.sessile, way.mobile)[:, None]
        luck = self._stream("delousing, effect", time).standard_normal(self.rings)
        # Spread in what survives, so that no ring gains lice or is cleaner than clean.
        part: Floats = np.clip((1.0 - removed) * np.exp(way.spread * luck), 0.0, 1.0)
        return part

    def settling(self, length: int) -> Floats:
        """Lice that settle on a fish from outside [days at sea, populations, rings]."""
        spec, populations = self.case.catalog.lice.biology, biology.POPULATIONS
        ring = np.exp(spec.ring_spread * self._stream("lice, rings").standard_normal((2, self.rings)))
        settling = np.zeros((length, len(populations), self.rings))
        pressure = of_geography(spec.settling, self.case.farm.geography_name[self.batch.geography])
        for into, settles, own in (
            ("copepodid", pressure.salmonis, ring[0]),
            ("caligus_juvenile", pressure.caligus, ring[1]),
        ):
            outside = self._pressure(settles, into, length)
            settling[:, populations.index(into)] = outside[:, None] * own
        return settling

    def _pressure(self, spec: Settling, louse: str, length: int) -> Floats:
        """Lice that settle on a fish of the batch's area, by day of the sea phase [lice/fish/day]."""
        farm, plan = self.case.farm, self.case.plan
        area, place = farm.container_unit[self.batch.containers[-1][0]], farm.geography_code[self.batch.geography]
        months = (plan.days - 1) // MONTH_DAYS + 2

        def anomaly(*where: str) -> Floats:
            # By address, not by batch: whoever is in the area in these months meets the same lice.
            draws = stream(plan.seed, place, *where, "lice pressure", louse).standard_normal(months)
            return remembering(draws, spec.area_memory)

        common, own = anomaly(), anomaly(farm.unit_code[area])
        monthly = np.sqrt(spec.shared_share) * common + np.sqrt(1.0 - spec.shared_share) * own
        day = self.first_day + np.arange(length)
        dates = np.datetime64(plan.first_day) + day
        differs = spec.area_spread * np.interp(day, MONTH_DAYS * np.arange(months), monthly)
        pressure: Floats = spec.daily * np.exp(spec.season * year_wave(day_of_year(dates), spec.peak_day) + differs)
        return pressure

    def moulting(self, temp_c: Floats) -> Floats:
        """Part of each population that moults in a day [..., populations, rings], at temperatures [..., rings]."""
        spec = self.case.catalog.lice.biology
        share = np.array([spec.development_share.get(name, np.inf) for name in biology.POPULATIONS])
        return biology.moulting(temp_c, share)

    def delay_days(self, time: int) -> int:
        """How long a boat that is free takes to come."""
        spec = self.case.way.delousing
        assert spec is not None
        luck = float(self._stream("delousing, delay", time).standard_normal())
        return round(spec.delay_days * float(np.exp(spec.delay_spread * np.clip(luck, -2.0, 2.0))))

    @property
    def everyday_survival(self) -> Floats:
        """Part of each population that survives a day without a delousing [populations, 1]."""
        loss = self.case.catalog.lice.biology.daily_loss
        return 1.0 - np.array([loss[name] for name in biology.POPULATIONS])[:, None]

    def counted_on(self, length: int) -> Ints:
        """Days at sea on which lice are counted."""
        counting = self.case.catalog.lice.counting
        return np.arange(counting.first_sea_day, length, counting.every_days)

    def methods(self, weeks: int) -> Ints:
        """By which of the catalog's methods each count is made [weeks, rings]."""
        ladder = np.cumsum([method.share for method in self.case.catalog.lice.counting.methods])
        drawn = self._stream("lice, method").random((weeks, self.rings))
        picked: Ints = np.searchsorted(ladder / ladder[-1], drawn, side="right")
        return picked

    def counting(self, method: Ints) -> Callable[[int, Floats], Ints]:
        """What each week's count finds [rings, types] of lice per fish [populations, rings]; to be asked in order."""
        spec = self.case.catalog.lice
        of = np.array([[kind.of.get(name, 0.0) for name in biology.POPULATIONS] for kind in spec.types])
        seen = np.array([each.confidence for each in spec.counting.methods])[method]
        fish, k = spec.counting.fish, spec.counting.clumping_k
        # Two streams: how many draws a gamma or Poisson variate takes varies, and one must not push the other.
        gamma = self._stream("lice, clumping").standard_gamma(fish * k, (*method.shape, len(spec.types)))
        counted = self._stream("lice, counted")

        def count(week: int, lice: Floats) -> Ints:
            mean = (of @ lice).T * seen[week][:, None]
            found: Ints = counted.poisson(biology.clumped(mean, fish, k, gamma[week]))
            return found

        return count


class Watched:
    """A batch at sea whose lice are counted, and deloused when counts call for it.

    Temperatures are those of the rings [days, rings], as long as there is a record; by day `latest` at sea they must be
    fit for slaughter. What is decided depends on the days before alone: a longer record begins with the same.
    """

    def __init__(self, lice: Lice, spec: work.Delousing, temp_c: Floats, latest: int) -> None:
        self.lice, self.first_day, self.end = lice, lice.first_day, lice.first_day + len(temp_c)
        self.settling, self.moults = lice.settling(len(temp_c)), lice.moulting(temp_c)
        self.now = np.zeros(self.settling.shape[1:])
        self.kept: list[tuple[int, LiceOperation]] = []
        case, counted_on = lice.case, lice.counted_on(len(temp_c)).tolist()
        self._spec, self._count = spec, lice.counting(lice.methods(len(counted_on)))
        self.week_of = {day: week for week, day in enumerate(counted_on)}
        self._female = np.array([kind.adult and kind.gender == "female" for kind in case.catalog.lice.types])
        self._day_of_year = case.plan.days_of_year()[lice.first_day :]
        self._latest, self._busy_until = latest, -1

    def calls(self, day: int, now: Floats) -> bool:
        """Whether the count of a day at sea calls for a boat: to be asked on each day that has one, in order."""
        stocked = self.lice.rings - (day < self.lice.late_day)
        fish = self.lice.case.catalog.lice.counting.fish * stocked
        found = self._count(self.week_of[day], np.ascontiguousarray(now))[:stocked, self._female].sum() / fish
        if day < self._busy_until or len(self.kept) >= self._spec.most:
            return False
        return self._spec.called_for(found, self._day_of_year[day])

    def deloused(self, day: int, boats: "Boats") -> Iterator[tuple[int, Bools, Floats]]:
        """When a boat that is called on a day at sea comes, to which rings, and what it leaves there."""
        lice, time = self.lice, len(self.kept)
        operation = lice.operation(time)
        wanted = lice.first_day + day + 1 + operation.fasting_days + lice.delay_days(time)
        first = boats.offered(wanted)
        clear = operation.last_day(first, lice.rings) + max(operation.withholding_days, 1)
        if clear - lice.first_day > self._latest:
            # Too late: they are slaughtered instead.
            return
        self.kept.append((first, operation))
        boats.taken(first, operation.last_day(first, lice.rings))
        self._busy_until = first - lice.first_day + self._spec.least_gap_days
        left, rings_day = lice.left(time), np.arange(lice.rings) // operation.rings_per_day
        for later in range(int(rings_day[-1]) + 1):
            yield first + later, rings_day == later, left
