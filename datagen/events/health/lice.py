"""Sea lice: how many live on the fish of each ring on each day at sea, and the weekly counts of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import LiceCount
from datagen.arrays import Bools, Floats, Ints, where_true
from datagen.biology import lice as biology
from datagen.events import duty, entering
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.events.truth import TruthLiceCount
from datagen.simulation.lice import Lice
from datagen.storage.arrow import chosen, record_batch


@dataclass(frozen=True)
class Infestation:
    """The lice of a batch at sea, by day of its sea phase and ring; `stays` are the rings' assignments.

    `lice` is the truth per fish [days, populations, rings]. Counts were made on the sea days `counted_on`: `counts`
    [weeks, rings, types] on `fish` fish where `made` [weeks, rings], by the catalog's method `method` [weeks, rings].
    """

    first_day: int
    stays: Ints
    lice: Floats
    counted_on: Ints
    made: Bools
    method: Ints
    counts: Ints


def most_rows(life: LongestLife) -> dict[str, int]:
    weeks = -(-int(life.days[-1]) // life.catalog.lice.counting.every_days)
    return {"health_licecount": weeks * life.rings * len(life.catalog.lice.types)}


def expected(record: BatchRecord, infested: Infestation | None) -> dict[str, int]:
    if infested is None:
        return {"health_licecount": 0}
    found = infested.counts * infested.made[:, :, None]
    unnoticed = int(np.count_nonzero(found * _unnoticed(record, infested)))
    return {"health_licecount": int(np.count_nonzero(found)), TruthLiceCount._meta.db_table: unnoticed}


def infestation(record: BatchRecord) -> Infestation | None:
    """The lice of the batch, none before all of it is at sea: fish come there clean."""
    a, days = record.history.assignments, record.history.days
    first_day = record.start_day + record.stage_starts[record.sea]
    if first_day > record.last_day:
        return None
    stays = np.flatnonzero(a.stage == record.sea)
    begin, end = a.first_day[stays] - first_day, a.departure_day[stays] - first_day
    day, met = np.arange(int(end.max())), met_by(record)
    row = a.row[stays] + np.clip(day[:, None] - begin, 0, end - begin - 1)
    # A ring that stands empty still has the water of another, in which nothing lives.
    lice = _lice(record, met, days.temp_c[row[:, np.minimum(np.arange(met.rings), len(stays) - 1)]])
    counting, counted_on = record.catalog.lice.counting, met.counted_on(len(day))
    made = (counted_on[:, None] >= begin) & (counted_on[:, None] < end) & (days.fish[row[counted_on]] >= counting.fish)
    method = met.methods(len(counted_on))
    count = met.counting(method)
    counts = np.zeros((*made.shape, len(record.catalog.lice.types)), np.int64)
    for week, sea_day in enumerate(counted_on):
        counts[week] = count(week, lice[sea_day])[: len(stays)]
    return Infestation(met.first_day, stays, lice[:, :, : len(stays)], counted_on, made, method, counts)


def met_by(record: BatchRecord) -> Lice:
    """The lice that the batch meets at sea."""
    first_day = record.start_day + record.stage_starts[record.sea]
    late_day = record.case.late_days[record.index]
    return Lice(record.case, record.batch, first_day, len(record.batch.containers[-1]), late_day)


def mobile(infested: Infestation) -> Floats:
    """Pre-adult and adult L. salmonis per fish [days, rings]."""
    first = biology.POPULATIONS.index("pre_adult")
    both: Floats = infested.lice[:, first : first + 2].sum(axis=1)
    return both


def counted_mobile(record: BatchRecord, infested: Infestation) -> Ints:
    """Pre-adult and adult L. salmonis found at each count [weeks, rings]."""
    types = [bool({"pre_adult", "adult"} & kind.of.keys()) for kind in record.catalog.lice.types]
    found: Ints = infested.counts[:, :, types].sum(axis=2)
    return found


def _lice(record: BatchRecord, met: Lice, temp_c: Floats) -> Floats:
    """Lice per fish [days, populations, rings] at these temperatures [days, rings]."""
    shape = (len(temp_c), len(biology.POPULATIONS), met.rings)
    survival = np.broadcast_to(met.everyday_survival, shape) * _after_delousing(record, met, shape)
    hatching = record.catalog.lice.biology.hatching
    return biology.lice_per_fish(met.settling(len(temp_c)), met.moulting(temp_c), survival, hatching, met.late_day)


def _after_delousing(record: BatchRecord, met: Lice, shape: tuple[int, ...]) -> Floats:
    """What part of the lice the treatments of each day leave [days, populations, rings]."""
    left, treated = np.ones(shape), record.history.treatments
    first_ring = int(np.flatnonzero(record.history.assignments.stage == record.sea)[0])
    for kind in np.unique(treated.kind):
        part, which = met.left(int(kind)), treated.kind == kind
        ring = treated.assignment[which] - first_ring
        left[treated.day[which] - met.first_day, :, ring] = part[:, ring].T
    return left


@dataclass(frozen=True)
class _Found:
    """Every type found at a count: its week, ring and type, how many there were, and how many stand in the record."""

    week: Ints
    ring: Ints
    kind: Ints
    counted: Ints
    recorded: Ints


def expand(record: BatchRecord, infested: Infestation) -> Iterator[Rows]:
    week, ring, kind = where_true(infested.counts * infested.made[:, :, None])
    if not len(week):
        return
    counted = infested.counts[week, ring, kind]
    wrong = _unnoticed(record, infested)[week, ring, kind]
    found = _Found(week, ring, kind, counted, np.where(wrong, entering.mistyped(counted), counted))
    ids = record.ids(LiceCount, len(week))
    yield _counts(record, infested, found, ids)
    if wrong.any():
        yield _truth(record, infested, found, ids, np.flatnonzero(wrong))


def _counts(record: BatchRecord, infested: Infestation, found: _Found, ids: Ints) -> Rows:
    """The counts as they stand in the record."""
    spec, count, week, ring = record.catalog.lice, len(ids), found.week, found.ring
    adult = np.array([each.adult for each in spec.types])
    female = np.array([each.gender == "female" for each in spec.types])
    methods, method = spec.counting.methods, infested.method[week, ring]
    stay = infested.stays[ring]
    counted_at = record.at(infested.first_day + infested.counted_on[week], 10 + 0.25 * ring)
    counters, by = record.staff("VET"), duty.on_duty(record, stay, counted_at)
    noted = entering.notes(record, lambda: _luck(record, infested)[week, ring], {"lice_counts": np.ones(count, bool)})
    return LiceCount, record_batch(
        LiceCount,
        count,
        id=ids,
        batch_id=record.batch_id,
        container_id=record.container_id[stay],
        assignment_id=record.assignment_id[stay],
        user_id=counters[(record.index + week) % len(counters)] if by is None else by,
        lice_type_id=record.farm.lice_type_id[found.kind],
        count_date=counted_at,
        count_value=found.recorded,
        adult_female_count=np.where(adult & female, 1, 0)[found.kind] * found.recorded,
        adult_male_count=np.where(adult & ~female, 1, 0)[found.kind] * found.recorded,
        juvenile_count=np.where(adult, 0, 1)[found.kind] * found.recorded,
        fish_sampled=spec.counting.fish,
        notes="" if noted is None else chosen(*noted),
        detection_method=chosen([each.name for each in methods], method),
        confidence_level=np.array([each.confidence for each in methods])[method],
    )


def _truth(record: BatchRecord, infested: Infestation, found: _Found, ids: Ints, which: Ints) -> Rows:
    """What was really counted, of the rows that were mistyped."""
    stay = infested.stays[found.ring[which]]
    return TruthLiceCount, record_batch(
        TruthLiceCount,
        len(which),
        id=ids[which],
        batch_id=record.batch_id,
        assignment_id=record.assignment_id[stay],
        container_id=record.container_id[stay],
        counted=found.counted[which],
        recorded=found.recorded[which],
    )


def _unnoticed(record: BatchRecord, infested: Infestation) -> Bools:
    """Which counts were mistyped without anybody noticing [weeks, rings, types]."""
    spec, often = record.case.recording
    if spec is None or spec.entries is None or spec.entries.corrections is None:
        return np.zeros(infested.counts.shape, bool)
    weeks, rings, kinds = infested.counts.shape
    most = len(record.batch.containers[record.sea])
    luck = record.stream("lice counts, mistyped").random((weeks, most, kinds), dtype=np.float32)[:, :rings]
    wrong: Bools = luck < often * spec.entries.corrections.unnoticed_share
    return wrong


def _luck(record: BatchRecord, infested: Infestation) -> Floats:
    """A number from 0 to 1 for each count [weeks, rings]."""
    rings = len(record.batch.containers[record.sea])
    return record.stream("lice counts, remarks").random((len(infested.counted_on), rings))
