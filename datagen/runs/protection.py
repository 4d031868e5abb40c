"""Whose rows a database holds: what this tool did not write is touched only where the database is named for it."""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql

from aquamind.errors import UserError
from datagen import pipeline
from datagen.runs import wiping
from datagen.storage import ddl, ledger, untouched

LIVE = {
    "batch_actualdailyassignmentstate": sql.SQL("anchor_type IS DISTINCT FROM 'manual'"),
    "batch_containerforecastsummary": sql.SQL("true"),
    "batch_liveforwardprojection": sql.SQL("true"),
}
"""What AquaMind works out anew as well: rows are this tool's own whoever did, but for weights set by hand."""

FOLLOWING = frozenset(
    (
        *LIVE,
        "inventory_batchfeedingsummary",
        "inventory_containerfeedingsummary",
        "planning_plannedactivity",
        "finance_navexportbatch",
        "finance_navexportline",
        "finance_core_costcenter",
        "finance_core_costcenterbatchlink",
        "finance_core_budget",
        "finance_core_budgetentry",
        "finance_core_costimportbatch",
        "finance_core_costimportline",
        "finance_core_valuationrun",
        "finance_core_periodlock",
    )
)
"""Tables that follow from the record, and in a system in use may hold more than the ledger says."""


def permit(
    connection: psycopg.Connection[Any], to_destroy: str | None, otherwise: str = "Choose another database"
) -> bool:
    """Whether there are rows of others that may be deleted, because the database is named; not named, they are refused.

    Reads only: a database that is refused is left as it is, without even the ledger.
    """
    name = connection.info.dbname
    if to_destroy is not None and to_destroy != name:
        raise UserError("database-name-to-destroy", to_destroy, f"The database is called {name}. Nothing was done")
    found = strangers(connection)
    if found and to_destroy is None:
        cure = f"have all operational data in it deleted: --database-name-to-destroy {name}"
        raise UserError("database", name, f"{_told(found)}. {otherwise}; or {cure}")
    return bool(found)


def edits(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows of others by table, which are to stay as they are; refused where they cannot be told from ours."""
    if (found := strangers(connection)) and ledger.transactions(connection) is None:
        cure = "It was restored from a dump, which hides whose a row is: carry on before it is dumped"
        raise UserError("keep-edits", connection.info.dbname, f"{_told(found)}. {cure}")
    keep_linked(connection, FOLLOWING.intersection(wiping.operational_tables(connection)))
    return found


def keep_linked(connection: psycopg.Connection[Any], tables: Iterable[str]) -> None:
    """Refuse to replace rows of these tables that rows of others refer to."""
    if found := _linked(connection, tables):
        cure = "They would be lost with what is worked out anew. Unlink or delete them, and run the same again"
        raise UserError("database", connection.info.dbname, f"{_told(found)}. {cure}")


def strangers(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows that this tool did not write, or that were changed since, are in its tables or refer to them.

    Rows are looked at, which takes a second for 15 million, but of tables that nobody has touched.
    """
    tables = wiping.operational_tables(connection)
    written, transactions = ledger.rows(connection), ledger.transactions(connection)
    found = _linked(connection, tables)
    if others := batches_of_others(connection):
        found["batch_batch"] = others
    known = untouched.tables(connection) if transactions else set()
    for model in pipeline.models(tables):
        table = model._meta.db_table
        if table in known:
            continue
        if others := _of_others(connection, model, written.get(table, 0), transactions):
            found.setdefault(table, others)
    return found


def batches_of_others(connection: psycopg.Connection[Any]) -> int:
    """How many batches this tool did not write; told by their numbers, for some of its own may be gone."""
    if "batch_batch" not in wiping.operational_tables(connection):
        return 0
    numbers = connection.execute("SELECT batch_number FROM batch_batch")
    return len({number for (number,) in numbers} - ledger.unit_names(connection))


def keys_of_others(connection: psycopg.Connection[Any], model: Any) -> set[int]:
    """Keys of the rows of a table that this tool did not write, or that were changed since."""
    key, table = sql.Identifier(model._meta.pk.column), sql.Identifier(model._meta.db_table)
    own = _own(model, ledger.transactions(connection))
    return {key for (key,) in connection.execute(sql.SQL("SELECT {} FROM {} WHERE NOT {}").format(key, table, own))}


def _own(model: Any, transactions: list[str] | None) -> sql.Composed:
    """What is true of this tool's rows of a table: as far as keys tell, where transactions do not."""
    if transactions is not None:
        return ledger.by(transactions)
    return sql.SQL("({} <= {})").format(sql.Identifier(model._meta.pk.column), ddl.KEYS_OF_OTHERS)


def counted(connection: psycopg.Connection[Any]) -> untouched.Counts | None:
    """What is counted of tables before rows of others are looked for; None where some of ours are already written."""
    return None if ledger.interrupted(connection) else untouched.count(connection)


def vouch(connection: psycopg.Connection[Any], before: untouched.Counts | None, written: Mapping[str, int]) -> None:
    """Spare whoever looks for rows of others next the tables in which there can be none.

    There were none `before`, and this tool has inserted, changed and deleted so many rows since.
    """
    untouched.vouch(connection, before, written, set(wiping.operational_tables(connection)) - FOLLOWING)


def _told(found: dict[str, int]) -> str:
    (table, rows), *more = found.items()
    counted = f"{rows:,} {'row' if rows == 1 else 'rows'}"
    told = f"Its table {table} holds {counted} that this tool did not write, or that somebody has changed since"
    return told + "".join(f"; {other} {number:,}" for other, number in more)


def _linked(connection: psycopg.Connection[Any], tables: Iterable[str]) -> dict[str, int]:
    """Rows that refer to these tables from outside of this tool's own."""
    conditions: dict[tuple[str, str], list[str]] = {}
    ours = set(wiping.operational_tables(connection))
    for key in ddl.references(connection, tables):
        if key["direct"] and key["table_name"].removeprefix("public.") not in ours:
            conditions.setdefault((key["table_name"], key["rows"]), []).append(f"({key['linked']})")
    found = {}
    for (table, rows), linked in conditions.items():
        row = connection.execute(f"SELECT count(*) FROM {rows} WHERE {' OR '.join(linked)}".encode()).fetchone()
        if row is not None and row[0]:
            found[table] = row[0]
    return found


def _of_others(connection: psycopg.Connection[Any], model: Any, written: int, transactions: list[str] | None) -> int:
    """Rows of a table that this tool did not write; where transactions tell nothing, as far as number and keys do."""
    live = written > 0 and model._meta.db_table in LIVE
    own = LIVE[model._meta.db_table] if live else _own(model, transactions)
    counts = sql.SQL("SELECT count(*), count(*) FILTER (WHERE {}) FROM {}")
    row = connection.execute(counts.format(own, sql.Identifier(model._meta.db_table))).fetchone()
    assert row is not None
    every, ours = row
    return int(every - ours if live else every - min(ours, written))
