"""The place of each ring in the currents of its area, where a plan is lived: its oxygen, and how fish then eat."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.feeding import appetite_in, needed_pct
from datagen.biology.water import year_wave
from datagen.case import Case
from datagen.catalog.ways.living import Currents
from datagen.streams import remembering, stream

TIDE_HOURS = 12.42
"""Period of the principal lunar tide M2: slack water comes twice in it."""

OVER_A_DIP = np.cos(np.pi * np.array([1.0, 3.0, 5.0]) / 6.0)
"""Oxygen between two dips, as parts of half their depth: the mean of what follows at these three is that of the day."""


@dataclass(frozen=True)
class Places:
    """By container; zero on land. `dip_pct` is from the best oxygen to slack water, which is `late` (radians of it)."""

    dip_pct: Floats
    late: Floats
    oxygen_pct: Floats


def places(case: Case, spec: Currents) -> Places:
    """Where each ring lies."""
    farm = case.farm
    out = Places(*(np.zeros(len(farm.container_unit)) for _ in range(3)))
    for unit in np.flatnonzero(farm.unit_is_area & farm.unit_in_production):
        first, count = farm.unit_first_container[unit], farm.unit_container_count[unit]
        rng = stream(case.plan.seed, farm.geography_code[farm.unit_geography[unit]], farm.unit_code[unit], "currents")
        high_water, drawn = rng.random(), rng.standard_normal((count, 2))
        luck = rng.random(count)
        here = slice(first, first + count)
        out.dip_pct[here] = spec.dip_min_pct + luck * (spec.dip_max_pct - spec.dip_min_pct)
        out.late[here] = 2.0 * np.pi * (high_water + spec.late_sd_hours / (TIDE_HOURS / 2.0) * drawn[:, 0])
        out.oxygen_pct[here] = spec.place_sd_pct * drawn[:, 1]
    return out


class Breathing:
    """What the day loop asks of the rings of a geography."""

    def __init__(self, case: Case, geography: int, spec: Currents) -> None:
        farm, plan = case.farm, case.plan
        places = case.currents
        assert places is not None
        self._spec, self._places = spec, places
        self._shortage_pct = np.zeros((plan.days, farm.units_of(geography)))
        season = np.maximum(year_wave(plan.days_of_year(), spec.shortest_day), 0.0)
        for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
            draws = stream(plan.seed, farm.geography_code[geography], farm.unit_code[unit], "oxygen, short")
            spells = remembering(draws.standard_normal(plan.days), spec.shortage_memory)
            short_pct = np.minimum(spec.shortage_pct * np.exp(spec.shortage_spread * spells), spec.shortage_most_pct)
            self._shortage_pct[:, farm.unit_column[unit]] = short_pct * season

        self.lowest_pct = 0.5 * places.dip_pct * OVER_A_DIP.min()
        """By container, what the deepest dip takes."""

    def oxygen_pct(self, containers: Ints, moment: Ints) -> Floats:
        """What rings have more, at moments [days, units], than their area has in the mean of years."""
        more: Floats = self._places.oxygen_pct.take(containers) - self._shortage_pct.take(moment)
        return more

    def enough_pct(self, temp_c: Floats) -> Floats:
        """Oxygen that leaves fish all their appetite."""
        return needed_pct(self._spec.enough_pct, temp_c)

    def appetite(self, containers: Ints, oxygen_pct: Floats, temp_c: Floats) -> Floats:
        """What is left of the appetite of a day, by its mean oxygen and the dips of the tide."""
        spec = self._spec
        course = oxygen_pct[:, None] + 0.5 * self._places.dip_pct[containers][:, None] * OVER_A_DIP
        left: Floats = appetite_in(course, temp_c[:, None], spec.enough_pct, spec.least_pct).mean(axis=1)
        return left
