"""A batch ahead of the as-of day: planned, with its orders of eggs, and nothing of what will become of it."""

from collections.abc import Iterator

from apps.batch.models import Batch
from datagen.events.context import Changing, ComingRecord, Was
from datagen.events.orders import NEVER, changes, created_at, notes, orders, planned, workflows
from datagen.storage.arrow import record_batch


def expected(record: ComingRecord) -> dict[str, int]:
    return {
        "batch_batch": 1,
        "batch_creationworkflow": len(orders(record)),
        "batch_historicalbatchcreationworkflow": changes(record),
    }


def expand(record: ComingRecord) -> Iterator[Changing]:
    yield _batch(record)
    yield from workflows(record)


def _batch(record: ComingRecord) -> Changing:
    ends_day = record.harvested_day
    entered = created_at(record)
    rows = record_batch(
        Batch,
        1,
        id=record.batch_id,
        batch_number=record.batch.number,
        species_id=record.farm.species_id,
        lifecycle_stage_id=int(record.farm.stage_id[0]),
        status="PLANNED",
        batch_type="STANDARD",
        start_date=record.date(record.start_day)[None],
        expected_end_date=record.date(ends_day)[None],
        notes=notes(record),
        created_at=entered,
        updated_at=entered,
    )
    # What it will be, in each stage and at its end.
    later = [Was(NEVER)] * (len(record.farm.stage_id) + 1)
    return Batch, rows, (*planned(record), *later)
