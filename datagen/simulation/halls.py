"""Halls whose tanks share one water: how well it is treated on every day, and when what treats it fails.

All of it is drawn by hall and week of the record. No two batches are ever in a hall at once, so that what its tanks
are fed is in the history of one of them.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from datagen.arrays import Floats
from datagen.biology.water import oxygen_saturation_mg_l, year_wave
from datagen.case import Case
from datagen.catalog.ways.living import HallFailure, Halls
from datagen.streams import remembering, stream

WEEK_DAYS = 7
YEAR_WEEKS = 365.25 / WEEK_DAYS
TYPICAL_C = 8.0
"""Of the water of halls, to tell oxygen as a part of saturation."""

Spans = tuple[Floats, Floats]
"""From which hour of the record on, in order, and for how many hours."""


@dataclass(frozen=True)
class Hall:
    """What befalls a hall: how well its water is treated, as a logarithm by week, and when what fails, by kind."""

    weeks: Floats
    failing: dict[str, Spans]

    def treated(self, first: int, days: int) -> Floats:
        """How well on days of the record from a first one on, 1 as the catalog has it."""
        weeks = np.arange(first, first + days) / WEEK_DAYS
        treated: Floats = np.exp(np.interp(weeks, np.arange(len(self.weeks)), self.weeks))
        return treated

    def down(self, kind: str, first: int, days: int) -> Floats:
        """For what part of each of these days something has failed."""
        hour, passed = 24.0 * np.arange(first, first + days + 1), np.zeros(days + 1)
        # One after the other: a sum of more of them, in a longer record, would round otherwise.
        for begin, hours in zip(*self.failing[kind], strict=True):
            passed += np.clip(hour - begin, 0.0, hours)
        part: Floats = np.minimum(np.diff(passed) / 24.0, 1.0)
        return part


def halls(case: Case) -> dict[int, Hall]:
    """The halls of a plan's farm, by unit; none where tanks share no water."""
    spec, farm = case.way.halls, case.farm
    if spec is None:
        return {}
    units = np.flatnonzero(farm.unit_in_production & ~farm.unit_is_area).tolist()
    return {unit: _hall(case, unit, spec) for unit in units}


def _hall(case: Case, unit: int, spec: Halls) -> Hall:
    farm = case.farm
    address = (case.plan.seed, farm.geography_code[farm.unit_geography[unit]], farm.unit_code[unit])
    rng = stream(*address, "hall")
    own = rng.standard_normal()
    weeks = remembering(rng.standard_normal(case.plan.days // WEEK_DAYS + 2), spec.weeks.memory)
    failing: dict[str, Spans] = {
        each.kind: _failures(case, stream(*address, each.kind), each) for each in spec.failures
    }
    return Hall(spec.spread * own + spec.weeks.sigma * weeks, failing)


def _failures(case: Case, rng: np.random.Generator, spec: HallFailure) -> Spans:
    """When something fails: once a week at most."""
    weeks = case.plan.days // WEEK_DAYS + 1
    drawn = rng.random((weeks, 3))
    new_year = case.plan.first_day.replace(month=1, day=1)
    middle = (case.plan.first_day - new_year).days + WEEK_DAYS * np.arange(0.5, weeks)
    season = 1.0 + spec.season * year_wave(middle, spec.worst_day)
    week = np.flatnonzero(drawn[:, 0] < spec.per_year / YEAR_WEEKS * season)
    luck = np.array([NormalDist().inv_cdf(max(each, 1e-9)) for each in drawn[week, 2].tolist()])
    begin = 24.0 * WEEK_DAYS * (week + drawn[week, 1])
    return begin, np.minimum(spec.hours * np.exp(spec.spread * luck), spec.longest_hours)


class Shared:
    """What the day loop asks of a geography's halls [days, units]; of areas nothing is held back."""

    def __init__(self, case: Case, geography: int, spec: Halls) -> None:
        farm, days = case.farm, case.plan.days
        self.fed = np.ones((days, farm.units_of(geography)))
        self.oxygen_pct = np.zeros_like(self.fed)
        volume_m3 = np.bincount(farm.container_unit, farm.container_volume_m3, len(farm.unit_name))
        used_mg = spec.oxygen_per_feed / spec.oxygen_per_day
        points = 100.0 * used_mg / float(oxygen_saturation_mg_l(TYPICAL_C, 0.0))
        for unit, hall in case.halls.items():
            if farm.unit_geography[unit] != geography:
                continue
            column = farm.unit_column[unit]
            for failure in spec.failures:
                self.fed[:, column] *= 1.0 - hall.down(failure.kind, 0, days) * (1.0 - failure.fed)
            # Points of saturation that a gram of feed takes from the hall.
            self.oxygen_pct[:, column] = points / (hall.treated(0, days) * volume_m3[unit])
