"""What sensors make of the water that they hang in: values that are missing, stuck, spikes or adrift; drawn by address.

A fault begins on a day that is drawn and lasts for a span that is drawn: neither depends on the as-of day.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datagen.arrays import Bools, Dates, Floats, Ints, where_true
from datagen.catalog.ways.recording import Recording
from datagen.events.context import BatchRecord
from datagen.events.sensor_service import begins
from datagen.events.truth import TruthSensorFault
from datagen.storage.arrow import chosen, record_batch
from datagen.streams import stream

KINDS = ("missing", "stuck", "spike", "drift")

WEEK_DAYS = 7
YEAR_DAYS = 365.0
LONGEST_OUTAGE_HOURS = 20 * 24.0
"""Then somebody has hung up another (invented)."""


@dataclass(frozen=True)
class Faults:
    """Of a stage's sensors, none outside stays.

    `missing` is by reading [containers, sensors, readings], all readings of a sensor in a row. `stuck` and `spiked` are
    places in it as one row, in order, and `spike` is what is added there. `drift` is what is added on each day
    [containers, sensors, days], unless the sensor is stuck. `swapped` are places with which another sensor begins.
    """

    missing: Bools
    stuck: Ints
    spiked: Ints
    spike: Floats
    drift: Floats
    swapped: Ints

    def found(self) -> list[tuple[Ints, Floats | None]]:
        """Where each of `KINDS` is, in order, and its size."""
        adrift = np.flatnonzero(self.drift)
        hours = self.missing.shape[2] // self.drift.shape[2]
        drifting = (adrift[:, None] * hours + np.arange(hours)).ravel()
        drifting = np.delete(drifting, _among(drifting, self.stuck))
        return [
            (np.flatnonzero(self.missing), None),
            (self.stuck, None),
            (self.spiked, self.spike),
            (drifting, self.drift.ravel()[drifting // hours]),
        ]


def faults(
    record: BatchRecord, stage: int, parameters: Ints, present: Bools, second: Bools, hours: Floats
) -> Faults | None:
    """Those of a stage's sensors on days that are `present` [containers, days]; None where there are none.

    `second` is where the other sensor of a place hangs [containers, sensors, days]: a fresh one is well.
    """
    spec, often = record.case.recording
    if spec is None:
        return None
    key, days, containers = record.stages.key[stage], present.shape[1], np.array(record.batch.containers[stage])
    shape, length = (days, len(containers), len(parameters)), days * len(hours)
    there = np.repeat(present, len(hours), axis=1)
    times = (np.arange(days)[:, None] * 24.0 + hours).ravel()

    def own(subject: str) -> np.random.Generator:
        return record.stream(key, f"sensors, {subject}")

    at, begin, hours_long = _outages(own("outages"), own("outages, hours"), often * spec.outages_per_year, spec, shape)
    missing = _marked(shape, times, at, begin, hours_long)
    missing |= _shared_outages(record, stage, containers, times, spec, often)
    at, begin, luck = _begun(own("stuck"), often * spec.stuck_per_year, shape)
    hours_long = spec.stuck_hours_min + luck * (spec.stuck_hours_max - spec.stuck_hours_min)
    stuck = np.unique(_within(shape, times, at, begin, hours_long))
    place, reading = stuck // (length * len(parameters)), stuck % length
    # Nothing was shown before the first that it could be stuck at.
    stuck = stuck[(reading > 0) & there[place, reading] & there[place, reading - 1]]
    fresh = begins(second)
    swapped = np.flatnonzero(fresh) * len(hours)
    stuck = stuck[_hanging(stuck, swapped, length)]
    drawn = own("readings").random((days, len(hours), *shape[1:]), dtype=np.float32)
    missing.ravel()[_places_of(drawn < often * spec.lost_share)] = True
    missing &= there[:, None]
    each = [spec.of(record.farm.parameter_name[parameter]) for parameter in parameters]
    size = np.array([one.spike for one in each])
    spiked, spike = _spikes(drawn, often * spec.spike_share, size)
    real = (spike != 0.0) & there[spiked // (length * len(parameters)), spiked % length] & ~missing.ravel()[spiked]
    real[_among(spiked, stuck)] = False
    slope = np.array([one.drift_per_week for one in each]) / WEEK_DAYS
    drift = np.where(present[:, None], _drift(record, stage, containers, slope, fresh, spec, often), 0.0)
    return Faults(missing, stuck, spiked[real], spike[real], drift, swapped)


def add(values: Floats, found: Faults, sensor: int) -> None:
    """Add what spikes and drift add to the values of one sensor of each container [containers, days, hours]."""
    _, sensors, length = found.missing.shape
    of = np.flatnonzero(found.spiked // length % sensors == sensor)
    spiked = found.spiked[of]
    here = spiked // (sensors * length), spiked % length // values.shape[2], spiked % values.shape[2]
    drift = found.drift[:, sensor]
    worth = values[here] + (found.spike[of] + drift[here[:2]])
    adrift = np.flatnonzero(drift)
    values.reshape(-1, values.shape[2])[adrift] += drift.ravel()[adrift][:, None]
    values[here] = worth


def held(values: Ints, stuck: Ints) -> None:
    """Give values that are stuck, at these places in order, the last one before; the first of all is not stuck."""
    begins = np.flatnonzero(np.diff(stuck, prepend=-2) != 1)
    values[stuck] = np.repeat(values[stuck[begins] - 1], np.diff(begins, append=len(stuck)))


def expected(found: Faults) -> int:
    """How many rows `truth` has."""
    return sum(len(_spans(places, found)[0]) for places, _ in found.found())


def known(
    found: Faults, first: Ints, moment: Dates, columns: dict[str, Ints], sensors: Callable[[Ints], Ints]
) -> dict[str, npt.NDArray[Any]]:
    """Columns of a row for each fault of a stage. `first` is the key of each sensor's first reading [containers,
    sensors], `moment` that of each of its readings, `columns` are ids [containers, sensors], and `sensors` the ids of
    those at places in order.

    The key of a fault is that of the reading with which it begins, times the kinds, and its kind: it does not depend on
    how many there are before it.
    """
    parts, length = [], found.missing.shape[2]
    kinds = found.found()
    missing = kinds[0][0]
    for kind, (places, size) in enumerate(kinds):
        of, begin, end = _spans(places, found)
        readings = end - begin + 1
        if KINDS[kind] != "missing":
            readings -= np.searchsorted(missing, places[end], "right") - np.searchsorted(missing, places[begin])
        worth = np.full(len(begin), np.nan) if size is None else size[end]
        sensor = sensors(places[begin])
        begin, end = places[begin] % length, places[end] % length
        key = len(KINDS) * (first.ravel()[of] + begin) + kind
        parts.append((key, of, begin, end, readings, worth, np.full(len(begin), kind), sensor))
    key, of, begin, end, readings, worth, of_kind, sensor = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(key)
    return {
        "id": key[order],
        **{name: values.ravel()[of[order]] for name, values in columns.items()},
        "sensor_id": sensor[order],
        "kind": of_kind[order],
        "begins": moment[begin[order]],
        "ends": moment[end[order]],
        "readings": readings[order],
        "size": worth[order],
    }


def truth(record: BatchRecord, stages: list[dict[str, npt.NDArray[Any]]]) -> Iterator[tuple[Any, pa.RecordBatch]]:
    """A row for each fault of stages, of which each is as `known`."""
    if stages:
        columns = {name: np.concatenate([stage[name] for stage in stages]) for name in stages[0]}
        kind = chosen(KINDS, columns.pop("kind"))
        yield (
            TruthSensorFault,
            record_batch(TruthSensorFault, len(kind), batch_id=record.batch_id, kind=kind, **columns),
        )


def _begun(
    rng: np.random.Generator, per_year: float, shape: tuple[int, ...]
) -> tuple[tuple[Ints, ...], Floats, Floats]:
    """Where [days, ...] something begins that is so many times a year, at which hour, and a number for its length."""
    drawn = rng.random((shape[0], 3, *shape[1:]))
    at = where_true(drawn[:, 0] < per_year / YEAR_DAYS)
    return at, 24.0 * (at[0] + drawn[:, 1][at]), drawn[:, 2][at]


def _outages(
    rng: np.random.Generator, lengths: np.random.Generator, per_year: float, spec: Recording, shape: tuple[int, ...]
) -> tuple[tuple[Ints, ...], Floats, Floats]:
    """Where outages begin, at which hour, and how many hours they last."""
    at, begin, _ = _begun(rng, per_year, shape)
    long = spec.outage_hours * np.exp(spec.outage_spread * lengths.standard_normal(shape)[at])
    return at, begin, np.minimum(long, LONGEST_OUTAGE_HOURS)


def _marked(shape: tuple[int, ...], times: Floats, at: tuple[Ints, ...], begin: Floats, hours_long: Floats) -> Bools:
    """Readings [..., readings] within spans that begin `at` [days, ...]."""
    marked = np.zeros((*shape[1:], len(times)), bool)
    marked.ravel()[_within(shape, times, at, begin, hours_long)] = True
    return marked


def _within(shape: tuple[int, ...], times: Floats, at: tuple[Ints, ...], begin: Floats, hours_long: Floats) -> Ints:
    """The same as places in one row, those of each span after those of the one before."""
    first, end = np.searchsorted(times, begin), np.searchsorted(times, begin + hours_long)
    return _places(np.ravel_multi_index(at[1:], shape[1:]) * len(times) + first, end - first)


def _places(first: Ints, length: Ints) -> Ints:
    """So many places from each first one on, one after the other."""
    ends = np.cumsum(length)
    places: Ints = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - length), length)
    return places


def _shared_outages(
    record: BatchRecord, stage: int, containers: Ints, times: Floats, spec: Recording, often: float
) -> Bools:
    """Readings [containers, 1, readings] that are missing because a whole hall or area is silent: power, network."""
    farm, seed = record.farm, record.case.plan.seed
    place = farm.geography_code[record.batch.geography]
    first, days = record.stage_day(stage), int(times[-1] // 24.0) + 1
    # By day of the record, for a hall houses several batches. One that began before the fish came may still last.
    shape = (first + days, 1)
    marked = np.zeros((len(containers), 1, len(times)), bool)
    for unit in np.unique(farm.container_unit[containers]):
        drawn, lengths = (
            stream(seed, place, farm.unit_code[unit], subject) for subject in ("outages", "outages, hours")
        )
        at, begin, long = _outages(drawn, lengths, often * spec.shared_outages_per_year, spec, shape)
        marked[farm.container_unit[containers] == unit] = _marked(shape, times, at, begin - 24.0 * first, long)
    return marked


def _places_of(drawn: Bools) -> Ints:
    """Where it is true [days, hours, containers, sensors], as places in one row of [containers, sensors, readings]."""
    days, hours, containers, sensors = drawn.shape
    reading, sensor = np.divmod(np.flatnonzero(drawn), containers * sensors)
    return np.sort(sensor * (days * hours) + reading)


def _spikes(drawn: npt.NDArray[np.float32], share: float, size: Floats) -> tuple[Ints, Floats]:
    """Places of the readings that were drawn highest, and what spikes add to them: half to twice the usual size."""
    days, hours, containers, sensors = drawn.shape
    places = _places_of(drawn >= 1.0 - share)
    sensor, reading = np.divmod(places, days * hours)
    luck = (drawn.reshape(days * hours, containers * sensors)[reading, sensor] - (1.0 - share)) / max(share, 1e-9)
    up = np.where(luck < 0.5, -1.0, 1.0)
    return places, up * (0.5 + 1.5 * (2.0 * luck % 1.0)) * size[sensor % sensors]


def _drift(
    record: BatchRecord,
    stage: int,
    containers: Ints,
    slope: Floats,
    fresh: Bools,
    spec: Recording,
    often: float,
) -> Floats:
    """How far off sensors are that have begun to drift and are not cleaned yet [containers, sensors, days]."""
    shape = (fresh.shape[2], *fresh.shape[:2])
    rng = record.stream(record.stages.key[stage], "sensors, drift")
    drawn = rng.random((shape[0], 2, *shape[1:]))
    day, row = np.divmod(np.flatnonzero(drawn[:, 0] < often * spec.drifts_per_year / YEAR_DAYS), fresh[..., 0].size)
    # Half to twice the usual slope.
    slopes = slope[row % len(slope)] * (0.5 + 1.5 * drawn[:, 1].reshape(shape[0], -1)[day, row])
    begun, slopes = (row * shape[0] + day)[slopes != 0.0], slopes[slopes != 0.0]
    order = np.argsort(begun)
    day = record.stage_day(stage) + np.arange(shape[0])
    # A round of cleaning on one weekday, each hall or area in its turn.
    cleaned = (day + 3 * record.farm.container_unit[containers][:, None]) % spec.cleaned_every_days == 0
    return _since_cleaning(begun[order], slopes[order], fresh | cleaned[:, None])


def _since_cleaning(begun: Ints, slopes: Floats, cleaned: Bools) -> Floats:
    """How far off sensors are: by the first slope since a cleaning, of days as places in one row of all, in order.

    Of a day on which both are, the cleaning comes first; a slope is added day by day until the next one. They are
    cleaned by [containers, sensors, days].
    """
    level, days = np.zeros(cleaned.shape), cleaned.shape[2]
    cleanings = np.append(np.flatnonzero(cleaned), level.size)
    end = np.minimum(cleanings[np.searchsorted(cleanings, begun, "right")], (begun // days + 1) * days)
    # Two that end with the same cleaning are of the same time between two.
    first = np.flatnonzero(np.diff(end, prepend=-1) != 0)
    length = (end - begun)[first]
    added = np.cumsum(np.repeat(slopes[first][:, None], length.max(initial=0), axis=1), axis=1)
    since = _places(np.zeros(len(first), np.int64), length)
    level.ravel()[_places(begun[first], length)] = added[np.repeat(np.arange(len(first)), length), since]
    return level


def _hanging(stuck: Ints, swapped: Ints, length: int) -> Bools:
    """At which places that are stuck the same sensor hangs as when they began to be: another shows what is."""
    begin = np.flatnonzero((np.diff(stuck, prepend=-2) != 1) | (stuck % length == 0))
    since = np.repeat(stuck[begin], np.diff(begin, append=len(stuck)))
    hanging: Bools = swapped[np.searchsorted(swapped, stuck, "right") - 1] < since
    return hanging


def _among(places: Ints, some: Ints) -> Ints:
    """Where among places are those of some that are there; both are in order."""
    at = np.searchsorted(places, some)
    inside = at < len(places)
    there: Ints = at[inside][places[at[inside]] == some[inside]]
    return there


def _spans(places: Ints, found: Faults) -> tuple[Ints, Ints, Ints]:
    """Unbroken spans of one sensor among places: the row, and which place is the first and the last."""
    begins = np.ones(len(places), bool)
    np.not_equal(places[1:], places[:-1] + 1, out=begins[1:])
    begins[_among(places, found.swapped)] = True
    begin = np.flatnonzero(begins)
    return places[begin] // found.missing.shape[2], begin, np.append(begin[1:], len(places))[: len(begin)] - 1
