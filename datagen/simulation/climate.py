"""The weather of a geography: what the water of every hall and area was like on every day."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Bools, Dates, Floats, Ints
from datagen.biology.mortality import CAUSES, outbreak_course
from datagen.biology.water import year_wave
from datagen.case import Case
from datagen.catalog.biology import SeaClimate, Water
from datagen.catalog.spec import of_geography
from datagen.planning.plan import Plan
from datagen.simulation import hardship
from datagen.streams import remembering, stream


@dataclass(frozen=True)
class Climate:
    """Day by unit [days, units of the farm]; zero in the columns of units of other geographies."""

    temp_c: Floats
    salinity_psu: Floats
    oxygen_pct: Floats
    storm: Bools


def climate(case: Case, geography: int) -> Climate:
    """Weather of one geography for every day of the plan; a longer plan begins with the same weather."""
    catalog, farm, plan = case.catalog, case.farm, case.plan
    units = np.flatnonzero(farm.unit_geography == geography)
    shape = (plan.days, len(farm.unit_name))
    out = Climate(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, bool))
    day_of_year, place = plan.days_of_year(), farm.geography_code[geography]
    common = _anomaly(catalog.water, plan, place)
    storm = storms(case, geography, plan.days)
    for unit in units:
        if not farm.unit_in_production[unit]:
            continue
        site = farm.unit_code[unit]
        own = _anomaly(catalog.water, plan, place, site)
        if farm.unit_is_area[unit]:
            share = catalog.water.weather.shared_share
            anomaly = np.sqrt(share) * common + np.sqrt(1.0 - share) * own
            sea = catalog.water.climates[farm.unit_climate[unit]]
            _sea(out, int(unit), sea, day_of_year, anomaly, stream(plan.seed, place, site, "salt and oxygen"))
            out.storm[:, unit] = storm
        else:
            _tempered(out, int(unit), case, day_of_year, own, stream(plan.seed, place, site, "oxygen"))
    return out


def storms(case: Case, geography: int, days: int) -> Bools:
    """On which of the first so many days of the record there is a storm, in all of a geography."""
    plan, place = case.plan, case.farm.geography_name[geography]
    dates = np.datetime64(plan.first_day) + np.arange(days)
    drawn = stream(plan.seed, case.farm.geography_code[geography], "storm").random(days)
    stormy: Bools = drawn < of_geography(case.catalog.water.storms, place).probability(dates)
    return stormy


def hazards(case: Case, geography: int) -> dict[int, Floats]:
    """Hazard of what befalls areas at sea, by index of its cause [days, units]."""
    if case.way.mortality is not None:
        return hardship.befalling(case, geography, case.way.mortality)
    farm, plan = case.farm, case.plan
    bloom = np.zeros((plan.days, len(farm.unit_name)))
    dates, day_of_year, place = plan.dates(), plan.days_of_year(), farm.geography_code[geography]
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
        bloom[:, unit] = _blooms(case, dates, day_of_year, place, farm.unit_code[unit])
    return {CAUSES.index("ENVIRONMENTAL"): bloom}


def _anomaly(water: Water, plan: Plan, *place: str) -> Floats:
    """Departure from the mean year [C]: a slow part that lasts months and a fast one that lasts days."""
    draws = stream(plan.seed, *place, "temperature").standard_normal((plan.days, 2))
    weather = water.weather
    slow = weather.slow_sd_c * remembering(draws[:, 0], weather.slow_memory)
    return slow + weather.fast_sd_c * remembering(draws[:, 1], weather.fast_memory)


def _sea(
    out: Climate, unit: int, sea: SeaClimate, day_of_year: Floats, anomaly: Floats, rng: np.random.Generator
) -> None:
    wave = year_wave(day_of_year, sea.height_of_summer)
    draws = remembering(rng.standard_normal((len(anomaly), 2)), 0.9)
    out.temp_c[:, unit] = sea.temp_c(day_of_year) + anomaly
    # Rain and rivers only freshen: the dips are one-sided.
    out.salinity_psu[:, unit] = sea.salinity_psu - sea.salinity_sd * np.abs(draws[:, 0])
    middle, swing = (
        (sea.oxygen_winter_pct + sea.oxygen_summer_pct) / 2,
        (sea.oxygen_winter_pct - sea.oxygen_summer_pct) / 2,
    )
    out.oxygen_pct[:, unit] = middle - swing * wave + 1.5 * draws[:, 1]


def _tempered(
    out: Climate,
    unit: int,
    case: Case,
    day_of_year: Floats,
    anomaly: Floats,
    rng: np.random.Generator,
) -> None:
    catalog = case.catalog
    place = case.farm.geography_name[case.farm.unit_geography[unit]]
    fresh, stage = of_geography(catalog.water.freshwater, place), case.stages.key[case.farm.unit_stage[unit]]
    spread = np.hypot(catalog.water.weather.slow_sd_c, catalog.water.weather.fast_sd_c)
    # Weather of its own, as remembering as the sea's, damped to the spread of tempered water.
    damped = anomaly * (fresh.weather_sd_c / spread if spread else 0.0)
    out.temp_c[:, unit] = fresh.temp_c(stage, day_of_year) + damped
    out.oxygen_pct[:, unit] = fresh.oxygen_pct + 1.2 * remembering(rng.standard_normal(len(anomaly)), 0.9)


def _blooms(
    case: Case,
    dates: Dates,
    day_of_year: Floats,
    place: str,
    site: str,
) -> Floats:
    """Daily hazard of algae and jellyfish in an area; each year is drawn at its own address."""
    bloom, plan = case.catalog.mortality.bloom, case.plan
    course = outbreak_course(bloom.duration_days)
    hazard = np.zeros(plan.days + bloom.duration_days)
    years: Ints = dates.astype("datetime64[Y]").astype(int) + 1970
    for year in np.unique(years):
        rng = stream(plan.seed, place, site, "bloom", int(year))
        met, at, size = rng.random(), rng.random(), rng.standard_normal()
        if met >= bloom.probability_per_year:
            continue
        begins = bloom.first_day_of_year + at * (bloom.last_day_of_year - bloom.first_day_of_year)
        total = min(bloom.total_median * np.exp(bloom.total_spread * size), bloom.largest_total)
        on = np.flatnonzero((years == year) & (day_of_year == np.floor(begins)))
        for day in on:
            hazard[day : day + bloom.duration_days] += total * course
    return hazard[: plan.days]
