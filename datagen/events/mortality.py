"""Deaths: one event for every container-day on which some were booked, with the cause that its record names."""

from collections.abc import Iterator

import numpy as np

from apps.batch.models import MortalityEvent
from datagen.arrays import Dates, Ints
from datagen.biology.mortality import CAUSES
from datagen.catalog.ways.recording import Entries
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.storage.arrow import Array, chosen, record_batch

ROUND, LAST_ENTRY = 9.5, 21.0
"""Hours of the morning's round, on which they are counted, and of the evening by which a count is entered."""


def most_rows(life: LongestLife) -> dict[str, int]:
    return {"batch_mortalityevent": int(life.container_days.sum())}


def expected(record: BatchRecord) -> dict[str, int]:
    return {"batch_mortalityevent": int(np.count_nonzero(record.booked.deaths))}


def expand(record: BatchRecord) -> Iterator[Rows]:
    days, booked = record.history.days, record.booked
    rows = record.chronological(np.flatnonzero(booked.deaths))
    count = len(rows)
    day = record.row_day[rows]
    counted: Dates = record.at(day, ROUND)
    description: Array | str = ""
    spec, often = record.case.recording
    if spec is not None and spec.entries is not None:
        counted = _entered(record, spec.entries, rows, day)
        description = _remarks(record, spec.entries, rows, often)
    yield (
        MortalityEvent,
        record_batch(
            MortalityEvent,
            count,
            id=record.ids(MortalityEvent, count),
            batch_id=record.batch_id,
            assignment_id=record.assignment_id[record.row_assignment[rows]],
            event_date=record.date(day),
            count=booked.deaths[rows],
            biomass_kg=booked.deaths[rows] * days.weight_g[rows] / 1000.0,
            cause=np.array(CAUSES)[booked.cause[rows]],
            description=description,
            created_at=counted,
            updated_at=counted,
        ),
    )


def _entered(record: BatchRecord, spec: Entries, rows: Ints, day: Ints) -> Dates:
    """When counts were entered: hours after the round, and by the evening, for nobody goes home before."""
    luck = record.luck("deaths, entered")[rows]
    # Two halves of a logistic curve are near enough to a normal one.
    later = spec.hours * np.exp(spec.spread * np.log((luck + 1e-4) / (1.0 - luck + 1e-4)) / 1.7)
    return record.at(day, ROUND + np.minimum(later, LAST_ENTRY - ROUND))


def _remarks(record: BatchRecord, spec: Entries, rows: Ints, often: float) -> Array:
    """What was remarked, on most nothing."""
    texts, first, count = [""], np.zeros(len(CAUSES), np.int64), np.zeros(len(CAUSES), np.int64)
    for each in spec.remarks:
        first[CAUSES.index(each.cause)], count[CAUSES.index(each.cause)] = len(texts), len(each.remarks)
        texts += each.remarks
    luck, cause = record.luck("deaths, remarks")[rows], record.booked.cause[rows]
    noted = often * spec.noted_share
    place = np.minimum(luck / max(noted, 1e-9) * count[cause], count[cause] - 1).astype(np.int64)
    return chosen(texts, np.where((luck < noted) & (count[cause] > 0), first[cause] + place, 0))
