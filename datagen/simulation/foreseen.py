"""What is known of container-days before they are lived: luck, water, and what season, place and age do to the fish."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.biology.growth import cube_root_gain
from datagen.biology.water import year_wave
from datagen.case import Case
from datagen.simulation import hardship
from datagen.simulation.climate import Climate, hazards
from datagen.simulation.currents import Breathing
from datagen.simulation.halls import Shared
from datagen.simulation.hunger import Hunger
from datagen.simulation.luck import Draws
from datagen.simulation.stays import Part, Stays

MOST_DAYS, LEAST_DAYS, CONTAINER_DAYS = 64, 16, 72_000
"""How many days are foreseen at once: more take more memory, fewer more time to begin with. As many container-days
whatever the size of a company, as far as that goes: half of what living a plan takes would grow with it."""


@dataclass(frozen=True)
class Foreseen:
    """Columns of container-days from the day `begin` on until before `end`, day by day, and each day by `stay`.

    `column` is by stay where it is among these, `moment` where each container-day is in tables [days, units]. `deaths`,
    `rounding` and `cause` are random numbers. Hazards are chances to die on that day, by cause; `appetite` are two
    factors, `full_gain` is what the cube root of the weight gains where nothing is wanting. Oxygen is that of the area
    or hall and, with `more_oxygen_pct`, that of the ring; from `enough_pct` on fish feel no want of it.
    """

    begin: int
    end: int
    stay: Ints
    column: Ints
    moment: Ints
    temp_c: Floats
    deaths: Floats
    rounding: Floats
    cause: Floats
    everyday: Floats
    befalling: list[tuple[int, Floats]]
    appetite: tuple[Floats, Floats]
    full_gain: Floats
    oxygen_pct: Floats
    more_oxygen_pct: Floats | None
    enough_pct: Floats | None

    def place(self, day: int, stay: Ints) -> Ints:
        """Where stays are in columns on a day."""
        place: Ints = self.column.take(stay) + (day - self.begin) * len(self.stay)
        return place


class Foresight:
    """Foresees the days of a geography, some at a time, as it has them."""

    def __init__(
        self,
        case: Case,
        geography: int,
        stays: tuple[Stays, list[Part]],
        climate: Climate,
        temp_offset_c: Floats,
        halls: Shared | None,
        breathing: Breathing | None,
    ) -> None:
        self._case, self._geography, (self._stays, parts) = case, geography, stays
        self._draws = Draws(case, parts)
        self._climate, self._temp_offset_c, self._halls, self._breathing = climate, temp_offset_c, halls, breathing
        containers = case.farm.containers_of(geography)
        self.days = max(LEAST_DAYS, min(MOST_DAYS, CONTAINER_DAYS // containers))
        """That are foreseen at once."""
        self._season, self._hazards = _season(case, geography), hazards(case, geography)
        spec, growth = case.way.sea_appetite, case.way.sea_growth
        self._hunger = None if spec is None else Hunger(case, geography, spec)
        self._growth = None if growth is None else growth.times(case.plan.days_of_year())

    def next(self, begin: int, left: Bools) -> Foreseen:
        """The days from this one on, of stays that fish have not `left`; asked for once, and in order."""
        end = min(begin + self.days, self._case.plan.days)
        stay, luck = self._draws.of(begin, end, left)
        s, farm = self._stays, self._case.farm
        column = farm.unit_column[farm.container_unit[s.container[stay]]]
        day = np.arange(begin, end)[:, None]
        moment = day * farm.units_of(self._geography) + column
        container, at_sea = s.container[stay], s.stage[stay] == self._case.sea
        temp_c = self._climate.temp_c.take(moment) + self._temp_offset_c[container]
        full_gain = cube_root_gain(temp_c, s.tgc[stay])
        if self._growth is not None:
            full_gain *= np.where(at_sea, self._growth[day], 1.0)
        everyday, steady, breathing = luck.hardship, luck.appetite, self._breathing
        everyday *= s.hazard[stay]
        everyday *= self._season.take(moment)
        steady *= self._case.catalog.biology.growth.appetite_daily_sd
        steady += 1.0
        np.maximum(steady, 0.0, out=steady)
        place = np.full(len(s.batch), -1)
        place[stay] = np.arange(len(stay))
        return Foreseen(
            begin,
            end,
            stay,
            place,
            moment.ravel(),
            temp_c.ravel(),
            luck.deaths.ravel(),
            luck.rounding.ravel(),
            luck.cause.ravel(),
            everyday=everyday.ravel(),
            befalling=[(cause, hazard.ravel()) for cause, hazard in self._befalling(stay, day, moment)],
            appetite=(steady.ravel(), self._hungry(stay, day, moment).ravel()),
            full_gain=full_gain.ravel(),
            oxygen_pct=self._climate.oxygen_pct.take(moment).ravel(),
            more_oxygen_pct=None if breathing is None else breathing.oxygen_pct(container, moment).ravel(),
            enough_pct=None if breathing is None else breathing.enough_pct(temp_c).ravel(),
        )

    def _befalling(self, stay: Ints, day: Ints, moment: Ints) -> list[tuple[int, Floats]]:
        """Hazards at sea besides the everyday one, by index of its cause: diseases of batches, what befalls areas."""
        s, case = self._stays, self._case
        outbreak = s.outbreak[np.maximum(day - s.delay[stay], 0), s.batch[stay]]
        outbreak *= (s.frailty * (s.stage == case.sea))[stay]
        suffering = 1.0 if case.way.mortality is None else s.frailty[stay]
        areas = self._hazards.items()
        return [(hardship.DISEASE, outbreak), *((cause, hazard.take(moment) * suffering) for cause, hazard in areas)]

    def _hungry(self, stay: Ints, day: Ints, moment: Ints) -> Floats:
        """What appetite is multiplied by: nobody is fed in a storm, nor while a hall's pumps are down."""
        hungry = (~self._climate.storm.take(moment)).astype(float)
        if self._hunger is not None:
            at_sea = np.flatnonzero(self._stays.stage[stay] == self._case.sea)
            hungry[:, at_sea] *= self._hunger.of(self._stays, stay[at_sea], day, moment[:, at_sea])
        if self._halls is not None:
            hungry *= self._halls.fed.take(moment)
        return hungry


def _season(case: Case, geography: int) -> Floats:
    """What everyday deaths are multiplied by [days, units]."""
    if case.way.mortality is not None:
        return hardship.everyday(case, geography, case.way.mortality)
    farm, spec = case.farm, case.catalog.mortality
    here = farm.unit_geography == geography
    # The hard season at sea is opposite to the warm one.
    wave = year_wave(case.plan.days_of_year()[:, None], farm.unit_warmest_day[None, here])
    return np.where(farm.unit_is_area[here], spec.winter_factor**-wave, 1.0)
