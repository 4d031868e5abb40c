"""Which of two sensors of a place hangs there on each day: they take turns, the other is in service."""

from typing import TYPE_CHECKING

import numpy as np

from datagen.arrays import Bools, Ints, where_true
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case


def begins(second: Bools) -> Bools:
    """On which days another sensor hangs than the day before, and the first day of each place [..., days]."""
    begun = np.ones_like(second)
    begun[..., 1:] = second[..., 1:] != second[..., :-1]
    return begun


def swaps(case: "Case") -> Ints:
    """When another sensor is hung up, in order: places in a row of [containers, parameters, days of the record].

    Drawn by the place's hall or area: whoever is in the container meets the same sensors.
    """
    farm, plan, spec = case.farm, case.plan, case.way.sensor_service
    sensors = farm.container_sensors
    if spec is None:
        return np.zeros(0, np.int64)
    found = []
    for unit in np.unique(farm.container_unit[farm.container_in_production]):
        containers = np.flatnonzero(farm.container_unit == unit)
        place = farm.geography_code[farm.unit_geography[unit]]
        rng = stream(plan.seed, place, farm.unit_code[unit], "sensors, swapped")
        drawn = rng.random((plan.days, len(containers), sensors.shape[1]), dtype=np.float32)
        day, container, parameter = where_true(drawn < 1.0 / spec.swapped_every_days)
        container = containers[container]
        of = (sensors[container, parameter] >= 0) & (farm.sensor_spare[sensors[container, parameter]] >= 0)
        found.append(((container * sensors.shape[1] + parameter) * plan.days + day)[of])
    return np.sort(np.concatenate(found))


def second_hangs(case: "Case", containers: Ints, first: int, days: int) -> Bools:
    """Whether it is the second one, in containers on so many days of the record [containers, parameters, days]."""
    parameters, length = case.farm.container_sensors.shape[1], case.plan.days
    swapped = np.zeros((len(containers), parameters, days), bool)
    row = containers * parameters * length
    spans = np.searchsorted(case.swaps, (row, row + parameters * length))
    here = np.concatenate([case.swaps[begin:end] for begin, end in spans.T.tolist()])
    container = np.repeat(np.arange(len(containers)), spans[1] - spans[0])
    parameter, day = np.divmod(here - row[container], length)
    before = day < first + days
    at = container[before], parameter[before], np.maximum(day[before] - first, 0)
    np.logical_xor.at(swapped, at, True)
    second: Bools = np.logical_xor.accumulate(swapped, axis=2)
    return second
