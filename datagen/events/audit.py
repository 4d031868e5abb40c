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
from datagen.planning.plan import Versions
from datagen.storage.arrow import record_batch

TABLES = {model._meta.db_table: versions._meta.db_table for model, versions in VERSIONS.items()}
"""The table of versions of each table of which there is one."""

EDITED = frozenset(
    (
        "batch_batch",
        "batch_batchcontainerassignment",
        "batch_batchtransferworkflow",
        "batch_creationaction",
        "batch_creationworkflow",
        "batch_growthsample",
        "batch_transferaction",
        "broodstock_batchparentage",
        "broodstock_breedingpair",
        "broodstock_breedingplan",
        "broodstock_breedingtraitpriority",
        "broodstock_broodstockfish",
        "broodstock_eggproduction",
        "broodstock_externaleggbatch",
        "broodstock_fishmovement",
        "broodstock_maintenancetask",
        "environmental_stagetransitionenvironmental",
        "finance_factharvest",
        "finance_intercompanytransaction",
        "harvest_harvestevent",
        "harvest_harvestlot",
        "health_healthlabsample",
        "health_healthsamplingevent",
        "health_journalentry",
        "health_treatment",
        "inventory_feedcontainerstock",
        "inventory_feedpurchase",
    )
)
"""What people enter one by one."""

MASS = frozenset(
    (
        "batch_individualgrowthobservation",
        "batch_mortalityevent",
        "environmental_photoperioddata",
        "health_fishparameterscore",
        "health_individualfishobservation",
        "health_licecount",
        "health_mortalityrecord",
        "inventory_feedingevent",
    )
)
"""What makes most rows, each written once: versions are kept where the plan says so."""

WRITTEN = {
    "health_licecount": "count_date",
    "health_mortalityrecord": "event_date",
}
"""When a row was made, where it has no `created_at`."""

BY = ("created_by_id", "initiated_by_id", "executed_by_id", "recorded_by_id", "sampled_by_id", "moved_by_id", "user_id")
"""Columns that say who recorded a row, where it has one."""


def kept(versions: Versions) -> frozenset[str]:
    """The tables of which versions are kept."""
    return EDITED | MASS if versions == "all" else EDITED


def created(rows: Mapping[str, int], versions: Versions) -> dict[str, int]:
    """By table of versions how many tell of the creation of so many rows."""
    return {TABLES[table]: rows[table] for table in kept(versions) & rows.keys()}


def trail(record: Record, model: Model, rows: pa.RecordBatch, was: tuple[Was, ...] = ()) -> Iterator[Rows]:
    """Every version of these rows, by key, if versions of their table are kept; without `was` they are as made."""
    table = model._meta.db_table
    if table not in kept(record.case.plan.versions):
        return
    versions, count = VERSIONS[model], len(was) or 1
    place = (np.asarray(rows.column(model._meta.pk.column)) - record.first_id[table]) // record.stride
    first_id = record.first_id[versions._meta.db_table]
    made: list[pa.RecordBatch] = []
    for number, version in enumerate(was or (Was(rows.column(WRITTEN.get(table, "created_at")).to_numpy(False)),)):
        there = ~np.isnat(version.at)
        if not there.any():
            continue
        columns = {**_columns(rows), **version.columns}
        if "updated_at" in version.columns:
            columns["updated_at"] = np.where(there, columns["updated_at"], rows.column("updated_at").to_numpy(False))
        as_it_was = _columns(record_batch(model, rows.num_rows, **columns).filter(there))
        made.append(
            record_batch(
                versions,
                int(there.sum()),
                **as_it_was,
                history_id=first_id + record.stride * (place[there] * count + number),
                history_date=version.at[there],
                history_type=(Version.Kind.CHANGED if number else Version.Kind.CREATED).value,
                history_user_id=_who(record, as_it_was, int(there.sum())),
            )
        )
    if len(made) == 1:
        yield versions, made[0]
    elif made:
        every = pa.Table.from_batches(made).sort_by("history_id").combine_chunks()
        yield versions, every.to_batches()[0]


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
