"""The audit trail of master data and logins: a version of each row that the transaction made or changed."""

from collections.abc import Collection
from typing import Any

from psycopg import sql

from apps.history.models import VERSIONS
from datagen.storage import absent, fill, ledger
from datagen.storage.ledger import Connection

SHARED = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass('public.' || %s) AND attnum > 0 AND NOT attisdropped
    INTERSECT
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass('public.' || %s) AND attnum > 0 AND NOT attisdropped
    ORDER BY 1
"""
"""Columns that both tables have: what only the database's revision knows is kept as well."""

ENTER = """
    INSERT INTO {versions} ({columns}, history_date, history_type, history_user_id{constants})
    SELECT {made}, clock_timestamp(), CASE WHEN latest.{key} IS NULL THEN '+' ELSE '~' END,
        (SELECT user_id FROM users_userprofile WHERE role = 'ADMIN' ORDER BY user_id LIMIT 1){values}
    FROM {table} AS made LEFT JOIN (
        SELECT DISTINCT ON ({key}) * FROM {versions} ORDER BY {key}, history_date DESC, history_id DESC
    ) AS latest USING ({key})
    WHERE made.xmin = ANY (%s::xid[] || pg_current_xact_id()::xid)
        AND (latest.history_id IS NULL OR ROW({made}) IS DISTINCT FROM ROW({latest}))
    ORDER BY {key}
"""
"""Of rows that this tool wrote and nobody has changed since; by whoever set the company up."""


def enter(connection: Connection, tables: Collection[str]) -> None:
    """Enter the versions of those of these tables that are tracked, in the transaction that changed their rows.

    Nothing of those whose versions the database does not keep.
    """
    lacking = absent.tables(connection)
    own = ledger.transactions(connection, "datagen.master_data") or []
    kept = fill.kept(connection)
    for model, versions in VERSIONS.items():
        table, into = model._meta.db_table, versions._meta.db_table
        if table in tables and not lacking & {table, into}:
            constants = {column: value for (name, column), value in kept.items() if name == into}
            _enter(connection, model, into, constants, own)


def _enter(connection: Connection, model: Any, versions: str, constants: dict[str, str], own: list[str]) -> None:
    table = model._meta.db_table
    shared = [name for (name,) in connection.execute(SHARED, [table, versions])]
    beside = {name: value for name, value in constants.items() if name not in shared}

    def listed(*qualifier: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(*qualifier, name) for name in shared)

    query = sql.SQL(ENTER).format(
        versions=sql.Identifier(versions),
        table=sql.Identifier(table),
        key=sql.Identifier(model._meta.pk.column),
        columns=listed(),
        made=listed("made"),
        latest=listed("latest"),
        constants=sql.Composed([sql.SQL(", ") + sql.Identifier(name) for name in beside]),
        values=sql.Composed([sql.SQL(", ") + sql.Literal(value) for value in beside.values()]),
    )
    connection.execute(query, [own])
