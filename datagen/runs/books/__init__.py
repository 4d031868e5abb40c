"""The company's books, worked out from the record: cost centres, budgets, costs by month, valuations, locked months."""

from typing import Any

import psycopg

from apps.finance.models import AllocationRule
from datagen.runs import protection
from datagen.runs.books import rows
from datagen.runs.books.outlook import expected
from datagen.runs.books.record import Record
from datagen.runs.books.rows import MODELS, TABLES
from datagen.storage import absent, ddl, ledger
from datagen.storage.postgres import replace
from datagen.storage.proof import Proof, obstacle

__all__ = ["BOOKS", "TABLES", "expected", "keep"]

BOOKS = "the books"
"""What they are called in the ledger, all together."""


def keep(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Keep the books of all that is recorded, in place of what they were before; rows by table.

    Where somebody else has entered something, or changed it, they stay as they are.
    """
    if absent.tables(connection).intersection(TABLES):
        return {}
    if not AllocationRule.objects.filter(rule_definition__has_key="budget").exists():
        return {}
    if any(protection.keys_of_others(connection, model) for model in MODELS):
        return {}
    found = connection.execute("SELECT max(id) FROM datagen.run").fetchone()
    assert found is not None
    made = rows.every(Record(max(ledger.as_of_days(connection).values())))
    clear = [(f"DELETE FROM {table}", ()) for table in reversed(TABLES)]
    # Checked by PostgreSQL, keys were most of the time of their COPY.
    proved = Proof(connection) if obstacle(connection, MODELS) is None else None
    contents = replace(connection, found[0], BOOKS, clear, made, proved)
    ddl.set_sequences(connection, TABLES)
    return {table: content.rows for table, content in contents.items()}
