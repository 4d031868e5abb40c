"""What tanks of a hall share: the waste of all their feed in one water, and what happens to it when things fail.

A mass balance by day: what a hall treats many times a day follows its feed at once, what it only exchanges adds up.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from datagen.arrays import Bools, Floats, Ints, where_true
from datagen.biology.water import acidity, fading, lasting
from datagen.catalog.ways.living import HallFailure, Halls
from datagen.events.context import BatchRecord, Rows
from datagen.events.truth import TruthHallFailure
from datagen.simulation.halls import Hall, Spans
from datagen.storage.arrow import chosen, record_batch

KINDS = ("biofilter", "pump")
PUMP = KINDS.index("pump")


@dataclass(frozen=True)
class Failing:
    """The halls of a stage on land, which of them each container is in, and what fails when.

    `since` are the hours [halls, kinds, readings] since it failed, 0 where it does not or no fish are there.
    """

    stage: int
    units: Ints
    of: Ints
    halls: list[Hall]
    since: Floats


@dataclass(frozen=True)
class HallWater:
    """`sudden` is what a stop of the pumps adds to parameters at `places`: containers, and readings of each sensor."""

    failing: Failing
    places: tuple[Ints, ...]
    sudden: dict[str, Floats]


def failing(record: BatchRecord, stage: int, present: Bools, hours: Floats) -> Failing | None:
    """None at sea, and where tanks share no water; fish are `present` [containers, days]."""
    if record.case.way.halls is None or stage == record.sea:
        return None
    units, of = np.unique(record.farm.container_unit[list(record.batch.containers[stage])], return_inverse=True)
    halls = [record.case.hall(unit) for unit in units.tolist()]
    times = (24.0 * (record.stage_day(stage) + np.arange(present.shape[1]))[:, None] + hours).ravel()
    since = np.array([[_since(times, hall.failing.get(kind)) for kind in KINDS] for hall in halls])
    # A batch comes to all tanks of a hall at once, and leaves them so.
    return Failing(stage, units, of, halls, since * np.repeat(present.any(axis=0), len(hours)))


def hall_water(
    record: BatchRecord, stage: int, present: Bools, fed_g: Ints, water: dict[str, Floats], hours: Floats
) -> HallWater | None:
    """Put the hall's water in place of each tank's own, in the daily means of `water` [containers, days]."""
    spec, found = record.case.way.halls, failing(record, stage, present, hours)
    if spec is None or found is None:
        return None
    volume_m3 = record.farm.container_volume_m3[list(record.batch.containers[stage])]
    here = [found.of == hall for hall in range(len(found.halls))]
    # A gram a cubic metre is a milligram a litre.
    fed_mg_l = np.array([fed_g[of].sum(axis=0) / volume_m3[of].sum() for of in here])
    for name, waste in _waste(record, spec, found, fed_mg_l).items():
        water[name] = waste[found.of]
    places = where_true(found.since[found.of, PUMP])
    stopped = spec.failure("pump")
    sudden = {} if stopped is None else _sudden(spec, stopped, found, fed_mg_l, places, water)
    return HallWater(found, places, sudden)


def _waste(record: BatchRecord, spec: Halls, found: Failing, fed_mg_l: Floats) -> dict[str, Floats]:
    """Daily means of what the sensors of tanks show [halls, days]."""
    first, length = record.stage_day(found.stage), fed_mg_l.shape[1]
    treated = np.array([hall.treated(first, length) for hall in found.halls])
    lost, filters = np.zeros(treated.T.shape), spec.failure("biofilter")
    if filters is not None:
        lost = filters.lost * np.array([hall.down(filters.kind, first, length) for hall in found.halls]).T
    oxidising, nitrifying = (
        1.0 - fading(lost, 1.0 - back).T for back in (spec.ammonia_recovery_per_day, spec.nitrite_recovery_per_day)
    )
    ammonia = spec.ammonia_per_feed * fed_mg_l
    level = defaultdict(float, {sensor.parameter: sensor.level for sensor in record.catalog.water.sensors})
    carbon_dioxide = level["CO2"] + spec.carbon_dioxide_per_feed * fed_mg_l / (spec.carbon_dioxide_per_day * treated)
    return {
        "CO2": carbon_dioxide,
        "pH": acidity(carbon_dioxide, spec.alkalinity_mg_l),
        "NH4": level["NH4"] + ammonia / (spec.ammonia_per_day * treated * oxidising),
        "NO2": level["NO2"] + ammonia / (spec.nitrite_per_day * treated * nitrifying),
        "NO3": level["NO3"] + lasting(ammonia.T, np.exp(-spec.water_per_day)).T,
    }


def _sudden(
    spec: Halls,
    stopped: HallFailure,
    found: Failing,
    fed_mg_l: Floats,
    places: tuple[Ints, ...],
    water: dict[str, Floats],
) -> dict[str, Floats]:
    """What adds up at `places` while the pumps stand: fish breathe what they ate the day before."""
    container, reading = places
    hall, day = found.of[container], reading // (found.since.shape[2] // fed_mg_l.shape[1])
    breathed = fed_mg_l[hall, np.maximum(day - 1, 0)] * found.since[hall, PUMP, reading] / 24.0 * stopped.lost
    carbon_dioxide_mg_l, oxygen_mg_l = (water[name][container, day] for name in ("CO2", "Dissolved Oxygen"))
    added = spec.carbon_dioxide_per_feed * breathed
    return {
        "CO2": added,
        "pH": -np.log10(1.0 + added / carbon_dioxide_mg_l),
        "NH4": spec.ammonia_per_feed * breathed,
        "Dissolved Oxygen": -np.minimum(
            spec.oxygen_per_feed * breathed, np.maximum(oxygen_mg_l - spec.emergency_oxygen_mg_l, 0.0)
        ),
    }


def _known(found: Failing) -> tuple[Ints, Ints, Ints, Ints]:
    """Failures that readings fall on: hall, kind, and the first and last of its readings."""
    length = found.since.shape[2]
    places = np.flatnonzero(found.since)
    begins = (np.diff(places, prepend=-2) != 1) | (places % length == 0)
    begin, end = places[begins], places[np.append(begins[1:], True)[: len(places)]]
    hall, kind = np.divmod(begin // length, len(KINDS))
    return hall, kind, begin % length, end % length


def expected(found: Failing) -> int:
    """How many rows `truth` has."""
    return len(_known(found)[0])


def truth(record: BatchRecord, stages: list[tuple[Failing, Ints]], hours: Floats) -> Iterator[Rows]:
    """A row for each failure of stages, each with the key of the first reading of each container.

    The key of a failure is that of the reading of the hall's first container with which it begins, times the kinds, and
    its kind.
    """
    rows = []
    for found, first in stages:
        hall, kind, begin, end = _known(found)
        reading = first[np.unique(found.of, return_index=True)[1][hall]] + begin
        day = record.stage_day(found.stage)
        moments = (record.at(day + each // len(hours), hours[each % len(hours)]) for each in (begin, end))
        rows.append((len(KINDS) * reading + kind, record.farm.unit_id[found.units[hall]], kind, *moments))
    if not sum(len(each[0]) for each in rows):
        return
    key, hall_id, of_kind, begins, ends = map(np.concatenate, zip(*rows, strict=True))
    order = np.argsort(key)
    yield (
        TruthHallFailure,
        record_batch(
            TruthHallFailure,
            len(key),
            id=key[order],
            batch_id=record.batch_id,
            hall_id=hall_id[order],
            kind=chosen(KINDS, of_kind[order]),
            begins=begins[order],
            ends=ends[order],
        ),
    )


def _since(times: Floats, failed: Spans | None) -> Floats:
    """Hours since the beginning of the span that each moment is in, 0 where it is in none."""
    since = np.zeros(len(times))
    begin, long = (since[:0], since[:0]) if failed is None else failed
    for one in np.flatnonzero((begin < times[-1]) & (begin + long > times[0])):
        of = slice(*np.searchsorted(times, (begin[one], begin[one] + long[one])))
        since[of] = np.maximum(since[of], times[of] - begin[one])
    return since
