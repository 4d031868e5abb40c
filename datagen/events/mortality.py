"""Deaths: one event for every container-day on which some were booked, with the cause that its record names."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from apps.batch.models import MortalityEvent
from datagen.arrays import Dates, Ints
from datagen.biology.mortality import CAUSES
from datagen.catalog.ways.recording import Entries
from datagen.events import audit, entering
from datagen.events.context import BatchRecord, Changing, LongestLife
from datagen.storage.arrow import Array, chosen, record_batch

TABLE, VERSIONS = "batch_mortalityevent", "batch_historicalmortalityevent"
ROUND, LAST_ENTRY = 9.5, 21.0
"""Hours of the morning's round, on which they are counted, and of the evening by which a count is entered."""


def most_rows(life: LongestLife) -> dict[str, int]:
    most = int(life.container_days.sum())
    changes = {VERSIONS: most} if entering.may_correct(life) and TABLE in audit.kept(life.versions) else {}
    return {TABLE: most, **changes}


def expected(record: BatchRecord) -> dict[str, int]:
    rows = np.flatnonzero(record.booked.deaths)
    kept = TABLE in audit.kept(record.case.plan.versions)
    changes = {VERSIONS: entering.corrections(record, entering.DEATHS, rows)} if kept else {}
    return {TABLE: len(rows), **changes}


def expand(record: BatchRecord) -> Iterator[Changing]:
    days, booked = record.history.days, record.booked
    rows = record.chronological(np.flatnonzero(booked.deaths))
    count = len(rows)
    day = record.row_day[rows]
    counted: Dates = record.at(day, ROUND)
    description: Array | str = ""
    spec, often = record.case.recording
    if spec is not None and spec.entries is not None:
        counted = entering.entered(
            _counted(record, spec.entries, rows, day), entering.late(record, entering.DEATHS, rows)
        )
        description = _remarks(record, spec.entries, rows, often)
    put_right = entering.corrected(record, entering.DEATHS, rows, counted)

    def typed(wrong: entering.Corrected) -> dict[str, Any]:
        fish = wrong.typed(booked.deaths[rows])
        return {"count": fish, "biomass_kg": fish * days.weight_g[rows] / 1000.0}

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
            cause=chosen(CAUSES, booked.cause[rows]),
            description=description,
            created_at=counted,
            updated_at=entering.updated(counted, put_right),
        ),
        entering.versions(record, rows, counted, put_right, typed),
    )


def _counted(record: BatchRecord, spec: Entries, rows: Ints, day: Ints) -> Dates:
    """When counts are entered on their day: hours after the round, and by the evening, for nobody goes home before."""
    later = spec.hours * entering.lognormal(record.luck("deaths, entered")[rows], spec.spread)
    return record.at(day, ROUND + np.minimum(later, LAST_ENTRY - ROUND))


def _remarks(record: BatchRecord, spec: Entries, rows: Ints, often: float) -> Array:
    """What was remarked, on most nothing."""
    luck, cause = record.luck("deaths, remarks")[rows], record.booked.cause[rows]
    said = ((cause == CAUSES.index(each.cause), each.remarks, often * spec.noted_share) for each in spec.remarks)
    return chosen(*entering.remarks(luck, said))
