"""Daily states and feeding summaries of a batch as tables, worked out of its record wherever that is known."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from django.apps import apps
from psycopg import sql

from apps.batch.growth_analysis import Record, States, compute, until
from apps.batch.growth_analysis.states import ANCHORS, SOURCES
from apps.batch.growth_analysis.tables import MASTER_DATA
from apps.batch.models import ActualDailyAssignmentState
from apps.inventory.feeding_summaries import summarise
from apps.inventory.models import BatchFeedingSummary, ContainerFeedingSummary
from datagen.arrays import Dates
from datagen.storage import arrow, changes, ledger, reading
from datagen.storage.arrow import chosen, record_batch
from datagen.storage.ledger import Connection

TABLES = (
    "batch_actualdailyassignmentstate",
    "inventory_containerfeedingsummary",
    "inventory_batchfeedingsummary",
)


def rested_on(connection: Connection) -> dict[str, pa.Table]:
    """The master data that states rest on, as a database has them."""
    return {
        model._meta.db_table: pa.Table.from_batches(reading.read(connection, model), arrow.schema(model))
        for model in apps.get_models()
        if model._meta.db_table in MASTER_DATA
    }


def unit(batch_number: str) -> str:
    """What a batch's analysis is called in the ledger."""
    return f"{batch_number} analysis"


def rows(states: States, as_of: date) -> Iterator[tuple[Any, pa.RecordBatch]]:
    """States and summaries as tables.

    They are stamped as if worked out every evening, and but for what was new: the clock is no content, and the state of
    a day keeps its stamp when days are added. A summary is there from its first evening on, and is done with its last.
    """
    yield _state_rows(states)
    begins = np.flatnonzero(np.diff(states.assignment, prepend=-1) != 0)
    begins = begins[np.argsort(states.assignment_id[begins])]
    for model, columns in zip((ContainerFeedingSummary, BatchFeedingSummary), summarise(states, as_of), strict=True):
        begun = states.date.min()
        if model is ContainerFeedingSummary:
            of = np.searchsorted(states.assignment_id[begins], columns["container_assignment_id"])
            begun = states.date[begins][of]
        made = _evening(np.maximum(columns["period_start"], begun))
        stamps = {"created_at": made, "updated_at": _evening(columns["period_end"])}
        yield model, record_batch(model, len(columns["id"]), batch_id=states.batch_id, **columns, **stamps)


def carry(
    connection: Connection, run: int, batch_number: str, record: Record, since: date, as_of: date
) -> dict[str, int] | None:
    """Write of a batch what differs from what was worked out of its record as of an earlier day; rows by table.

    None, and nothing is written, where something else is there: others have been at it, or old days look different now.
    """
    if not _as_written(connection, batch_number, record.batch_id):
        return None

    def was(_: set[str]) -> Iterator[tuple[Any, pa.RecordBatch]]:
        then = until(record, since)
        return iter(()) if then is None else rows(compute(then), since)

    try:
        return changes.apply(connection, run, unit(batch_number), was, rows(compute(record), as_of)).touched
    except changes.OtherContentError:
        return None


def _as_written(connection: Connection, batch_number: str, batch_id: int) -> bool:
    """Whether all that is there of a batch's states and summaries is what the ledger says was written."""
    written, transactions = ledger.content_of(connection, unit(batch_number)), ledger.transactions(connection)
    if transactions is None:
        return False
    for table in TABLES:
        counts = sql.SQL("SELECT count(*), count(*) FILTER (WHERE {}) FROM {} WHERE batch_id = %s")
        found = connection.execute(counts.format(ledger.by(transactions), sql.Identifier(table)), [batch_id]).fetchall()
        rows_there = written[table].rows if table in written else 0
        if found != [(rows_there, rows_there)]:
            return False
    return True


def _evening(days: Dates) -> Dates:
    return np.asarray(days.astype("datetime64[us]") + (np.timedelta64(1, "D") - np.timedelta64(1, "s")))


def _state_rows(states: States) -> tuple[Any, pa.RecordBatch]:
    return ActualDailyAssignmentState, record_batch(
        ActualDailyAssignmentState,
        len(states.day),
        id=states.id,
        assignment_id=states.assignment_id,
        batch_id=states.batch_id,
        container_id=states.container_id,
        lifecycle_stage_id=states.lifecycle_stage_id,
        date=states.date,
        day_number=states.day_number,
        avg_weight_g=states.avg_weight_g,
        population=states.population,
        biomass_kg=states.biomass_kg,
        temp_c=states.temp_c,
        mortality_count=states.mortality_count,
        feed_kg=states.feed_kg,
        observed_fcr=states.observed_fcr,
        anchor_type=chosen([None, *ANCHORS], states.anchor + 1),
        sources=chosen(SOURCES, states.sources),
        confidence_scores=chosen(states.confidences, states.confidence),
        last_computed_at=_evening(states.date),
    )
