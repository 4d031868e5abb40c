"""The audit trail: of each row that people edit its versions, from who recorded it to its last change.

Once written a version stays: it is of the moment, and knows nothing of what came after.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from apps.history.models import VERSIONS, Version
from datagen.arrays import Ints
from datagen.events.context import Model, OfBatch, Record, Rows, Was
from datagen.storage.arrow import record_batch

TABLES = {model._meta.db_table: versions._meta.db_table for model, versions in VERSIONS.items()}
"""The table of versions of each table of which there is one."""

EDITED = frozenset(
    (
        "batch_batch",
        "batch_batchcontainerassignment",
        "batch_creationaction",
        "batch_creationworkflow",
    )
)
"""What people enter one by one."""

BY = ("created_by_id", "executed_by_id")
"""Columns that say who recorded a row, where it has one."""


def created(rows: Mapping[str, int]) -> dict[str, int]:
    """By table of versions how many tell of the creation of so many rows."""
    return {TABLES[table]: rows[table] for table in EDITED & rows.keys()}


def trail(record: Record, model: Model, rows: pa.RecordBatch, was: tuple[Was, ...] = ()) -> Iterator[Rows]:
    """Every version of these rows, if versions of their table are kept; without `was` they are as they were made."""
    table = model._meta.db_table
    if table not in EDITED:
        return
    versions, count = VERSIONS[model], len(was) or 1
    place = (np.asarray(rows.column(model._meta.pk.column)) - record.first_id[table]) // record.stride
    first_id = record.first_id[versions._meta.db_table]
    for number, version in enumerate(was or (Was(rows.column("created_at").to_numpy(False)),)):
        there = ~np.isnat(version.at)
        as_it_was = _columns(record_batch(model, rows.num_rows, **{**_columns(rows), **version.columns}).filter(there))
        yield (
            versions,
            record_batch(
                versions,
                int(there.sum()),
                **as_it_was,
                history_id=first_id + record.stride * (place[there] * count + number),
                history_date=version.at[there],
                history_type=(Version.Kind.CHANGED if number else Version.Kind.CREATED).value,
                history_user_id=_who(record, as_it_was, int(there.sum())),
            ),
        )


def _columns(rows: pa.RecordBatch) -> dict[str, Any]:
    return dict(zip(rows.schema.names, rows.columns, strict=True))


def _who(record: Record, columns: Mapping[str, Any], count: int) -> Ints:
    """Who recorded each row: whom it names, else the batch's or the geography's manager."""
    if isinstance(record, OfBatch):
        managers, turn = record.staff("MGR"), record.index
    else:
        managers, turn = record.case.farm.user_ids("MGR", record.history.geography), 0
    who = np.full(count, int(managers[turn % len(managers)]))
    for name in BY:
        if name in columns:
            named = columns[name]
            who = np.where(np.asarray(named.is_valid()), np.asarray(named.fill_null(0)), who)
    return who
