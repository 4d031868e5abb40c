"""Deaths: one event for every container-day on which some were booked, with the cause that its record names."""

from collections.abc import Iterator

import numpy as np

from apps.batch.models import MortalityEvent
from datagen.biology.mortality import CAUSES
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.storage.arrow import record_batch


def most_rows(life: LongestLife) -> dict[str, int]:
    return {"batch_mortalityevent": int(life.container_days.sum())}


def expected(record: BatchRecord) -> dict[str, int]:
    return {"batch_mortalityevent": int(np.count_nonzero(record.booked.deaths))}


def expand(record: BatchRecord) -> Iterator[Rows]:
    days, booked = record.history.days, record.booked
    rows = record.chronological(np.flatnonzero(booked.deaths))
    count = len(rows)
    day = record.row_day[rows]
    # Counted on the morning's round.
    counted = record.at(day, 9.5)
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
            created_at=counted,
            updated_at=counted,
        ),
    )
