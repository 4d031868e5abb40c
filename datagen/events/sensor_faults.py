"""What sensors make of the water that they hang in: values that are missing, stuck, spikes or adrift; drawn by address.

A fault begins on a day that is drawn and lasts for a span that is drawn: neither depends on the as-of day.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datagen.arrays import Bools, Dates, Floats, Ints
from datagen.catalog.ways import Recording
from datagen.events.context import BatchRecord
from datagen.events.truth import TruthSensorFault
from datagen.storage.arrow import record_batch
from datagen.streams import stream

KINDS = ("missing", "stuck", "spike", "drift")

WEEK_DAYS = 7
YEAR_DAYS = 365.0
LONGEST_OUTAGE_HOURS = 20 * 24.0
"""Then somebody has hung up another (invented)."""


@dataclass(frozen=True)
class Faults:
    """Of a stage's sensors [containers, sensors, readings], all readings of a sensor in a row, and none outside stays.

    `spike` and `drift` are what is added to a value, 0 where nothing is.
    """

    missing: Bools
    stuck: Bools
    spike: Floats
    drift: Floats

    def found(self) -> list[tuple[Bools, Floats | None]]:
        """Where each of `KINDS` is, and its size."""
        return [
            (self.missing, None),
            (self.stuck, None),
            (self.spike != 0.0, self.spike),
            (self.drift != 0.0, self.drift),
        ]


def faults(
    record: BatchRecord, stage: int, containers: Ints, parameters: Ints, present: Bools, hours: Floats
) -> Faults | None:
    """Those of these containers' sensors on days that are `present` [containers, days]; None where there are none."""
    spec, often = record.case.recording
    if spec is None:
        return None
    key, days = record.stages.key[stage], present.shape[1]
    shape = (days, len(containers), len(parameters))
    there = np.repeat(present, len(hours), axis=1)[:, None, :]
    times = (np.arange(days)[:, None] * 24.0 + hours).ravel()

    def own(subject: str) -> np.random.Generator:
        return record.stream(key, f"sensors, {subject}")

    at, begin, hours_long = _outages(own("outages"), own("outages, hours"), often * spec.outages_per_year, spec, shape)
    out = _marked(shape, times, at, begin, hours_long) | _shared_outages(record, stage, containers, times, spec, often)
    at, begin, luck = _begun(own("stuck"), often * spec.stuck_per_year, shape)
    stuck = _marked(
        shape, times, at, begin, spec.stuck_hours_min + luck * (spec.stuck_hours_max - spec.stuck_hours_min)
    )
    # Nothing was shown before that it could be stuck at.
    stuck[..., 0] = False
    drawn = own("readings").random((days, len(hours), *shape[1:]), dtype=np.float32).transpose(2, 3, 0, 1)
    drawn = drawn.reshape(*shape[1:], -1)
    missing = (out | (drawn < often * spec.lost_share)) & there
    each = [spec.of(record.farm.parameter_name[parameter]) for parameter in parameters]
    spike = _spikes(drawn, often * spec.spike_share, np.array([one.spike for one in each]))
    slope = np.array([one.drift_per_week for one in each]) / WEEK_DAYS
    drift = np.repeat(_drift(record, stage, containers, slope, shape, spec, often), len(hours), axis=2)
    shown = there & ~missing
    return Faults(missing, stuck & there, np.where(shown & ~stuck, spike, 0.0), np.where(there & ~stuck, drift, 0.0))


def held(values: Ints, stuck: Bools) -> Ints:
    """Values [containers, readings] with those that are stuck at the last one before."""
    last = np.maximum.accumulate(np.where(stuck, 0, np.arange(values.shape[1])), axis=1)
    return np.take_along_axis(values, last, axis=1)


def expected(found: Faults) -> int:
    """How many rows `truth` has."""
    return sum(len(_spans(where)[0]) for where, _ in found.found())


def truth(
    record: BatchRecord, found: Faults, first: Ints, moment: Dates, columns: dict[str, Ints]
) -> tuple[Any, pa.RecordBatch]:
    """A row for each fault. `first` is the key of each sensor's first reading [containers, sensors], `moment` that of
    each of its readings, and `columns` are ids [containers, sensors].

    The key of a fault is that of the reading with which it begins, times the kinds, and its kind: it does not depend on
    how many there are before it.
    """
    parts = []
    shown = np.cumsum(~found.missing, axis=-1)
    for kind, (where, size) in enumerate(found.found()):
        container, sensor, begin, end = _spans(where)
        before = np.where(begin > 0, shown[container, sensor, begin - 1], 0)
        readings = end - begin + 1 if KINDS[kind] == "missing" else shown[container, sensor, end] - before
        worth = np.full(len(begin), np.nan) if size is None else size[container, sensor, end]
        key = len(KINDS) * (first[container, sensor] + begin) + kind
        parts.append((key, container, sensor, begin, end, readings, worth, np.full(len(begin), kind)))
    key, container, sensor, begin, end, readings, worth, of_kind = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(key)
    return TruthSensorFault, record_batch(
        TruthSensorFault,
        len(key),
        id=key[order],
        batch_id=record.batch_id,
        **{name: values[container, sensor][order] for name, values in columns.items()},
        kind=np.array(KINDS)[of_kind[order]],
        begins=moment[begin[order]],
        ends=moment[end[order]],
        readings=readings[order],
        size=worth[order],
    )


def _begun(
    rng: np.random.Generator, per_year: float, shape: tuple[int, ...]
) -> tuple[tuple[Ints, ...], Floats, Floats]:
    """Where [days, ...] something begins that is so many times a year, at which hour, and a number for its length."""
    drawn = rng.random((shape[0], 3, *shape[1:]))
    at = np.nonzero(drawn[:, 0] < per_year / YEAR_DAYS)
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
    change = np.zeros((*shape[1:], len(times) + 1), np.int32)
    np.add.at(change, (*at[1:], np.searchsorted(times, begin)), 1)
    np.subtract.at(change, (*at[1:], np.searchsorted(times, begin + hours_long)), 1)
    marked: Bools = np.cumsum(change, axis=-1)[..., :-1] > 0
    return marked


def _shared_outages(
    record: BatchRecord, stage: int, containers: Ints, times: Floats, spec: Recording, often: float
) -> Bools:
    """Readings [containers, 1, readings] that are missing because a whole hall or area is silent: power, network."""
    farm, seed = record.farm, record.case.plan.seed
    place = farm.geography_code[record.batch.geography]
    first, days = record.start_day + record.stage_starts[stage], int(times[-1] // 24.0) + 1
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


def _spikes(drawn: npt.NDArray[np.float32], share: float, size: Floats) -> Floats:
    """What spikes add to the readings that were drawn highest: half to twice the usual size, up or down."""
    luck = (drawn - (1.0 - share)) / max(share, 1e-9)
    up = np.where(luck < 0.5, -1.0, 1.0)
    spike: Floats = np.where(luck >= 0.0, up * (0.5 + 1.5 * (2.0 * luck % 1.0)) * size[:, None], 0.0)
    return spike


def _drift(
    record: BatchRecord,
    stage: int,
    containers: Ints,
    slope: Floats,
    shape: tuple[int, ...],
    spec: Recording,
    often: float,
) -> Floats:
    """How far off sensors are that have begun to drift and are not cleaned yet [containers, sensors, days]."""
    rng = record.stream(record.stages.key[stage], "sensors, drift")
    drawn = rng.random((shape[0], 2, *shape[1:]))
    begun, luck = drawn[:, 0] < often * spec.drifts_per_year / YEAR_DAYS, drawn[:, 1]
    # Half to twice the usual slope.
    slopes = np.where(begun, slope * (0.5 + 1.5 * luck), 0.0)
    day = record.start_day + record.stage_starts[stage] + np.arange(shape[0])
    # A round of cleaning on one weekday, each hall or area in its turn.
    cleaned = (day[:, None] + 3 * record.farm.container_unit[containers]) % spec.cleaned_every_days == 0
    now, level = np.zeros(shape[1:]), np.zeros(shape)
    for each in range(shape[0]):
        now[cleaned[each]] = 0.0
        kept = np.where(cleaned[each][:, None], 0.0, level[each - 1] if each else 0.0)
        now = np.where(now == 0.0, slopes[each], now)
        level[each] = kept + now
    return level.transpose(1, 2, 0)


def _spans(where: Bools) -> tuple[Ints, Ints, Ints, Ints]:
    """Unbroken spans of a mask [containers, sensors, readings]: container, sensor, first and last reading."""
    edge = np.zeros((*where.shape[:2], 1), bool)
    change = np.diff(np.concatenate((edge, where, edge), axis=2).view(np.int8), axis=2)
    container, sensor, begin = np.nonzero(change == 1)
    return container, sensor, begin, np.nonzero(change == -1)[2] - 1
