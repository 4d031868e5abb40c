"""Sensor readings: six a day from every sensor of an occupied container, true to its water but for its faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from apps.environmental.models import EnvironmentalReading
from datagen.arrays import Bools, Dates, Floats, Ints
from datagen.biology.water import oxygen_saturation_mg_l
from datagen.catalog.biology import Sensor
from datagen.catalog.spec import of_geography
from datagen.events import hall_water, sensor_faults
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.events.hall_water import Failing, HallWater
from datagen.events.sensor_faults import Faults
from datagen.events.sensor_service import begins, second_hangs
from datagen.events.truth import TruthHallFailure, TruthSensorFault
from datagen.simulation.currents import TIDE_HOURS
from datagen.storage.arrow import FixedPoint, record_batch
from datagen.streams import remembering

HOURS, AFTER_MEALS, BEFORE_DAWN = np.array(
    [
        (6.0, -0.20, -1.0),
        (8.0, -0.15, -0.5),
        (10.0, 0.05, 0.1),
        (14.0, 0.05, 0.7),
        (16.0, 0.0, 0.6),
        (18.0, 0.25, 0.1),
    ]
).T.copy()
"""The readings of a day: their hours (guide), and how far waste and oxygen are then from their daily means.

Ammonia peaks 2-6 h after a meal, oxygen is lowest before dawn; how far is invented, and sums to zero.
"""


TABLES = (
    "environmental_environmentalreading",
    TruthSensorFault._meta.db_table,
    TruthHallFailure._meta.db_table,
)


def most_rows(life: LongestLife) -> dict[str, int]:
    return {"environmental_environmentalreading": int((life.container_days * life.sensors).sum()) * len(HOURS)}


def expected(record: BatchRecord) -> dict[str, int]:
    stays = record.history.assignments
    sensors = (record.farm.container_sensors[stays.container] >= 0).sum(axis=1)
    readings, known, failed = int((stays.days * sensors).sum()) * len(HOURS), 0, 0
    for stage in np.unique(stays.stage).tolist() if record.case.recording[0] or record.case.way.halls else ():
        _, present, parameters, second = _hung(record, stage)
        found = sensor_faults.faults(record, stage, parameters, present, second, HOURS)
        if found is not None:
            readings -= int(found.missing.sum())
            known += sensor_faults.expected(found)
        failing = hall_water.failing(record, stage, present, HOURS)
        failed += 0 if failing is None else hall_water.expected(failing)
    return {
        "environmental_environmentalreading": readings,
        TruthSensorFault._meta.db_table: known,
        TruthHallFailure._meta.db_table: failed,
    }


def expand(record: BatchRecord) -> Iterator[Rows]:
    """Every reading has its place in the batch's block of keys: by stage, container, sensor, day and hour.

    In this order, rather than by time alone, the indexes are built in two thirds of the time: they want it so.
    """
    stage_of = record.history.assignments.stage
    first = record.first_id["environmental_environmentalreading"]
    failing: list[tuple[Failing, Ints]] = []
    known: list[dict[str, Any]] = []
    for stage, planned in enumerate(record.batch.containers):
        if stage not in stage_of:
            continue
        grid = _grid(record, stage)
        yield _readings(record, grid, first)
        if grid.faults is not None:
            known.append(_known(record, grid, grid.faults, first))
        if grid.hall is not None:
            failing.append((grid.hall.failing, grid.reading(first)[:, 0]))
        first += len(planned) * len(grid.parameters) * grid.planned_days * len(HOURS)
    # After all readings, which are one COPY so: each leaves some 40 pages empty at its end, and a stage fills 700.
    yield from sensor_faults.truth(record, known)
    yield from hall_water.truth(record, failing, HOURS)


@dataclass(frozen=True)
class _StageGrid:
    """One stage of a batch [containers, days] as the plan has it; `present` is where there is a container-day.

    A stay in a container that is still empty is another's, of no day. `hung` are the sensors, as ids, and at which
    places of [containers, sensors, readings] as one row they begin. `moments` are those of each sensor's readings.
    `water` holds, by parameter, the day's mean [containers, days]; `swing` what each hour adds to it, for all or by
    day or container [(containers,) (days,) hours]; `drift` of each sensor [containers, parameters, days]; `faults` are
    None where all work well, `hall` where tanks share no water.
    """

    stage: int
    planned_days: int
    moments: Dates
    stays: Ints
    parameters: Ints
    present: Bools
    hung: tuple[Ints, Ints]
    water: dict[str, Floats]
    swing: dict[str, Floats]
    drift: Floats
    faults: Faults | None
    hall: HallWater | None

    def reading(self, first: int) -> Ints:
        """Key of the first reading of each sensor [containers, parameters]."""
        sensors = np.arange(self.present.shape[0] * len(self.parameters)) * self.planned_days * len(HOURS)
        return first + sensors.reshape(self.present.shape[0], -1)


def _hung(record: BatchRecord, stage: int) -> tuple[Ints, Bools, Ints, Bools]:
    """The stays of a stage, their days [containers, days], the parameters of their sensors, and which of two hangs."""
    stays, begins = record.places(stage)
    ends = begins + np.where(stays >= 0, record.history.assignments.days[stays], 0)
    day = np.arange(int(ends.max()))
    parameters = np.flatnonzero(record.farm.container_sensors[record.batch.containers[stage][0]] >= 0)
    containers = np.array(record.batch.containers[stage])
    second = second_hangs(record.case, containers, record.stage_day(stage), len(day))
    present = (day >= begins[:, None]) & (day < ends[:, None])
    return stays, present, parameters, second[:, parameters]


def _grid(record: BatchRecord, stage: int) -> _StageGrid:
    a, days = record.history.assignments, record.history.days
    stays, present, parameters, second = _hung(record, stage)
    container = np.array(record.batch.containers[stage])
    day = np.arange(present.shape[1])
    # Where it has no day, a stay has its nearest.
    begins = record.places(stage)[1]
    row = a.row[stays][:, None] + np.clip(day - begins[:, None], 0, a.days[stays][:, None] - 1)
    load = days.fish[row] * days.weight_g[row] / 1000.0 / record.farm.container_max_biomass_kg[container][:, None]
    specs = [_sensor(record, int(p)) for p in parameters]
    rng = record.stream(record.stages.key[stage], "sensors")
    noise = rng.standard_normal((len(day), 2, len(stays), len(parameters)))
    # What the tank and what the sensor remembers [containers, parameters, days].
    in_tank, in_sensor = remembering(noise, record.catalog.water.drift_memory).transpose(1, 2, 3, 0)
    water = _daily(record, stage, days.temp_c[row], days.salinity_psu[row], days.oxygen_pct[row], load)
    hall = hall_water.hall_water(record, stage, present, np.where(present, days.feed_g[row], 0), water, HOURS)
    for k, spec in enumerate(specs):
        if spec.spread:
            water[spec.parameter] = water[spec.parameter] + spec.spread * in_tank[:, k]
    drift = in_sensor * np.array([spec.drift for spec in specs])[:, None]
    swing = _hourly(record, stage, len(day))
    found = sensor_faults.faults(record, stage, parameters, present, second, HOURS)
    hung = _sensors(record, container, parameters, second)
    moments = record.at(record.stage_day(stage) + day[:, None], HOURS).ravel()
    planned = record.stage_days(stage)
    return _StageGrid(stage, planned, moments, stays, parameters, present, hung, water, swing, drift, found, hall)


def _sensor(record: BatchRecord, parameter: int) -> Sensor:
    name = record.farm.parameter_name[parameter]
    return next(sensor for sensor in record.catalog.water.sensors if sensor.parameter == name)


def _daily(
    record: BatchRecord, stage: int, temp_c: Floats, salinity_psu: Floats, oxygen_pct: Floats, load: Floats
) -> dict[str, Floats]:
    """The day's mean of every parameter [containers, days]."""
    means = {
        "Temperature": temp_c,
        "Salinity": salinity_psu,
        "Dissolved Oxygen": oxygen_pct / 100.0 * oxygen_saturation_mg_l(temp_c, salinity_psu),
    }
    for spec in record.catalog.water.sensors:
        if spec.parameter not in means:
            means[spec.parameter] = spec.level + spec.per_load * load
    if stage == record.sea:
        # Respiration acidifies a little; the open sea buffers the rest (invented: 0.004 a point of saturation).
        means["pH"] = record.catalog.water.sea_ph - 0.004 * (100.0 - oxygen_pct)
    return means


def _hourly(record: BatchRecord, stage: int, length: int) -> dict[str, Floats]:
    """What the hour adds to the daily mean; sums to zero over the day's readings but for the tide.

    Warmest at three in the afternoon; how far oxygen, waste and salt swing in a day [mg/L, PSU] is invented.
    """
    water, place = record.catalog.water, record.farm.geography_name[record.batch.geography]
    warm = np.cos(2.0 * np.pi * (HOURS - 15.0) / 24.0)
    warm -= warm.mean()
    if stage != record.sea:
        return {
            "Temperature": of_geography(water.freshwater, place).diurnal_c * warm,
            "Dissolved Oxygen": 0.15 * BEFORE_DAWN,
            "CO2": 1.0 * AFTER_MEALS,
            "NH4": 0.15 * AFTER_MEALS,
        }
    area = record.farm.container_unit[record.batch.containers[-1][0]]
    climate = water.climates[record.farm.unit_climate[area]]
    first = record.stage_day(record.sea)
    turn = 2.0 * np.pi * ((first + np.arange(length))[:, None] * 24.0 + HOURS) / TIDE_HOURS
    tide = np.cos(turn)
    oxygen_pct = water.tidal_oxygen_pct * tide if record.case.currents is None else _dips(record, turn)
    return {
        "Temperature": climate.diurnal_c * warm,
        # A per cent of saturation is about 0.09 mg/L in sea water of 8-10 C.
        "Dissolved Oxygen": 0.09 * (oxygen_pct + 2.0 * BEFORE_DAWN),
        "Salinity": 0.3 * climate.salinity_sd * tide,
    }


def _dips(record: BatchRecord, turn: Floats) -> Floats:
    """What both slack waters take from each ring's oxygen, and the currents between bring [containers, days, hours]."""
    rings, places = list(record.batch.containers[record.sea]), record.case.currents
    assert places is not None
    half, late = 0.5 * places.dip_pct[rings][:, None, None], places.late[rings][:, None, None]
    return half * np.cos(late) * np.cos(2.0 * turn) + half * np.sin(late) * np.sin(2.0 * turn)


def _readings(record: BatchRecord, grid: _StageGrid, first: int) -> Rows:
    """All readings of a stage, ordered by container, sensor, day, hour."""
    farm = record.farm
    shape, length = (len(grid.stays), len(grid.parameters)), grid.present.shape[1] * len(HOURS)
    shown = np.broadcast_to(np.repeat(grid.present, len(HOURS), axis=1)[:, None], (*shape, length))
    if grid.faults is not None:
        # Nothing is missing where nothing would be shown.
        shown = shown ^ grid.faults.missing
    reading = np.flatnonzero(shown)
    row = np.arange(shape[0] * shape[1]) * length
    of_each = np.diff(np.searchsorted(reading, row), append=len(reading))

    def column(of_sensors: Ints) -> Ints:
        """Of each reading what is its sensor's [containers, sensors]."""
        return np.repeat(np.broadcast_to(of_sensors, shape).ravel(), of_each)

    place = np.array(record.batch.containers[grid.stage])
    values = _values(record, grid).ravel().take(reading)
    sensor = _hanging(grid, reading)
    reading -= column(row.reshape(shape))
    moments = grid.moments.view(np.int64).take(reading)
    return EnvironmentalReading, record_batch(
        EnvironmentalReading,
        len(values),
        id=column(grid.reading(first)) + reading,
        batch_id=record.batch_id,
        container_id=column(farm.container_id[place][:, None]),
        batch_container_assignment_id=column(record.assignment_id[grid.stays][:, None]),
        parameter_id=column(farm.parameter_id[grid.parameters]),
        sensor_id=sensor,
        value=FixedPoint(values),
        reading_time=moments,
        created_at=moments,
    )


def _sensors(record: BatchRecord, containers: Ints, parameters: Ints, second: Bools) -> tuple[Ints, Ints]:
    """Ids of sensors as one after the other hangs at a place, and the first reading of each, as a place in one row."""
    farm, days = record.farm, second.shape[2]
    first = farm.container_sensors[containers][:, parameters]
    changes = np.flatnonzero(begins(second))
    of_place, turned = first.ravel()[changes // days], second.ravel()[changes]
    hangs = farm.sensor_id[of_place]
    hangs[turned] = farm.spare_id[farm.sensor_spare[of_place[turned]]]
    return hangs, changes * len(HOURS)


def _hanging(grid: _StageGrid, places: Ints) -> Ints:
    """The sensors, as ids, of readings at these places in order, of [containers, sensors, readings] as one row."""
    hangs, begin = grid.hung
    ids: Ints = np.repeat(hangs, np.diff(np.searchsorted(places, begin), append=len(places)))
    return ids


def _known(record: BatchRecord, grid: _StageGrid, faults: Faults, first: int) -> dict[str, Any]:
    farm, place = record.farm, np.array(record.batch.containers[grid.stage])
    shape = (len(place), len(grid.parameters))
    columns = {
        "batch_container_assignment_id": np.broadcast_to(record.assignment_id[grid.stays][:, None], shape),
        "container_id": np.broadcast_to(farm.container_id[place][:, None], shape),
        "parameter_id": np.broadcast_to(farm.parameter_id[grid.parameters], shape),
    }
    return sensor_faults.known(faults, grid.reading(first), grid.moments, columns, partial(_hanging, grid))


def _values(record: BatchRecord, grid: _StageGrid) -> Ints:
    """Ten-thousandths of each parameter's unit [containers, sensors, readings], within what its sensor can show."""
    (containers, days), hours = grid.present.shape, len(HOURS)
    rng = record.stream(record.stages.key[grid.stage], "readings")
    drawn = rng.standard_normal((days * hours, containers * len(grid.parameters)), dtype=np.float32)
    noise = np.ascontiguousarray(drawn.T).reshape(containers, len(grid.parameters), days * hours)
    units = np.empty(noise.shape, np.int64)
    limits = {parameter.name: parameter for parameter in record.catalog.environment.parameters}
    for k, parameter in enumerate(grid.parameters):
        name = record.farm.parameter_name[parameter]
        # In long rows: by days of six hours each, NumPy is a third as fast.
        value = np.repeat(grid.water[name] + grid.drift[:, k], hours, axis=1)
        value += _sensor(record, int(parameter)).noise * noise[:, k]
        if name in grid.swing:
            swing = grid.swing[name]
            value += np.broadcast_to(swing, (*swing.shape[:-2], days, hours)).reshape(*swing.shape[:-2], days * hours)
        if grid.hall is not None and name in grid.hall.sudden:
            value[grid.hall.places] += grid.hall.sudden[name]
        if grid.faults is not None:
            sensor_faults.add(value.reshape(containers, days, hours), grid.faults, k)
        np.clip(value, limits[name].minimum, limits[name].maximum, out=value)
        value *= 10_000.0
        units[:, k] = np.rint(value, out=value)
    if grid.faults is not None:
        sensor_faults.held(units.ravel(), grid.faults.stuck)
    return units
