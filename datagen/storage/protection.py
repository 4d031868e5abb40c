"""Whose rows a database holds: what this tool did not write is touched only where the database is named for it."""

from typing import Any

import psycopg
from psycopg import sql

from datagen.errors import UserError
from datagen.storage import ledger, wiping

FOLLOWING = frozenset(
    (
        "batch_actualdailyassignmentstate",
        "inventory_batchfeedingsummary",
        "inventory_containerfeedingsummary",
        "planning_plannedactivity",
    )
)
"""Tables that this tool works out, of its batches also live: more rows than the ledger says may be its own."""


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
        raise UserError(
            "database",
            name,
            f"Its table {table} holds {rows:,} {'row' if rows == 1 else 'rows'} that this tool did not write. Choose "
            f"another database; or have all operational data in it deleted: --database-name-to-destroy {name}",
        )
    return True


def strangers(connection: psycopg.Connection[Any]) -> tuple[str, int] | None:
    """The first operational table with rows that this tool did not write, and how many; None if all are its own.

    All rows are counted, which takes a second for 15 million: keys tell nothing of rows that others gave theirs.
    """
    written = ledger.rows(connection)
    if others := batches_of_others(connection):
        return "batch_batch", others
    for table in wiping.operational_tables(connection):
        if written and table in FOLLOWING:
            continue
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        if row is not None and row[0] > written.get(table, 0):
            return table, row[0] - written.get(table, 0)
    return None


def batches_of_others(connection: psycopg.Connection[Any]) -> int:
    """How many batches this tool did not write; told by their numbers, for some of its own may be gone."""
    if "batch_batch" not in wiping.operational_tables(connection):
        return 0
    numbers = connection.execute("SELECT batch_number FROM batch_batch")
    return len({number for (number,) in numbers} - ledger.unit_names(connection))
