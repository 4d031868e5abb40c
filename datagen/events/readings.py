"""Sensor readings: six a day from every sensor of an occupied container, true to its water on that day and hour."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.environmental.models import EnvironmentalReading
from datagen.arrays import Bools, Floats, Ints
from datagen.biology.water import oxygen_saturation_mg_l
from datagen.events.context import CHUNK_ROWS, BatchRecord, Life, Rows
from datagen.planning.plan import SEA
from datagen.storage.arrow import Scaled, record_batch
from datagen.streams import remembering

HOURS = np.array([6.0, 8.0, 10.0, 14.0, 16.0, 18.0])
"""Hours of the readings (guide)."""

TIDE_HOURS = 12.42
"""Period of the principal lunar tide M2."""

AFTER_MEALS = np.array([-0.20, -0.15, 0.05, 0.05, 0.0, 0.25])
"""How far waste is from its daily mean at the hours of the readings: ammonia peaks 2-6 h after a meal; invented."""

BEFORE_DAWN = np.array([-1.0, -0.5, 0.1, 0.7, 0.6, 0.1])
"""How far oxygen is from its daily mean: lowest before dawn; sums to zero; invented."""


def most_rows(life: Life) -> dict[str, int]:
    return {"environmental_environmentalreading": int((life.container_days * life.sensors).sum()) * len(HOURS)}


def expand(record: BatchRecord) -> Iterator[Rows]:
    """Every reading has its place in the batch's block of keys: by stage, day, hour, container and sensor."""
    stage_of = record.history.assignments.stage
    first = record.first_id["environmental_environmentalreading"]
    for stage, planned in enumerate(record.batch.containers):
        stays = np.flatnonzero(stage_of == stage)
        if not len(stays):
            break
        room = _room(record, stage, stays)
        step = max(CHUNK_ROWS // (len(HOURS) * len(stays) * len(room.parameters)), 1)
        for day in range(0, len(room.present), step):
            yield _block(record, room, slice(day, day + step), first)
        planned_days = record.stage_starts[stage + 1] - record.stage_starts[stage]
        first += planned_days * len(HOURS) * len(planned) * len(room.parameters)


@dataclass(frozen=True)
class _Room:
    """The containers of one stage of a batch as a day-by-container grid; `present` is where there is a container-day.

    `water` holds, by parameter, the day's mean [days, containers]; `swing` what each hour adds to it [days, hours] or
    [hours]; `drift` of each sensor [days, containers, parameters].
    """

    stage: int
    stays: Ints
    parameters: Ints
    present: Bools
    water: dict[str, Floats]
    swing: dict[str, Floats]
    drift: Floats


def _room(record: BatchRecord, stage: int, stays: Ints) -> _Room:
    a, days = record.history.assignments, record.history.days
    length = int(a.days[stays].max())
    day = np.arange(length)[:, None]
    present = day < a.days[stays]
    row = a.row[stays] + np.minimum(day, a.days[stays] - 1)
    parameters = np.flatnonzero(record.farm.container_sensors[a.container[stays[0]]] >= 0)
    load = days.fish[row] * days.weight_g[row] / 1000.0 / record.farm.container_max_biomass_kg[a.container[stays]]
    water_spec = record.catalog.water
    specs = [_sensor(record, int(p)) for p in parameters]
    rng = record.stream(record.catalog.biology.stages[stage].key, "sensors")
    planned = record.stage_starts[stage + 1] - record.stage_starts[stage]
    noise = rng.standard_normal((planned, 2, len(stays), len(parameters)))[:length]
    memory = remembering(noise, water_spec.drift_memory)
    water = _daily(record, stage, days.temp_c[row], days.salinity_psu[row], days.oxygen_pct[row], load)
    for k, spec in enumerate(specs):
        if spec.spread:
            water[spec.parameter] = water[spec.parameter] + spec.spread * memory[:, 0, :, k]
    drift = memory[:, 1] * np.array([spec.drift for spec in specs])
    return _Room(stage, stays, parameters, present, water, _hourly(record, stage, length), drift)


def _sensor(record: BatchRecord, parameter: int):  # type: ignore[no-untyped-def]
    name = record.farm.parameter_name[parameter]
    return next(sensor for sensor in record.catalog.water.sensors if sensor.parameter == name)


def _daily(
    record: BatchRecord, stage: int, temp_c: Floats, salinity_psu: Floats, oxygen_pct: Floats, load: Floats
) -> dict[str, Floats]:
    """The day's mean of every parameter [days, containers]."""
    means = {
        "Temperature": temp_c,
        "Salinity": salinity_psu,
        "Dissolved Oxygen": oxygen_pct / 100.0 * oxygen_saturation_mg_l(temp_c, salinity_psu),
    }
    for spec in record.catalog.water.sensors:
        if spec.parameter not in means:
            means[spec.parameter] = spec.level + spec.per_load * load
    if stage == SEA:
        # Respiration acidifies a little; the open sea buffers the rest.
        means["pH"] = record.catalog.water.sea_ph - 0.004 * (100.0 - oxygen_pct)
    return means


def _hourly(record: BatchRecord, stage: int, length: int) -> dict[str, Floats]:
    """What the hour adds to the daily mean; sums to zero over the day's readings but for the tide."""
    water = record.catalog.water
    warm = np.cos(2.0 * np.pi * (HOURS - 15.0) / 24.0)
    warm -= warm.mean()
    if stage != SEA:
        return {
            "Temperature": water.freshwater.diurnal_c * warm,
            "Dissolved Oxygen": 0.15 * BEFORE_DAWN,
            "CO2": 1.0 * AFTER_MEALS,
            "NH4": 0.15 * AFTER_MEALS,
        }
    area = record.farm.container_unit[record.batch.containers[SEA][0]]
    climate = water.climates[record.farm.unit_climate[area]]
    first = record.start_day + record.stage_starts[SEA]
    tide = np.cos(2.0 * np.pi * ((first + np.arange(length))[:, None] * 24.0 + HOURS) / TIDE_HOURS)
    return {
        "Temperature": climate.diurnal_c * warm,
        # A per cent of saturation is about 0.09 mg/L in sea water of 8-10 C.
        "Dissolved Oxygen": 0.09 * (water.tidal_oxygen_pct * tide + 2.0 * BEFORE_DAWN),
        "Salinity": 0.3 * climate.salinity_sd * tide,
    }


def _block(record: BatchRecord, room: _Room, span: slice, first: int) -> Rows:
    """The readings of a few days, ordered by day, hour, container, sensor."""
    farm, assignments = record.farm, record.history.assignments
    present = room.present[span]
    length, containers, sensors = len(present), len(room.stays), len(room.parameters)
    shape = (length, len(HOURS), containers, sensors)
    day = np.arange(span.start, span.start + length)
    every = None if present.all() else np.broadcast_to(present[:, None, :, None], shape).ravel()

    def column(values: Ints) -> Ints:
        whole = np.broadcast_to(values, shape).ravel()
        return whole if every is None else whole[every]

    place = assignments.container[room.stays]
    sensor = farm.sensor_id[farm.container_sensors[place][:, room.parameters]]
    time = record.at(record.start_day + record.stage_starts[room.stage] + day[:, None], HOURS).view(np.int64)
    values = column(_values(record, room, span, shape))
    return EnvironmentalReading, record_batch(
        EnvironmentalReading,
        len(values),
        id=column(first + span.start * int(np.prod(shape[1:])) + np.arange(np.prod(shape)).reshape(shape)),
        batch_id=record.batch_id,
        container_id=column(farm.container_id[place][:, None]),
        batch_container_assignment_id=column(record.assignment_id[room.stays][:, None]),
        parameter_id=column(farm.parameter_id[room.parameters]),
        sensor_id=column(sensor),
        value=Scaled(values),
        reading_time=(moments := column(time[:, :, None, None])),
        created_at=moments,
    )


def _values(record: BatchRecord, room: _Room, span: slice, shape: tuple[int, ...]) -> Ints:
    """Ten-thousandths of each parameter's unit, within what its sensor can show."""
    rng = record.stream(record.catalog.biology.stages[room.stage].key, "readings", span.start)
    noise = rng.standard_normal(shape, dtype=np.float32)
    units = np.empty(shape, np.int64)
    limits = {parameter.name: parameter for parameter in record.catalog.environment.parameters}
    for k, parameter in enumerate(room.parameters):
        name = record.farm.parameter_name[parameter]
        spec = _sensor(record, int(parameter))
        mean = room.water[name][span] + room.drift[span][:, :, k]
        value = mean[:, None, :] + np.float32(spec.noise) * noise[..., k]
        swing = room.swing.get(name)
        if swing is not None:
            value += (swing[span] if swing.ndim == 2 else swing[None])[:, :, None]
        np.clip(value, limits[name].minimum, limits[name].maximum, out=value)
        units[..., k] = np.rint(value * 10_000.0)
    return units
