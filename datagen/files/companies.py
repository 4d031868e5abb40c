"""Keys of several companies apart: what is added to each key, so that no row of one refers to a row of another."""

import functools
import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from apps.history.models import VERSIONS
from datagen.storage import arrow

SPAN = 10**10
"""Keys of a company: this tool's own are below 2 * 10^9 (`KEYS_OF_OTHERS` of datagen/storage/ddl.py)."""
NARROW_SPAN = 10**6
"""Where a column that refers to the table has 32 bits: room for 2,147 companies."""
NARROW = frozenset(
    (
        "auth_user",
        "batch_batch",
        "batch_batchtransferworkflow",
        "harvest_harvestevent",
        "infrastructure_area",
        "infrastructure_freshwaterstation",
        "scenario_temperatureprofile",
    )
)
"""Users' own keys have 32 bits; numbers of 32 bits refer to the others."""
NUMBERS = {
    "batch_liveforwardprojection": {"temp_profile_id": NARROW_SPAN},
    "finance_dimsite": {"source_pk": NARROW_SPAN},
    "finance_factharvest": {"dim_batch_id": NARROW_SPAN},
    "finance_intercompanytransaction": {"object_id": NARROW_SPAN},
    "finance_navexportline": {"batch_id_int": NARROW_SPAN},
}
"""Numbers that are keys, if of whichever table another column says, and are not declared so: all tables are narrow."""
IN_JSON = {"finance_core_valuationrun": ("allocation_snapshot", "biology_snapshot", "mortality_snapshot")}
"""Columns of JSON in which a batch is named by its key."""
BATCH_IN_JSON = re.compile(r'(?<="batch_id":)\d+')
TRACKED = {versions: model for model, versions in VERSIONS.items()}
MOST = 2**31 // NARROW_SPAN
"""Companies whose keys can be told apart."""


def apart(model: arrow.Model, batch: pa.RecordBatch, company: int) -> pa.RecordBatch:
    """Rows of the company of this number, counted from 1: those of the first stay as they are."""
    if company == 1:
        return batch
    columns = batch.columns
    for name, span in _spans(model).items():
        place = batch.schema.get_field_index(name)
        keys = columns[place]
        if span == NARROW_SPAN and (pc.max(keys).as_py() or 0) >= NARROW_SPAN:
            raise ValueError(f"{model._meta.db_table}.{name} has keys above {NARROW_SPAN:,}, which another company has")
        columns[place] = pc.add(keys, pa.scalar((company - 1) * span, keys.type))
    for name in IN_JSON.get(model._meta.db_table, ()):
        place = batch.schema.get_field_index(name)
        columns[place] = in_json(columns[place], (company - 1) * NARROW_SPAN)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def in_json(texts: arrow.Array, added: int) -> arrow.Array:
    """Texts in which each batch's key is another by as much."""
    told = [BATCH_IN_JSON.sub(lambda key: str(int(key[0]) + added), text) for text in texts.to_pylist()]
    return pa.array(told, texts.type)


@functools.cache
def _spans(model: arrow.Model) -> Mapping[str, int]:
    """By how much the keys of each column differ between neighbours; versions have the columns of what they are of."""
    if (tracked := TRACKED.get(model)) is not None:
        return {**_spans(tracked), "history_id": NARROW_SPAN, "history_user_id": NARROW_SPAN}
    own = set(arrow.columns(model))
    keys = {model._meta.pk.column: model._meta.db_table} | {
        field.column: field.target_field.model._meta.db_table
        for field in model._meta.concrete_fields
        if field.is_relation and field.target_field.model._meta.app_label != "contenttypes"
    }
    spans = {name: NARROW_SPAN if table in NARROW else SPAN for name, table in keys.items() if name in own}
    return spans | NUMBERS.get(model._meta.db_table, {})
