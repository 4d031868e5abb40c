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
from datagen.storage.arrow import chosen, column_of, record_batch

TABLES = {model._meta.db_table: versions._meta.db_table for model, versions in VERSIONS.items()}
"""The table of versions of each table of which there is one."""

EDITED = frozenset(
    (
        "batch_batch",
        "batch_batchcomposition",
        "batch_batchcontainerassignment",
        "batch_batchmixevent",
        "batch_batchmixeventcomponent",
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
    versions = VERSIONS[model]
    was = was or (Was(rows.column(WRITTEN.get(table, "created_at")).to_numpy(False)),)
    at = np.array([version.at for version in was])
    # Row by row, for keys are by row and then by version.
    row, number = np.nonzero(~np.isnat(at).T)
    if not len(row):
        return
    place = (np.asarray(rows.column(model._meta.pk.column)) - record.first_id[table]) // record.stride
    key = record.first_id[versions._meta.db_table] + record.stride * (place[row] * len(was) + number)
    if (number != number[0]).any():
        order = np.argsort(key)
        row, number, key = row[order], number[order], key[order]
    changing = {name for version in was for name in version.columns}
    as_made = rows if len(row) == len(rows) and (np.diff(row) == 1).all() else rows.take(pa.array(row, pa.int64()))
    columns = dict(zip(rows.schema.names, as_made.columns, strict=True))
    columns |= {name: _as_it_was(model, rows.column(name), name, was, row, number) for name in changing}
    yield (
        versions,
        record_batch(
            versions,
            len(key),
            **columns,
            history_id=key,
            history_date=at[number, row],
            history_type=chosen((Version.Kind.CREATED.value, Version.Kind.CHANGED.value), np.minimum(number, 1)),
            history_change_reason=_why(was, row, number),
            history_user_id=_who(record, columns, was, row, number),
        ),
    )


def _as_it_was(model: Model, now: Any, name: str, was: tuple[Was, ...], row: Ints, number: Ints) -> Any:
    """A column of versions, some of which say something else than rows do now: of each the row, and which of its."""
    there = set(number.tolist())
    each = [
        column_of(model, name, version.columns[name], len(now)) if each in there and name in version.columns else now
        for each, version in enumerate(was)
    ]
    return pa.concat_arrays(each).take(pa.array(number * len(now) + row, pa.int64()))


def _why(was: tuple[Was, ...], row: Ints, number: Ints) -> Any:
    """What was said of each version."""
    if all(version.why is None for version in was):
        return None
    nothing = pa.nulls(int(row.max()) + 1, pa.string())
    each = [nothing if version.why is None else version.why for version in was]
    begins = np.cumsum([0, *(len(said) for said in each)])[:-1]
    return pa.concat_arrays(each).take(pa.array(begins[number] + row, pa.int64()))


def _who(record: Record, columns: Mapping[str, Any], was: tuple[Was, ...], row: Ints, number: Ints) -> Ints:
    """Who made each version, of which row and which of its: whom it names, else the batch's or geography's manager."""
    if isinstance(record, OfBatch):
        managers, turn = record.staff("MGR"), record.index
    else:
        managers, turn = record.case.farm.user_ids("MGR", record.history.geography), 0
    who = np.full(len(row), int(managers[turn % len(managers)]))
    for each, version in enumerate(was):
        if version.by is not None:
            who = np.where(number == each, version.by[row], who)
    for name in BY:
        if name in columns:
            named = columns[name]
            who = np.where(np.asarray(named.is_valid()), np.asarray(named.fill_null(0)), who)
    return who
