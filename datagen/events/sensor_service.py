"""Which of two sensors of a place hangs there on each day: they take turns, the other is in service."""

import numpy as np

from datagen.arrays import Bools, Ints
from datagen.case import Case
from datagen.streams import stream


def begins(second: Bools) -> Bools:
    """On which days another sensor hangs than the day before, and the first day of each place [..., days]."""
    begun = np.ones_like(second)
    begun[..., 1:] = second[..., 1:] != second[..., :-1]
    return begun


def second_hangs(case: Case, containers: Ints) -> Bools:
    """Whether it is the second one, in these containers of one geography [days of the record, containers, parameters].

    Drawn by the place's hall or area: whoever is in the container meets the same sensors.
    """
    farm, plan, spec = case.farm, case.plan, case.way.sensor_service
    second = np.zeros((plan.days, len(containers), len(farm.parameter_name)), bool)
    if spec is None:
        return second
    for unit in np.unique(farm.container_unit[containers]):
        all_of_it = np.flatnonzero(farm.container_unit == unit)
        place = farm.geography_code[farm.unit_geography[unit]]
        rng = stream(plan.seed, place, farm.unit_code[unit], "sensors, swapped")
        drawn = rng.random((plan.days, len(all_of_it), len(farm.parameter_name)), dtype=np.float32)
        turns = np.cumsum(drawn < 1.0 / spec.swapped_every_days, axis=0) % 2 == 1
        here = farm.container_unit[containers] == unit
        second[:, here] = turns[:, np.searchsorted(all_of_it, containers[here])]
    sensors = farm.container_sensors[containers]
    second &= (sensors >= 0) & (farm.sensor_spare[sensors] >= 0)
    return second
