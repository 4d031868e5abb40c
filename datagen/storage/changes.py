"""The difference between what a unit was and what it is now, into PostgreSQL: rows that are new or have changed."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from django.db.models import DecimalField, Field, FloatField, IntegerField
from psycopg import sql

from datagen.arrays import Bools, Ints
from datagen.storage import absent, arrow, fill, ledger
from datagen.storage.ledger import Connection, Content
from datagen.storage.postgres import copy_rows

Tables = Iterable[tuple[arrow.Model, pa.RecordBatch]]
Gathered = dict[arrow.Model, list[pa.RecordBatch]]


AMOUNTS = (DecimalField, FloatField, IntegerField)
"""What two may change at once, by so much each."""


class OtherContentError(Exception):
    """The unit in the database is not what the old tables say it is."""


@dataclass(frozen=True)
class Carried:
    """Rows by table that were written or deleted; and those that could not be, for others had changed them."""

    touched: dict[str, int]
    kept: dict[str, int]


def apply(
    connection: Connection,
    run: int,
    unit: str,
    old: Callable[[set[str]], Tables],
    new: Tables,
    own: sql.Composed | None = None,
    same: Collection[str] = (),
) -> Carried:
    """Carry a unit from its old tables to its new ones in one transaction.

    What the ledger says of a table tells whether it has changed, or only grown at its end: else `old` makes its rows as
    they were, which must be those that were written, by content hash; if not, nothing is touched. Tables that are known
    to be the `same` are in neither. All is held in memory: a batch has at most some 120 MB of readings. With `own`,
    which is true of rows that are as they were written, others may have changed some, deleted some and added theirs:
    what they did stays, and the rest is carried on beside it.
    """
    after = _gathered(absent.rows_of_present(connection, new))
    constants = fill.constants(connection)
    written = ledger.content_of(connection, unit)
    now = {model._meta.db_table: content(model, batches) for model, batches in after.items()}
    changed = {table for table in now if written.get(table) != now[table]}
    changed |= {table for table in written.keys() - now.keys() - set(same) if written[table].rows}
    # But for tables that are new: the unit begins, or they have come since, by a migration.
    grown = _grown(after, {table: written[table] for table in changed & written.keys()})
    unknown = (changed & written.keys()) - {model._meta.db_table for model in grown}
    before: Gathered = {}
    if unknown:
        made = (rows for rows in old(unknown) if rows[0]._meta.db_table in unknown)
        before = _gathered(absent.rows_of_present(connection, made))
    with connection.transaction(), connection.cursor() as cursor:
        contents, carried = {**written, **now}, Carried(dict.fromkeys(now, 0), {})
        for model in {**before, **after}:
            table = model._meta.db_table
            if table not in changed:
                continue
            if table in unknown and written[table] != content(model, before.get(model)):
                raise OtherContentError(f"{unit}, {table}")
            change = _change(model, grown.get(model, before.get(model)), after.get(model))
            if own is None:
                carried.touched[table] = _carry(cursor, model, change, constants.get(table, {}))
            else:
                carried.touched[table] = _carry_beside(cursor, model, change, own, constants.get(table, {}))
                carried.kept[table] = change.rows - carried.touched[table]
            contents[table] = now[table] if table in now else content(model, None)
        ledger.replace(connection, run, unit, contents)
    return carried


def _grown(after: Gathered, written: dict[str, Content]) -> Gathered:
    """What was written of tables that have grown at their end alone: by its hash it is their first rows.

    So it is of meals and deaths, on most days.
    """
    before: Gathered = {}
    for model, batches in after.items():
        was = written.get(model._meta.db_table)
        if was is None or was.rows > sum(map(len, batches)):
            continue
        first = pa.Table.from_batches(batches).slice(0, was.rows).to_batches()
        if content(model, first) == was:
            before[model] = first
    return before


def _gathered(tables: Tables) -> Gathered:
    found: Gathered = {}
    for model, batch in tables:
        found.setdefault(model, []).append(batch)
    return found


def content(model: arrow.Model, batches: list[pa.RecordBatch] | None) -> Content:
    table_hash = arrow.TableHash(model)
    for batch in batches or []:
        table_hash.update(batch)
    return Content(table_hash.rows, table_hash.hexdigest())


@dataclass(frozen=True)
class _Change:
    """Keys of rows that go; rows that change, as they were and are to be, in one order; and rows that are new."""

    gone: Ints
    was: pa.Table
    now: pa.Table
    fresh: pa.Table

    @property
    def rows(self) -> int:
        return len(self.gone) + self.now.num_rows + self.fresh.num_rows


def _change(model: arrow.Model, before: list[pa.RecordBatch] | None, after: list[pa.RecordBatch] | None) -> _Change:
    schema, key = arrow.schema(model), model._meta.pk.column
    old, new = (_by_key(pa.Table.from_batches(batches or [], schema), key) for batches in (before, after))
    old_keys, new_keys = (np.asarray(table.column(key)) for table in (old, new))
    stays, there = np.isin(old_keys, new_keys), np.isin(new_keys, old_keys)
    # Of a batch's readings none has changed and few are new: not all of them are copied to find that.
    differ = _differ(old, stays, new, there)
    was, now = np.zeros(len(stays), bool), np.zeros(len(there), bool)
    was[stays] = now[there] = differ
    return _Change(old_keys[~stays], old.filter(was), new.filter(now), new.filter(~there))


def _carry(cursor: psycopg.Cursor[Any], model: arrow.Model, change: _Change, constants: fill.Constants) -> int:
    """Rows deleted, updated and inserted: all."""
    if len(change.gone):
        _delete(cursor, model, change.gone)
    if change.now.num_rows:
        _update(cursor, model, change.now)
    if change.fresh.num_rows:
        copy_rows(cursor, model, change.fresh.to_batches(), constants)
    return change.rows


def _carry_beside(
    cursor: psycopg.Cursor[Any], model: arrow.Model, change: _Change, own: sql.Composed, constants: fill.Constants
) -> int:
    """Rows deleted, updated and inserted: as far as no edit is in the way."""
    if not change.rows:
        return 0
    keys = change.now.column(model._meta.pk.column)
    untouched = sql.SQL("SELECT {} FROM {} WHERE {} = ANY(%s) AND {}").format(
        _key(model), arrow.table(model), _key(model), own
    )
    found = cursor.execute(untouched, [[*change.gone.tolist(), *keys.to_pylist()]]).fetchall()
    free = np.array([key for (key,) in found], np.int64)
    gone, ours = change.gone[np.isin(change.gone, free)], np.isin(np.asarray(keys), free)
    done = _carry(
        cursor, model, _Change(gone, change.was.filter(ours), change.now.filter(ours), change.fresh.slice(0, 0)), {}
    )
    if not ours.all():
        # Under a savepoint, so that the rows are known as others' for ever.
        with cursor.connection.transaction():
            done += _merge(cursor, model, change.was.filter(~ours), change.now.filter(~ours))
    if change.fresh.num_rows:
        done += _insert_beside(cursor, model, change.fresh, constants)
    return done


def _by_key(rows: pa.Table, key: str) -> pa.Table:
    keys = np.asarray(rows.column(key))
    return rows if (keys[1:] > keys[:-1]).all() else rows.combine_chunks().take(np.argsort(keys))


def _differ(old: pa.Table, stays: Bools, new: pa.Table, there: Bools) -> Bools:
    """Where any column differs between these rows of two tables, which are as many in both."""
    differs = np.zeros(int(stays.sum()), bool)
    for was, now in zip(old.columns, new.columns, strict=True):
        one, other = (was if stays.all() else was.filter(stays)), (now if there.all() else now.filter(there))
        if one.equals(other):
            continue
        unequal = arrow.pc.fill_null(arrow.pc.not_equal(one, other), False)
        differs |= np.asarray(unequal) | (np.asarray(one.is_null()) != np.asarray(other.is_null()))
    return differs


def _delete(cursor: psycopg.Cursor[Any], model: arrow.Model, keys: Ints) -> None:
    delete = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(arrow.table(model), _key(model))
    cursor.execute(delete, [keys.tolist()])


def _update(cursor: psycopg.Cursor[Any], model: arrow.Model, rows: pa.Table) -> None:
    columns = [sql.Identifier(column) for column in arrow.columns(model) if column != model._meta.pk.column]
    cursor.execute(
        sql.SQL("UPDATE {table} AS old SET {sets} FROM {now} AS now WHERE old.{key} = now.{key}").format(
            table=arrow.table(model),
            sets=sql.SQL(", ").join(sql.SQL("{} = now.{}").format(column, column) for column in columns),
            now=_aside(cursor, model, rows, "now"),
            key=_key(model),
        )
    )


def _merge(cursor: psycopg.Cursor[Any], model: arrow.Model, was: pa.Table, now: pa.Table) -> int:
    """Carry on rows that others have changed or deleted; how many could be in every column.

    A column that they left alone becomes what it is now; an amount that both changed changes by both; else it stays.
    """
    columns = [field for field in model._meta.local_fields if field.column in arrow.columns(model)]
    merged = [_merged(field) for field in columns if not field.primary_key]
    parts = {
        "table": arrow.table(model),
        "was": _aside(cursor, model, was, "was"),
        "now": _aside(cursor, model, now, "to_be"),
        "key": _key(model),
        "sets": sql.SQL(", ").join(value for value, _ in merged),
        "done": sql.SQL(" AND ").join(done for _, done in merged),
    }
    joined = "FROM {was} AS was JOIN {now} AS now USING ({key}) JOIN {table} AS old USING ({key})"
    count = sql.SQL(f"SELECT count(*) FILTER (WHERE {{done}}) {joined}").format(**parts)
    [(done,)] = cursor.execute(count).fetchall()
    cursor.execute(
        sql.SQL(
            "UPDATE {table} AS old SET {sets} FROM {was} AS was JOIN {now} AS now USING ({key})"
            " WHERE old.{key} = was.{key}"
        ).format(**parts)
    )
    return int(done)


def _merged(field: "Field[Any, Any]") -> tuple[sql.Composed, sql.Composed]:
    """Of a column of a row that others have changed: what it is set to, and whether it is then carried on."""
    change, theirs = "was.{c} IS DISTINCT FROM now.{c}", "old.{c} IS DISTINCT FROM was.{c}"
    clash = f"{change} AND {theirs} AND old.{{c}} IS DISTINCT FROM now.{{c}}"
    settled, left = "old.{c}", clash
    if isinstance(field, AMOUNTS) and not field.is_relation:
        both = "old.{c} + now.{c} - was.{c}"
        # Of fish and feed there is never less than none.
        settled = f"CASE WHEN {both} IS NULL THEN old.{{c}} ELSE greatest({both}, least(now.{{c}}, 0)) END"
        left = f"{clash} AND {both} IS NULL"
    elif field.column == "updated_at":
        settled, left = "greatest(old.{c}, now.{c})", "false"
    value = f"CASE WHEN {clash} THEN {settled} WHEN {change} THEN now.{{c}} ELSE old.{{c}} END"
    name = sql.Identifier(str(field.column))
    return sql.SQL("{c} = " + value).format(c=name), sql.SQL(f"NOT ({left})").format(c=name)


def _insert_beside(cursor: psycopg.Cursor[Any], model: arrow.Model, rows: pa.Table, constants: fill.Constants) -> int:
    """Insert rows but those whose place another's row has (what may be there but once); how many."""
    columns = sql.SQL(", ").join(map(sql.Identifier, [*arrow.columns(model), *constants]))
    insert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING").format(
        arrow.table(model), columns, columns, _aside(cursor, model, rows, "new", constants)
    )
    return cursor.execute(insert).rowcount


def _aside(
    cursor: psycopg.Cursor[Any],
    model: arrow.Model,
    rows: pa.Table,
    what: str,
    constants: fill.Constants | None = None,
) -> sql.Identifier:
    """These rows in a table of this transaction: our columns, for others keep what they hold."""
    beside = f"{what}_{model._meta.db_table}"
    columns = sql.SQL(", ").join(map(sql.Identifier, [*arrow.columns(model), *(constants or {})]))
    create = sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA")
    cursor.execute(create.format(sql.Identifier(beside), columns, arrow.table(model)))
    copy_rows(cursor, model, rows.to_batches(), constants or {}, into=beside)
    return sql.Identifier(beside)


def _key(model: arrow.Model) -> sql.Identifier:
    return sql.Identifier(model._meta.pk.column)
