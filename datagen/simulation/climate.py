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

SPELL_MEMORY = 0.9
"""Of the day before, in salt and oxygen; invented."""


@dataclass(frozen=True)
class Climate:
    """Day by unit of one geography [days, units]: `Farm.unit_column` says where each is."""

    temp_c: Floats
    salinity_psu: Floats
    oxygen_pct: Floats
    storm: Bools


def climate(case: Case, geography: int) -> Climate:
    """Weather of one geography for every day of the plan; a longer plan begins with the same weather."""
    catalog, farm, plan = case.catalog, case.farm, case.plan
    units = np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production).tolist()
    shape = (plan.days, farm.units_of(geography))
    out = Climate(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, bool))
    day_of_year, place = plan.days_of_year(), farm.geography_code[geography]
    common, *own = _anomalies(catalog.water, plan, [(place,), *((place, farm.unit_code[unit]) for unit in units)])
    storm, spells = storms(case, geography, plan.days), _spells(case, units)
    share = catalog.water.weather.shared_share
    for unit, alone, spell in zip(units, own, spells, strict=True):
        column = farm.unit_column[unit]
        if farm.unit_is_area[unit]:
            anomaly = np.sqrt(share) * common + np.sqrt(1.0 - share) * alone
            _sea(out, column, catalog.water.climates[farm.unit_climate[unit]], day_of_year, anomaly, spell)
            out.storm[:, column] = storm
        else:
            _tempered(out, unit, case, day_of_year, alone, spell)
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
    bloom = np.zeros((plan.days, farm.units_of(geography)))
    dates, day_of_year, place = plan.dates(), plan.days_of_year(), farm.geography_code[geography]
    for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production & farm.unit_is_area):
        bloom[:, farm.unit_column[unit]] = _blooms(case, dates, day_of_year, place, farm.unit_code[unit])
    return {CAUSES.index("ENVIRONMENTAL"): bloom}


def _anomalies(water: Water, plan: Plan, places: list[tuple[str, ...]]) -> Floats:
    """Departure of places from the mean year [C; places, days]: a slow part that lasts months and a fast one of days.

    Of all places at once, for what remembers goes day by day.
    """
    draws = [stream(plan.seed, *place, "temperature").standard_normal((plan.days, 2)) for place in places]
    slow, fast = np.stack(draws, axis=-1).swapaxes(0, 1)
    weather = water.weather
    anomalies: Floats = weather.slow_sd_c * remembering(slow, weather.slow_memory)
    return (anomalies + weather.fast_sd_c * remembering(fast, weather.fast_memory)).T


def _spells(case: Case, units: list[int]) -> list[Floats]:
    """What water of units has more than usually, or less: salt and oxygen at sea, oxygen in halls [kinds, days]."""
    farm, plan = case.farm, case.plan
    draws = []
    for unit in units:
        kinds, name = (2, "salt and oxygen") if farm.unit_is_area[unit] else (1, "oxygen")
        address = farm.geography_code[farm.unit_geography[unit]], farm.unit_code[unit], name
        draws.append(stream(plan.seed, *address).standard_normal((plan.days, kinds)))
    spells = remembering(np.concatenate(draws, axis=1), SPELL_MEMORY).T
    return np.split(spells, np.cumsum([drawn.shape[1] for drawn in draws])[:-1])


def _sea(out: Climate, column: int, sea: SeaClimate, day_of_year: Floats, anomaly: Floats, spell: Floats) -> None:
    wave, (salt, oxygen) = year_wave(day_of_year, sea.height_of_summer), spell
    out.temp_c[:, column] = sea.temp_c(day_of_year) + anomaly
    # Rain and rivers only freshen: the dips are one-sided.
    out.salinity_psu[:, column] = sea.salinity_psu - sea.salinity_sd * np.abs(salt)
    middle, swing = (
        (sea.oxygen_winter_pct + sea.oxygen_summer_pct) / 2,
        (sea.oxygen_winter_pct - sea.oxygen_summer_pct) / 2,
    )
    out.oxygen_pct[:, column] = middle - swing * wave + 1.5 * oxygen


def _tempered(out: Climate, unit: int, case: Case, day_of_year: Floats, anomaly: Floats, spell: Floats) -> None:
    catalog = case.catalog
    place = case.farm.geography_name[case.farm.unit_geography[unit]]
    fresh, stage = of_geography(catalog.water.freshwater, place), case.stages.key[case.farm.unit_stage[unit]]
    column = case.farm.unit_column[unit]
    spread = np.hypot(catalog.water.weather.slow_sd_c, catalog.water.weather.fast_sd_c)
    # Weather of its own, as remembering as the sea's, damped to the spread of tempered water.
    damped = anomaly * (fresh.weather_sd_c / spread if spread else 0.0)
    out.temp_c[:, column] = fresh.temp_c(stage, day_of_year) + damped
    out.oxygen_pct[:, column] = fresh.oxygen_pct + 1.2 * spell[0]


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
