"""The difference between what a unit was and what it is now, into PostgreSQL: rows that are new or have changed."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
from psycopg import sql

from datagen.storage import absent, arrow, fill, ledger
from datagen.storage.ledger import Connection, Content
from datagen.storage.postgres import copy_rows

Tables = Iterable[tuple[arrow.Model, pa.RecordBatch]]


class OtherContentError(Exception):
    """The unit in the database is not what the old tables say it is."""


def apply(connection: Connection, run: int, unit: str, old: Tables, new: Tables) -> dict[str, int]:
    """Carry a unit from its old tables to its new ones in one transaction; rows written or deleted by table.

    What was written must be what `old` says, by content hash: else nothing is touched. Both are held in memory: a
    batch has at most some 120 MB of readings.
    """
    before, after = (_gathered(absent.rows_of_present(connection, rows)) for rows in (old, new))
    constants = fill.constants(connection)
    written = ledger.units(connection).get(unit, {})
    with connection.transaction(), connection.cursor() as cursor:
        contents, touched = dict(written), {}
        for model in {**before, **after}:
            table = model._meta.db_table
            if table not in written:  # its table has come since, by a migration
                before.pop(model, None)
            if table in written and written[table] != _content(model, before.get(model)):
                raise OtherContentError(f"{unit}, {table}")
            touched[table] = _carry(cursor, model, before.get(model), after.get(model), constants.get(table, {}))
            contents[table] = _content(model, after.get(model))
        ledger.replace(connection, run, unit, contents)
    return touched


def _gathered(tables: Tables) -> dict[arrow.Model, list[pa.RecordBatch]]:
    found: dict[arrow.Model, list[pa.RecordBatch]] = {}
    for model, batch in tables:
        found.setdefault(model, []).append(batch)
    return found


def _content(model: arrow.Model, batches: list[pa.RecordBatch] | None) -> Content:
    table_hash = arrow.TableHash(model)
    for batch in batches or []:
        table_hash.update(batch)
    return Content(table_hash.rows, table_hash.hexdigest())


def _carry(
    cursor: psycopg.Cursor[Any],
    model: arrow.Model,
    before: list[pa.RecordBatch] | None,
    after: list[pa.RecordBatch] | None,
    constants: fill.Constants,
) -> int:
    """Rows deleted, updated and inserted."""
    schema, key = arrow.schema(model), model._meta.pk.column
    old, new = (pa.Table.from_batches(batches or [], schema).combine_chunks() for batches in (before, after))
    old_keys, new_keys = (np.asarray(table.column(key)) for table in (old, new))
    fresh = ~np.isin(new_keys, old_keys)
    gone = old_keys[~np.isin(old_keys, new_keys)]
    # Both sides of the rows that stay, in the order of their keys.
    was = old.take(np.argsort(old_keys)[np.isin(np.sort(old_keys), new_keys)])
    now = new.take(np.argsort(new_keys)[np.isin(np.sort(new_keys), old_keys)])
    changed = _differ(was, now)
    table, name = arrow.table(model), sql.Identifier(key)
    if len(gone):
        cursor.execute(sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(table, name), [gone.tolist()])
    if changed.any():
        _update(cursor, model, now.filter(changed))
    if fresh.any():
        copy_rows(cursor, model, new.filter(fresh).to_batches(), constants)
    return len(gone) + int(changed.sum()) + int(fresh.sum())


def _differ(was: pa.Table, now: pa.Table) -> npt.NDArray[np.bool_]:
    """Where any column of two equally long tables differs."""
    differs = np.zeros(was.num_rows, bool)
    for one, other in zip(was.columns, now.columns, strict=True):
        unequal = arrow.pc.fill_null(arrow.pc.not_equal(one, other), False)
        differs |= np.asarray(unequal) | (np.asarray(one.is_null()) != np.asarray(other.is_null()))
    return differs


def _update(cursor: psycopg.Cursor[Any], model: arrow.Model, rows: pa.Table) -> None:
    table, key = arrow.table(model), sql.Identifier(model._meta.pk.column)
    beside = f"changed_{model._meta.db_table}"
    ours = sql.SQL(", ").join(map(sql.Identifier, arrow.columns(model)))
    # Our columns alone: others keep what they hold.
    cursor.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            sql.Identifier(beside), ours, table
        )
    )
    copy_rows(cursor, model, rows.to_batches(), {}, into=beside)
    columns = [sql.Identifier(column) for column in arrow.columns(model) if column != model._meta.pk.column]
    assignments = sql.SQL(", ").join(sql.SQL("{} = new.{}").format(column, column) for column in columns)
    cursor.execute(
        sql.SQL("UPDATE {} AS old SET {} FROM {} AS new WHERE old.{} = new.{}").format(
            table, assignments, sql.Identifier(beside), key, key
        )
    )
