"""Daily states and feeding summaries of a batch as tables, worked out of its record wherever that is known."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
from django.apps import apps

from apps.batch.growth_analysis import States
from apps.batch.growth_analysis.states import ANCHORS, SOURCES
from apps.batch.growth_analysis.tables import MASTER_DATA
from apps.batch.models import ActualDailyAssignmentState
from apps.inventory.feeding_summaries import summarise
from apps.inventory.models import BatchFeedingSummary, ContainerFeedingSummary
from datagen.storage import arrow, reading
from datagen.storage.arrow import record_batch
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
    """States and summaries as tables, computed in the evening of the batch's last day: the clock is no content."""
    computed = datetime.combine(states.date.max().astype(date), time(23, 59, 59), UTC)
    yield _state_rows(states, computed)
    for model, columns in zip((ContainerFeedingSummary, BatchFeedingSummary), summarise(states, as_of), strict=True):
        made = {"batch_id": states.batch_id, "created_at": computed, "updated_at": computed}
        yield model, record_batch(model, len(columns["id"]), **columns, **made)


def _state_rows(states: States, computed: datetime) -> tuple[Any, pa.RecordBatch]:
    anchored = np.flatnonzero(states.anchor >= 0)
    anchor_type = np.full(len(states.day), None, object)
    anchor_type[anchored] = np.array(ANCHORS, object)[states.anchor[anchored]]
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
        anchor_type=anchor_type,
        sources=pa.array(SOURCES).take(pa.array(states.sources, pa.int64())),
        confidence_scores=pa.array(states.confidences).take(pa.array(states.confidence, pa.int64())),
        last_computed_at=computed,
    )
