"""The life that a batch is expected to have, worked out from its plan alone: how many fish, how heavy, until when."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from datagen.arrays import Dates, Floats, Ints
from datagen.biology.growth import cube_root_gain
from datagen.biology.water import day_of_year
from datagen.case import Case
from datagen.catalog.biology import LiceOperation
from datagen.catalog.spec import of_geography
from datagen.planning.plan import BatchPlan
from datagen.planning.slaughter import Slaughter, Visit
from datagen.streams import stream

HEADROOM_SDS = 3.5
"""A container may be so many standard deviations fuller than an average one; one in thousands comes near that.

Where a plan is lived, its way says how many, and more come near. What luck may still add, feed is held
back for (simulation).
"""


@dataclass(frozen=True)
class Forecast:
    """The life that a batch is expected to have: an average one, without luck. Days are days of life."""

    case: Case
    batch: BatchPlan

    @cached_property
    def starts(self) -> list[int]:
        starts: list[int] = self.case.stages.starts.tolist()
        return starts

    @property
    def sea_day(self) -> int:
        """Day of life on which the fish go to sea."""
        return self.starts[self.case.sea]

    @cached_property
    def stage(self) -> Ints:
        """Stage by day."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def _dates(self) -> Dates:
        dates: Dates = np.datetime64(self.batch.start) + np.arange(self.starts[-1])
        return dates

    @property
    def _place(self) -> str:
        return self.case.farm.geography_name[self.batch.geography]

    @cached_property
    def temp_c(self) -> Floats:
        """Water of the mean year by day: tempered by stage, then of the batch's area."""
        water, farm, keys = self.case.catalog.water, self.case.farm, self.case.stages.key
        fresh = of_geography(water.freshwater, self._place)
        sea = water.climates[farm.unit_climate[farm.container_unit[self.batch.containers[-1][0]]]]
        parts = np.split(day_of_year(self._dates), self.starts[1:-1])
        tempered = [fresh.temp_c(key, days) for key, days in zip(keys[:-1], parts[:-1], strict=True)]
        return np.concatenate([*tempered, sea.temp_c(parts[-1])])

    @cached_property
    def _delousings(self) -> list[tuple[int, LiceOperation]]:
        """Those to be reckoned with, by day at sea; where counts will decide, by the methods in turn."""
        lived, days = self.case.way.delousing, int(self.case.stages.duration_days[self.case.sea])
        if lived is None:
            return [(each.sea_day, each) for each in self.case.catalog.biology.lice_treatments]
        methods = [each.method for each in lived.methods]
        expected = [day for day in lived.expected_sea_days if lived.fasting_days <= day < days]
        return [(day, lived.by(methods[time % len(methods)])) for time, day in enumerate(expected)]

    @cached_property
    def fed(self) -> Floats:
        """Chance of a day to be one of feeding: not fasted before a treatment, and no storm."""
        storm = of_geography(self.case.catalog.water.storms, self._place).probability(self._dates)
        fed: Floats = 1.0 - storm * (self.stage == self.case.sea)
        for sea_day, treatment in self._delousings:
            day = self.sea_day + sea_day
            fed[day - treatment.fasting_days : day] = 0.0
        return fed

    @cached_property
    def appetite(self) -> Floats:
        """Share of a full ration by day: every handling takes some, which comes back day by day."""
        biology = self.case.catalog.biology
        handled = [(self.starts[self.case.stages.index(move.into)], move.appetite) for move in biology.transfers]
        handled += [(self.case.stages.day(jab.stage, jab.day_of_stage), jab.appetite) for jab in biology.vaccinations]
        handled += [(self.sea_day + day, each.appetite) for day, each in self._delousings]
        appetite = np.ones(self.starts[-1])
        for day, left in handled:
            after = np.arange(len(appetite) - day)
            appetite[day:] -= (1.0 - left) * (1.0 - biology.growth.appetite_recovery_per_day) ** after
        appetite = np.maximum(appetite, 0.0) * self.fed
        if (lived := self.case.way.sea_appetite) is not None:
            came = day_of_year(self._dates[self.sea_day : self.sea_day + 1])
            appetite *= lived.usual(np.arange(len(appetite), dtype=float) - self.sea_day, lived.spring(came))
        return appetite

    @cached_property
    def weight_g(self) -> Floats:
        """Mean weight in the morning of each day."""
        biology = self.case.catalog.biology
        tgc = self.case.stages.tgc[self.stage] * biology.growth.potential * self.batch.growth
        if (lived := self.case.way.sea_growth) is not None:
            tgc *= np.where(self.stage == self.case.sea, lived.times(day_of_year(self._dates)), 1.0)
        gain = cube_root_gain(self.temp_c, tgc) * self.appetite
        weight_g: Floats = (np.cbrt(biology.eggs.weight_g) + np.cumsum(gain) - gain) ** 3
        return weight_g

    @cached_property
    def alive(self) -> Floats:
        """Share of the eggs alive in the morning of each day, where neither disease breaks out nor algae bloom."""
        biology = self.case.catalog.biology
        dying = self.case.stages.daily_hazard[self.stage].copy()
        dying[0] += biology.eggs.dead_on_arrival
        for move in biology.transfers:
            dying[self.starts[self.case.stages.index(move.into)]] += move.lost_share + move.deaths_share
        for jab in biology.vaccinations:
            dying[self.case.stages.day(jab.stage, jab.day_of_stage)] += jab.deaths_share
        for day, each in self._delousings:
            dying[self.sea_day + day] += each.deaths_share
        alive: Floats = np.exp(dying - np.cumsum(dying))
        return alive

    @cached_property
    def _fit(self) -> int:
        """Day on which the harvest is decided on, if there is time: at target weight, no medicine being withheld."""
        sea, rings = self.sea_day, len(self.batch.containers[-1])
        fit = [sea, self.batch.harvest_from_day]
        for day, each in self._delousings if self.case.way.delousing is None else ():
            fit.append(each.last_day(sea + day, rings) + each.withholding_days)
        slaughter = Slaughter(self.case, self.batch)
        return max(self._weighing(slaughter.begins_g(slaughter.last_day(self._ring_kg))), *fit)

    def _weighing(self, weight_g: float) -> int:
        """Day on which the fish at sea weigh so much, or the one after the last."""
        return self.sea_day + int(np.searchsorted(self.weight_g[self.sea_day :], weight_g))

    @cached_property
    def _ring_kg(self) -> list[float]:
        """Of each ring, when the fish weigh what they are to be harvested at."""
        rings, day = len(self.batch.containers[-1]), self._weighing(self.batch.harvest_target_g)
        day = min(day, self.starts[-1] - 1)
        return [float(self.batch.eggs * self.alive[day] * self.weight_g[day]) / 1000.0 / rings] * rings

    @cached_property
    def _visits(self) -> list[Visit]:
        """Of the boat, from its first one on."""
        return Slaughter(self.case, self.batch).visits(self._ring_kg)

    @property
    def slaughter_days(self) -> int:
        """Days from the one on which the harvest is decided on to the one after its last ring."""
        return 1 + self.case.catalog.biology.harvest.fasting_days + self._visits[-1].day

    @property
    def harvested(self) -> int:
        """Day on which the last ring is emptied, by the planned end."""
        return min(self._fit + self.slaughter_days, self.starts[-1])

    @property
    def fullest(self) -> int:
        """Day after which no ring gets fuller: the last; of weeks the first, on which the fullest is begun."""
        before = 0 if self.case.way.slaughter is None else self._visits[-1].day
        return max(self.harvested - before, self.sea_day + 1)

    @cached_property
    def fullness(self) -> Floats:
        """Share of its capacity that the fullest container of a batch may come to, by stage.

        Batches and containers differ in growth, which the weight follows threefold, and in deaths.
        """
        case, batch = self.case, self.batch
        growth, deaths = case.catalog.biology.growth, case.catalog.mortality
        spread = np.hypot(
            3.0 * np.hypot(growth.batch_sd, container_sd(case)), (1.0 - self.alive) * deaths.container_spread
        )
        headroom = HEADROOM_SDS if case.way.containers is None else case.way.containers.room_sds
        heavy_kg = batch.eggs * self.alive * self.weight_g / 1000.0 * np.exp(headroom * spread)
        days = [*self.starts[:-1], self.fullest]
        return np.array(
            [
                heavy_kg[first:end].max() / len(own) / case.farm.container_max_biomass_kg[list(own)].min()
                for first, end, own in zip(days[:-1], days[1:], batch.containers, strict=True)
            ]
        )


def vigour(case: Case, batch: BatchPlan) -> float:
    """How fast a batch grows, as a multiple of an average one: its luck, which is drawn before it lives."""
    luck = stream(case.plan.seed, batch.number, "nature").standard_normal()
    return 1.0 + case.catalog.biology.growth.batch_sd * float(luck)


def container_sd(case: Case) -> float:
    """How much the containers of a batch differ in growth, as a standard deviation of a multiple of the batch's."""
    lived = case.way.containers
    return case.catalog.biology.growth.container_sd if lived is None else lived.growth
