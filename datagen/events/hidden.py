"""What was, and no row of AquaMind's says: fish and weight of each container-day, and what killed beside everyday."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from datagen.arrays import Ints
from datagen.events.collecting import DAYS_OF_A_STAY
from datagen.events.context import CHUNK_ROWS, BatchRecord, LongestLife, Rows
from datagen.events.truth import TruthOutbreak, TruthState
from datagen.simulation import hardship
from datagen.storage.arrow import record_batch

OUTBREAKS_OF_A_STAY = 256
"""More than any stay meets: which of them in the order of their days, and its assignment, are a key."""


class Met(NamedTuple):
    """An outbreak in a stay, and the days of the record on which it kills there."""

    stay: int
    begins: int
    ends: int
    what: hardship.Outbreak


def most_rows(life: LongestLife) -> dict[str, int]:
    """None that others need keys beside: the truth's are their own."""
    return {}


def expected(record: BatchRecord) -> dict[str, int]:
    states = len(record.row_day) if _hides(record) else 0
    return {TruthState._meta.db_table: states, TruthOutbreak._meta.db_table: len(_met(record))}


def expand(record: BatchRecord) -> Iterator[Rows]:
    """The truth of each container-day, where the record is made as people make it, and of each outbreak."""
    if _hides(record):
        fish = _alive(record)
        for first in range(0, len(fish), CHUNK_ROWS):
            yield _states(record, np.arange(first, min(first + CHUNK_ROWS, len(fish))), fish)
    if met := _met(record):
        yield _outbreaks(record, met)


def _hides(record: BatchRecord) -> bool:
    return record.case.recording[0] is not None


def _alive(record: BatchRecord) -> Ints:
    """Fish of each container-day in the morning: the book's, less the miscounted and who has vanished by then."""
    days, stays, stay = record.history.days, record.history.assignments, record.row_assignment
    before = np.concatenate(([0], np.cumsum(days.fish)[:-1]))
    lived = before - before[stays.row[stay]]
    whole = np.maximum(np.add.reduceat(days.fish, stays.row), 1)[stay]
    fish: Ints = days.fish - record.stock.miscounted[stay] - record.stock.vanished[stay] * lived // whole
    return fish


def _states(record: BatchRecord, rows: Ints, fish: Ints) -> Rows:
    stay, day = record.row_assignment[rows], record.row_day[rows]
    return (
        TruthState,
        record_batch(
            TruthState,
            len(rows),
            id=record.assignment_id[stay] * DAYS_OF_A_STAY + day - record.history.assignments.first_day[stay],
            batch_id=record.batch_id,
            assignment_id=record.assignment_id[stay],
            container_id=record.container_id[stay],
            day=record.date(day),
            fish=fish[rows],
            weight_g=record.history.days.weight_g[rows].astype(np.float64),
        ),
    )


def _met(record: BatchRecord) -> list[Met]:
    """What the fish of each ring met, by ring and in the order of its days."""
    spec, stays, found = record.case.way.mortality, record.history.assignments, []
    if spec is None:
        return []
    rings = record.batch.containers[record.sea]
    diseases = hardship.met(record.case, record.batch, record.start_day, spec)
    late = hardship.delays(record.case, record.batch, len(rings), spec)
    for stay in np.flatnonzero(stays.stage == record.sea).tolist():
        container, first = int(stays.container[stay]), int(stays.first_day[stay])
        unit = int(record.farm.container_unit[container])
        delay = int(late[rings.index(container)])
        spans = [(each.first + delay, each) for each in diseases]
        spans += [(each.first, each) for found in record.case.befell(unit) for each in found.outbreaks]
        last = first + int(stays.days[stay]) - 1
        of_stay = [
            Met(stay, max(begins, first), min(begins + each.days - 1, last), each)
            for begins, each in spans
            if begins <= last and begins + each.days > first
        ]
        found += sorted(of_stay, key=lambda met: (met.begins, met.what.first, met.what.name))
    return found


def _outbreaks(record: BatchRecord, met: list[Met]) -> Rows:
    stay, begins, ends = np.array([each[:3] for each in met]).T
    nth = np.arange(len(stay)) - np.searchsorted(stay, stay)
    return (
        TruthOutbreak,
        record_batch(
            TruthOutbreak,
            len(met),
            id=record.assignment_id[stay] * OUTBREAKS_OF_A_STAY + nth,
            batch_id=record.batch_id,
            assignment_id=record.assignment_id[stay],
            container_id=record.container_id[stay],
            name=[each.what.name for each in met],
            cause=[each.what.cause for each in met],
            begins=record.date(begins),
            ends=record.date(ends),
            share=np.array([each.what.share for each in met]),
        ),
    )
