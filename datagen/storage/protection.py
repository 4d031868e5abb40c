"""Whose rows a database holds: what this tool did not write is touched only where the database is named for it."""

from typing import Any

import psycopg
from psycopg import sql

from datagen.errors import UserError
from datagen.storage import wiping

MOST_COUNTED = 1_000_000
"""Rows of others are counted so far: to know that there are many is enough, and a table may hold 60 million."""


def permit(connection: psycopg.Connection[Any], to_destroy: str | None) -> bool:
    """Whether there are rows of others that may be deleted, because the database is named; not named, they are refused.

    Reads only: a database that is refused is left as it is, without even the ledger.
    """
    name = connection.info.dbname
    if to_destroy is not None and to_destroy != name:
        raise UserError("database-name-to-destroy", to_destroy, f"The database is called {name}. Nothing was done")
    found = strangers(connection)
    if found is None:
        return False
    if to_destroy is None:
        table, rows = found
        count = f"{rows:,}" if rows < MOST_COUNTED else f"{rows:,} or more"
        raise UserError(
            "database",
            name,
            f"Its table {table} holds {count} {'row' if rows == 1 else 'rows'} that this tool did not write. Choose "
            f"another database; or have all operational data in it deleted: --database-name-to-destroy {name}",
        )
    return True


def strangers(connection: psycopg.Connection[Any]) -> tuple[str, int] | None:
    """The first operational table with rows that this tool did not write, and how many; None if all are its own.

    What is recorded of a batch of ours, by whomever, is ours: a demo is there to be used.
    """
    tables = wiping.operational_tables(connection)
    if not _any_unit(connection):
        return _first_filled(connection, tables)
    if "batch_batch" in tables:
        row = connection.execute(
            "SELECT count(*) FROM batch_batch WHERE batch_number NOT IN (SELECT unit FROM datagen.unit)"
        ).fetchone()
        if row is not None and row[0]:
            return "batch_batch", row[0]
    # The tables of our feed purchases and scenarios, too, are known by the keys that a run began from.
    written = connection.execute("SELECT jsonb_object_keys(parameters->'taken') FROM datagen.run")
    ours = {table for (table,) in written} | _of_batches()
    return _first_filled(connection, [table for table in tables if table not in ours])


def _any_unit(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT to_regclass('datagen.unit') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return False
    return connection.execute("SELECT FROM datagen.unit LIMIT 1").rowcount > 0


def _of_batches() -> set[str]:
    """The tables whose rows belong to a batch, directly or through others, as the models say.

    The database's own foreign keys may be away for a load.
    """
    from django.apps import apps

    found = {"batch_batch"}
    refers = {
        model._meta.db_table: {field.related_model._meta.db_table for field in model._meta.fields if field.remote_field}
        for model in apps.get_models()
    }
    while more := {table for table, others in refers.items() if others & found} - found:
        found |= more
    return found


def _first_filled(connection: psycopg.Connection[Any], tables: list[str]) -> tuple[str, int] | None:
    for table in sorted(tables, key=lambda table: table != "batch_batch"):
        query = sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT {}) AS rows")
        row = connection.execute(query.format(sql.Identifier(table), MOST_COUNTED)).fetchone()
        if row is not None and row[0]:
            return table, row[0]
    return None
