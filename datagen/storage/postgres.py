"""Rows into PostgreSQL by binary COPY, a unit in one transaction with its line in the ledger."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.pq import TransactionStatus

from datagen.errors import UserError
from datagen.storage import arrow, ledger
from datagen.storage.ledger import Connection, Content

# About 2 MB encoded: stays in the processor's cache, a tenth faster than 65,536 rows, which do not.
CHUNK_ROWS = 16_384
# Any constant, as long as every version of this tool uses the same.
LOCK_KEY = 0x41515541


def write(
    connection: Connection, run: int, unit: str, tables: Iterable[tuple[arrow.Model, pa.RecordBatch]]
) -> dict[str, Content]:
    """Write a unit's tables, wholly or not at all, and return rows and content hash by table.

    The tables may come in any order and interleaved; nothing is kept of them. A unit that the ledger has is left as it
    is, and its content is returned.
    """
    if connection.closed:
        raise psycopg.OperationalError("the connection is lost")
    if not connection.autocommit or connection.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("write needs an idle connection in autocommit mode: its transaction is the unit")
    try:
        with connection.transaction():
            # First, so that of two writers of a unit one waits here, and then leaves.
            if ledger.claim(connection, run, unit):
                contents = _copy_all(connection, tables)
                ledger.record(connection, unit, contents)
                return contents
    except psycopg.errors.DiskFull as error:
        raise UserError("disk", None, f"full while writing {unit}: {error}. Free space and run again") from None
    return ledger.units(connection)[unit]


def replace(
    connection: Connection,
    run: int,
    unit: str,
    clear: Iterable[tuple[str, Sequence[Any]]],
    tables: Iterable[tuple[arrow.Model, pa.RecordBatch]],
) -> dict[str, Content]:
    """Write a unit anew, wholly or not at all: `clear` are the statements that remove what it wrote before."""
    with connection.transaction():
        for statement, parameters in clear:
            connection.execute(statement.encode(), parameters)
        contents = _copy_all(connection, tables)
        ledger.replace(connection, run, unit, contents)
    return contents


def hold(connection: Connection) -> None:
    """Reserve the database for this session until the connection closes; while another holds it, say who."""
    got = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
    if got is not None and got[0]:
        return
    holder = connection.execute(
        "SELECT pid, application_name, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"')"
        " FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = 0 AND objid = %s"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [LOCK_KEY],
    ).fetchone()
    who = "another session" if holder is None else "session {} ({}, since {})".format(*holder)
    raise UserError("database", connection.info.dbname, f"In use by {who}. Wait until it ends, or end it")


def _copy_all(connection: Connection, tables: Iterable[tuple[arrow.Model, pa.RecordBatch]]) -> dict[str, Content]:
    hashes: dict[str, arrow.TableHash] = {}
    with connection.cursor() as cursor:
        for model, group in itertools.groupby(tables, key=lambda table: table[0]):
            table_hash = hashes.setdefault(model._meta.db_table, arrow.TableHash(model))
            copy_rows(cursor, model, (batch for _, batch in group), table_hash=table_hash)
    return {table: Content(table_hash.rows, table_hash.hexdigest()) for table, table_hash in hashes.items()}


def copy_rows(
    cursor: psycopg.Cursor[Any],
    model: arrow.Model,
    batches: Iterable[pa.RecordBatch],
    into: str | None = None,
    table_hash: arrow.TableHash | None = None,
) -> None:
    """COPY a model's rows into its table, or into another of the same columns; `table_hash` sees them pass."""
    columns = sql.SQL(", ").join(map(sql.Identifier, arrow.columns(model)))
    table = sql.Identifier(into or model._meta.db_table)
    encoder = arrow.encoder(model)
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, columns)) as copy:
        copy.write(encoder.write_header())
        for batch in batches:
            for start in range(0, batch.num_rows, CHUNK_ROWS):
                chunk = batch.slice(start, CHUNK_ROWS)
                if table_hash is not None:
                    table_hash.update(chunk)
                copy.write(encoder.write_batch(chunk))
        copy.write(encoder.finish())
