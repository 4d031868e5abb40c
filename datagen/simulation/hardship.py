"""Why more or fewer fish die than the book says where a plan is lived: seasons, weeks, neighbours, epidemics."""

from datetime import date
from typing import NamedTuple

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.biology.mortality import CAUSES, outbreak_course
from datagen.biology.water import year_wave
from datagen.case import Case
from datagen.catalog.company import Area
from datagen.catalog.ways.deaths import Event, Hardship, LivedMortality, Weeks
from datagen.farm import areas
from datagen.planning.plan import BatchPlan
from datagen.streams import remembering, stream

WEEK_DAYS = 7

LONGEST_DELAY = 4.0
"""Times its mean after which a disease has reached the last ring."""

DISEASE = CAUSES.index("DISEASE")

MET = 0.5
"""Chance of an area to be met by what befalls its waters."""


def everyday(case: Case, geography: int, spec: LivedMortality) -> Floats:
    """What the season and the weeks make of everyday deaths [days, units], 1 where the book holds."""
    farm, plan = case.farm, case.plan
    factor = np.ones((plan.days, farm.units_of(geography)))
    place, day_of_year = farm.geography_code[geography], plan.days_of_year()
    weeks, days = plan.days // WEEK_DAYS + 2, np.arange(plan.days)
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production):
        hard = spec.hardship(case.stages.key[farm.unit_stage[unit]])
        if hard is None:
            continue
        where = "sea" if farm.unit_is_area[unit] else "land"
        common = stream(plan.seed, place, where, "hardship").standard_normal(weeks)
        own = stream(plan.seed, place, farm.unit_code[unit], "hardship").standard_normal(weeks)
        season = hard.season * year_wave(day_of_year, hard.worst_day)
        swing = 1.0 - hard.swing * year_wave(day_of_year, hard.calmest_day)
        felt = _daily(hard.geography, remembering(common, hard.geography.memory), days, swing)
        felt += _daily(hard.unit, remembering(own, hard.unit.memory), days)
        level = spec.level(farm.geography_name[geography]) if farm.unit_is_area[unit] else 1.0
        factor[:, farm.unit_column[unit]] = level * np.exp(season + felt)
    return factor


def of_containers(hard: Hardship, weeks: Floats, age: Ints, late: Bools) -> Floats:
    """What a stage's weeks, as remembered, and first days make of everyday deaths in containers at these ages [days].

    No first days where fish of the same stage come late.
    """
    new = 1.0 + hard.newcomers * np.exp(-age / hard.newcomer_days)
    factor: Floats = np.exp(_daily(hard.container, weeks, age)) * np.where(late, 1.0, new[:, None])
    return factor


def _daily(spec: Weeks, weekly: Floats, days: Ints, swing: Floats | float = 1.0) -> Floats:
    """The logarithm of a factor of mean 1 on days, which runs straight between weeks as remembered [weeks, ...].

    `swing` widens or narrows it by the day.
    """
    week, part = np.divmod(days, WEEK_DAYS)
    share = (part / WEEK_DAYS).reshape(-1, *[1] * (weekly.ndim - 1))
    sigma = spec.sigma * swing
    daily: Floats = sigma * ((1.0 - share) * weekly[week] + share * weekly[week + 1]) - sigma**2 / 2
    return daily


class Outbreak(NamedTuple):
    """A disease or event that kills a share of the fish over days of the record, alone and undisturbed."""

    name: str
    cause: str
    first: int
    days: int
    share: float

    @property
    def course(self) -> Floats:
        """Hazard of each of its days."""
        return self.share * outbreak_course(self.days)


def befalling(case: Case, geography: int, spec: LivedMortality) -> dict[int, Floats]:
    """Hazard of what befalls areas, by index of its cause [days, units]; some of it is that of their waters."""
    farm, plan = case.farm, case.plan
    sites = _sites(case)
    found: dict[int, Floats] = {}
    for event in spec.events:
        hazard = found.setdefault(CAUSES.index(event.cause), np.zeros((plan.days, farm.units_of(geography))))
        for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
            for part in _of_area(case, geography, spec, event, sites[int(unit)]):
                hazard[:, farm.unit_column[unit]] += _hazard(part, plan.days)
    return found


def befell(case: Case, geography: int, spec: LivedMortality, unit: int) -> list[Outbreak]:
    """What befell an area in all the record, in the order of events."""
    site = _sites(case)[unit]
    parts = (part for event in spec.events for part in _of_area(case, geography, spec, event, site))
    return [each for part in parts for each in part]


def _sites(case: Case) -> dict[int, Area]:
    """Areas of the catalog by index of their unit."""
    units = np.flatnonzero(case.farm.unit_is_area).tolist()
    return {unit: site for unit, (site, _) in zip(units, areas(case.catalog), strict=True)}


def _of_area(
    case: Case, geography: int, spec: LivedMortality, event: Event, site: Area
) -> tuple[list[Outbreak], list[Outbreak]]:
    """An event's outbreaks in an area: its own, and those of its waters."""
    place, level = case.farm.geography_code[geography], spec.level(case.farm.geography_name[geography])
    shared = level * spec.shared_share
    waters = (place, "waters", *_waters(site, spec.waters_degrees))
    own = _outbreaks(case, event, (place, site.code), level - shared)
    return own, _outbreaks(case, event, waters, shared / MET, met_by=site)


def _hazard(outbreaks: list[Outbreak], days: int) -> Floats:
    """The hazard of outbreaks by day of the record."""
    hazard = np.zeros(days + max((each.days for each in outbreaks), default=0))
    for each in outbreaks:
        hazard[each.first : each.first + each.days] += each.course
    return hazard[:days]


def _waters(site: Area, degrees: float) -> tuple[int, int]:
    """The cell of the sea that a site lies in."""
    return round(site.latitude / degrees), round(site.longitude / (2.0 * degrees))


def _outbreaks(
    case: Case, event: Event, place: tuple[object, ...], share: float, met_by: Area | None = None
) -> list[Outbreak]:
    """An event's part in a place; each year is drawn at its own address."""
    plan, found = case.plan, []
    for year in range(plan.first_day.year, plan.as_of.year + 1):
        rng = stream(plan.seed, *place, event.name, year)
        times = rng.poisson(event.per_year * share)
        if not times:
            continue
        # What an event is comes before how each area takes it: the same for all areas of the waters.
        at, size = rng.uniform(event.from_day, event.until_day, times), rng.standard_normal(times)
        felt = np.zeros(times)
        if met_by is not None:
            own = stream(plan.seed, *place, event.name, year, met_by.code)
            at = at + own.uniform(0.0, 10.0, times)
            felt, missed = 0.5 * own.standard_normal(times), own.random(times) >= MET
            size = np.where(missed, -np.inf, size)
        total = np.minimum(event.total_median * np.exp(event.total_spread * size + felt), event.largest_total)
        first = (date(year, 1, 1) - plan.first_day).days + np.floor(at).astype(int) - 1
        found += [
            Outbreak(event.name, event.cause, int(day), event.duration_days, float(part))
            for day, part in zip(first, total, strict=True)
            if 0 <= day < plan.days and part > 0
        ]
    return found


def epidemics(case: Case, batch: BatchPlan, start: int, spec: LivedMortality) -> Floats:
    """Hazard of the diseases that a batch meets at sea, by day of the record, where they come first."""
    return _hazard(met(case, batch, start, spec), case.plan.days)


def met(case: Case, batch: BatchPlan, start: int, spec: LivedMortality) -> list[Outbreak]:
    """The diseases that a batch meets at sea, as they go in the ring where they come first."""
    plan, found = case.plan, []
    for each in spec.epidemics:
        rng = stream(plan.seed, batch.number, "epidemic", each.name)
        luck, at, size = rng.random(), rng.standard_normal(), rng.standard_normal()
        begins = start + plan.stage_starts[plan.sea] + int(each.median_sea_day * np.exp(each.sea_day_spread * at))
        if luck < each.incidence and begins < plan.days:
            total = min(each.total_median * float(np.exp(each.total_spread * size)), each.largest_total)
            found.append(Outbreak(each.name, "DISEASE", int(begins), each.duration_days, total))
    return found


def delays(case: Case, batch: BatchPlan, count: int, spec: LivedMortality) -> Ints:
    """Days after the first ring on which a batch's diseases reach each of its rings."""
    mean = spec.ring_delay_days
    luck = stream(case.plan.seed, batch.number, "epidemic, from ring to ring").exponential(1.0, count)
    late: Ints = np.floor(mean * np.minimum(luck, LONGEST_DELAY)).astype(np.int64)
    return late
