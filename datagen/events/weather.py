"""The weather and the daylight over the sea areas that a plan has fish in, day by day."""

from collections.abc import Iterator

import numpy as np

from apps.environmental.models import PhotoperiodData, WeatherData
from datagen.arrays import Floats, Ints
from datagen.biology import sky
from datagen.biology.water import day_of_year, year_wave
from datagen.case import Case
from datagen.events.context import GeographyRecord, Rows
from datagen.simulation.climate import climate
from datagen.storage.arrow import record_batch
from datagen.streams import remembering, stream

TABLES: tuple[str, ...] = ("environmental_weatherdata", "environmental_photoperioddata")

EXPOSURE = (0.15, 0.45)
"""Share of the open sea's waves that reach an area; invented."""

MEMORY = 0.6
"""Of a day for the one before; invented."""


def most_rows_a_day(case: Case, geography: int) -> int:
    """One of each area."""
    return int((case.farm.unit_is_area & (case.farm.unit_geography == geography)).sum())


def expected(record: GeographyRecord) -> dict[str, int]:
    return dict.fromkeys(TABLES, len(_areas(record)) * record.case.plan.days)


def expand(record: GeographyRecord) -> Iterator[Rows]:
    """Keys go by day and area, whichever areas have fish yet: a longer record adds to a shorter one."""
    case, areas = record.case, _areas(record)
    if not len(areas):
        return
    geography, days = record.history.geography, case.plan.days
    every = np.flatnonzero(case.farm.unit_is_area & (case.farm.unit_geography == geography))
    place = np.tile(np.searchsorted(every, areas), days)
    day = np.repeat(np.arange(days), len(areas))
    number = record.stride * (day * len(every) + place)
    area_id = case.farm.unit_id[every[place]]
    date = np.datetime64(case.plan.first_day) + day
    weather = {name: values.ravel() for name, values in _weather(record, areas).items()}
    latitude = np.array([site.latitude for site in case.catalog.sites.areas])
    first_area = int((~case.farm.unit_is_area).sum())
    latitude_deg = latitude[every[place] - first_area]
    on = day_of_year(date)
    noon = date.astype("datetime64[us]") + np.timedelta64(12, "h")
    yield (
        WeatherData,
        record_batch(
            WeatherData,
            len(day),
            id=record.first_id["environmental_weatherdata"] + number,
            area_id=area_id,
            timestamp=noon,
            created_at=noon + np.timedelta64(5, "m"),
            **weather,
        ),
    )
    evening = date.astype("datetime64[us]") + np.timedelta64(22, "h")
    yield (
        PhotoperiodData,
        record_batch(
            PhotoperiodData,
            len(day),
            id=record.first_id["environmental_photoperioddata"] + number,
            area_id=area_id,
            date=date,
            day_length_hours=sky.day_length_hours(on, latitude_deg),
            light_intensity=sky.noon_light_lux(on, latitude_deg, weather["cloud_cover"].astype(float)),
            created_at=evening,
            updated_at=evening,
        ),
    )


def _areas(record: GeographyRecord) -> Ints:
    """Units of the areas in which the plan has had fish: another plan in the same database has others."""
    stays = record.history.assignments
    units: Ints = np.unique(record.case.farm.container_unit[stays.container[stays.stage == record.case.sea]])
    return units


def _weather(record: GeographyRecord, areas: Ints) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]:
    """Columns [days, areas] of a day's noon. A storm of the simulation, in which nobody feeds, is one here."""
    case, days = record.case, record.case.plan.days
    code = case.farm.geography_code[record.history.geography]
    storm = climate(case, record.history.geography).storm[:, record.case.farm.unit_column[areas]]
    on = day_of_year(case.plan.dates())[:, None]
    winter = -year_wave(on, 196.0)
    sites = [case.farm.unit_code[unit] for unit in areas]

    def remembered(*names: str) -> Floats:
        return remembering(stream(case.plan.seed, code, *names, "weather").standard_normal((days, 4)), MEMORY)

    draws, common = np.stack([remembered(site) for site in sites], axis=1), remembered()[:, None]
    # A front passes over all areas; a third of what is seen is an area's own (invented).
    normal = np.sqrt(2 / 3) * common + np.sqrt(1 / 3) * draws
    wind = sky.wind_m_s(winter, storm, normal[..., 0])
    exposure = np.array([stream(case.plan.seed, code, site, "exposure").uniform(*EXPOSURE) for site in sites])
    waves = sky.wave_height_m(wind, exposure)
    # South-westerlies prevail; cloud and rain come with wind (invented).
    direction = (225.0 + 70.0 * normal[..., 1]) % 360.0
    cloud = np.clip(62.0 + 9.0 * winter + 30.0 * normal[..., 2], 0.0, 100.0)
    rain = np.maximum((cloud - 60.0) / 40.0, 0.0) * np.maximum(2.0 + 2.5 * normal[..., 3], 0.0)
    return {
        "temperature": 7.5 - 4.0 * winter + 1.8 * normal[..., 3],
        "wind_speed": wind,
        "wind_direction": direction.astype(np.int64),
        "precipitation": rain,
        "wave_height": waves,
        "wave_period": 3.0 + 3.2 * np.sqrt(waves),
        "wave_direction": ((direction + 15.0 * draws[..., 1]) % 360.0).astype(np.int64),
        "cloud_cover": np.rint(cloud).astype(np.int64),
    }
