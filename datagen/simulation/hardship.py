"""Why more or fewer fish die than the book says where a plan is lived: seasons, weeks, neighbours, epidemics."""

from datetime import date

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

MET = 0.5
"""Chance of an area to be met by what befalls its waters."""


def everyday(case: Case, geography: int, spec: LivedMortality) -> Floats:
    """What the season and the weeks make of everyday deaths [days, units], 1 where the book holds."""
    farm, plan = case.farm, case.plan
    factor = np.ones((plan.days, len(farm.unit_name)))
    place, day_of_year = farm.geography_code[geography], plan.days_of_year()
    weeks = plan.days // WEEK_DAYS + 2
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production):
        hard = spec.hardship(case.stages.key[farm.unit_stage[unit]])
        if hard is None:
            continue
        where = "sea" if farm.unit_is_area[unit] else "land"
        common = stream(plan.seed, place, where, "hardship").standard_normal(weeks)
        own = stream(plan.seed, place, farm.unit_code[unit], "hardship").standard_normal(weeks)
        season = hard.season * year_wave(day_of_year, hard.worst_day)
        swing = 1.0 - hard.swing * year_wave(day_of_year, hard.calmest_day)
        felt = _daily(hard.geography, common, plan.days, swing) + _daily(hard.unit, own, plan.days)
        level = spec.level(farm.geography_name[geography]) if farm.unit_is_area[unit] else 1.0
        factor[:, unit] = level * np.exp(season + felt)
    return factor


def of_containers(case: Case, hard: Hardship, batch: BatchPlan, stage: int, days: int, late: Bools) -> Floats:
    """What a stage's weeks and first days make of everyday deaths in each container [days, containers].

    No first days where fish of the same stage come late.
    """
    rng = stream(case.plan.seed, batch.number, case.stages.key[stage], "hardship, weeks")
    weeks = _daily(hard.container, rng.standard_normal((days // WEEK_DAYS + 2, len(late))), days)
    new = 1.0 + hard.newcomers * np.exp(-np.arange(days) / hard.newcomer_days)
    factor: Floats = np.exp(weeks) * np.where(late, 1.0, new[:, None])
    return factor


def _daily(spec: Weeks, noise: Floats, days: int, swing: Floats | float = 1.0) -> Floats:
    """The logarithm of a factor of mean 1 that is drawn by week [weeks, ...], and runs straight between [days, ...].

    `swing` widens or narrows it by the day.
    """
    weekly = remembering(noise, spec.memory)
    week, part = np.divmod(np.arange(days), WEEK_DAYS)
    share = (part / WEEK_DAYS).reshape(-1, *[1] * (noise.ndim - 1))
    sigma = spec.sigma * swing
    daily: Floats = sigma * ((1.0 - share) * weekly[week] + share * weekly[week + 1]) - sigma**2 / 2
    return daily


def befalling(case: Case, geography: int, spec: LivedMortality) -> dict[int, Floats]:
    """Hazard of what befalls areas, by index of its cause [days, units]; some of it is that of their waters."""
    farm, plan = case.farm, case.plan
    place, level = farm.geography_code[geography], spec.level(farm.geography_name[geography])
    shared = level * spec.shared_share
    sites = {unit: site for unit, (site, _) in zip(np.flatnonzero(farm.unit_is_area), areas(case.catalog), strict=True)}
    found: dict[int, Floats] = {}
    for event in spec.events:
        hazard = found.setdefault(CAUSES.index(event.cause), np.zeros((plan.days, len(farm.unit_name))))
        for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
            site = sites[unit]
            hazard[:, unit] += _course(case, event, (place, site.code), level - shared)
            waters = (place, "waters", *_waters(site, spec.waters_degrees))
            hazard[:, unit] += _course(case, event, waters, shared / MET, met_by=site)
    return found


def _waters(site: Area, degrees: float) -> tuple[int, int]:
    """The cell of the sea that a site lies in."""
    return round(site.latitude / degrees), round(site.longitude / (2.0 * degrees))


def _course(case: Case, event: Event, place: tuple[object, ...], share: float, met_by: Area | None = None) -> Floats:
    """Hazard by day of an event's part in a place; each year is drawn at its own address."""
    plan = case.plan
    course = outbreak_course(event.duration_days)
    hazard = np.zeros(plan.days + event.duration_days)
    for year in range(plan.first_day.year, plan.as_of.year + 1):
        rng = stream(plan.seed, *place, event.name, year)
        times = rng.poisson(event.per_year * share)
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
        for day, part in zip(first, total, strict=True):
            if 0 <= day < plan.days:
                hazard[day : day + event.duration_days] += part * course
    return hazard[: plan.days]


def epidemics(case: Case, batch: BatchPlan, start: int, spec: LivedMortality) -> Floats:
    """Hazard of the diseases that a batch meets at sea, by day of the record, where they come first."""
    plan = case.plan
    longest = max((each.duration_days for each in spec.epidemics), default=0)
    hazard = np.zeros(plan.days + longest)
    for each in spec.epidemics:
        rng = stream(plan.seed, batch.number, "epidemic", each.name)
        met, at, size = rng.random(), rng.standard_normal(), rng.standard_normal()
        begins = start + plan.stage_starts[plan.sea] + int(each.median_sea_day * np.exp(each.sea_day_spread * at))
        if met < each.incidence and begins < plan.days:
            total = min(each.total_median * float(np.exp(each.total_spread * size)), each.largest_total)
            hazard[begins : begins + each.duration_days] += total * outbreak_course(each.duration_days)
    return hazard[: plan.days]


def delays(case: Case, batch: BatchPlan, count: int, spec: LivedMortality) -> Ints:
    """Days after the first ring on which a batch's diseases reach each of its rings."""
    mean = spec.ring_delay_days
    luck = stream(case.plan.seed, batch.number, "epidemic, from ring to ring").exponential(1.0, count)
    late: Ints = np.floor(mean * np.minimum(luck, LONGEST_DELAY)).astype(np.int64)
    return late
