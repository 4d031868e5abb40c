"""Rows into PostgreSQL by binary COPY, a unit in one transaction with its line in the ledger."""

import functools
import itertools
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter
from psycopg.pq import TransactionStatus

from aquamind import database
from aquamind.errors import UserError
from datagen.storage import absent, arrow, fill, ledger
from datagen.storage.ledger import Connection, Content
from datagen.storage.proof import Proof
from datagen.storage.store import Tables

# About 2 MB encoded: stays in the processor's cache, a tenth faster than 65,536 rows, which do not.
CHUNK_ROWS = 16_384
SENT_AHEAD_BYTES = 4_000_000
"""What a socket is to hold, where the system lets it: the server has rows to take while the next are made (an eighth
less time for 4 million readings than with the usual 200 kB)."""
SINCE = """to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')"""


def write(
    connection: Connection, run: int, unit: str, tables: Tables, proof: Proof | None = None
) -> dict[str, Content]:
    """Write a unit's tables, wholly or not at all, and return rows and content hash by table.

    The tables may come in any order and interleaved; nothing is kept of them. Those that the database's revision does
    not have are left out. A unit that the ledger has is left as it is, and its content is returned. Foreign keys are
    checked by `proof`, where there is one, and not by PostgreSQL.
    """
    if connection.closed:
        raise psycopg.OperationalError("the connection is lost")
    if not connection.autocommit or connection.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("write needs an idle connection in autocommit mode: its transaction is the unit")
    with _disk_watched(unit), connection.transaction():
        # First, so that of two writers of a unit one waits here, and then leaves.
        if ledger.claim(connection, run, unit):
            contents = _copy_all(connection, tables, proof)
            ledger.record(connection, unit, contents)
            return contents
    return ledger.units(connection)[unit]


@contextmanager
def _disk_watched(unit: str) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise UserError("disk", None, f"full while writing {unit}: {error}. Free space and run again") from None


@dataclass(frozen=True)
class PostgresStore:
    """The units of a run in a database: a `Store`. With a `proof`, PostgreSQL checks no foreign keys."""

    connection: Connection
    run: int
    proof: Proof | None = None

    def write(self, unit: str, tables: Tables) -> dict[str, Content]:
        return write(self.connection, self.run, unit, tables, self.proof)

    def content(self) -> dict[str, dict[str, Content]]:
        return ledger.units(self.connection)


class PostgresStream:
    """Empty tables of a run, filled in one transaction with their part of all units, or not at all: a `Store`.

    A table that is emptied and filled in one transaction is not written to the log, where that is minimal, and its rows
    are frozen: else whoever reads a row first marks it, and so writes it once more. What it writes is there, and of the
    unit in the ledger, when it is committed; a unit of which others write a part as well is entered by them before.

    The last table of what is written may still be on its way when `write` returns, so that the server has something to
    take while the next rows are made: its COPY is ended by the next one, or by the commit.
    """

    def __init__(self, connection: Connection, run: int, tables: Iterable[str], proof: Proof | None) -> None:
        self._connection, self._run, self._tables, self._proof = connection, run, frozenset(tables), proof
        self._contents: dict[str, dict[str, Content]] = {}
        self._constants, self._on_its_way = fill.constants(connection), ExitStack()
        _let_hold(connection.fileno(), SENT_AHEAD_BYTES)
        connection.execute("BEGIN")
        for table in sorted(self._tables):
            name = sql.Identifier(table)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(name))
            if connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name)).rowcount:
                cure = "Somebody else has written rows into it meanwhile. Take them out, and run the same again"
                raise UserError("table", table, cure)
            connection.execute(sql.SQL("TRUNCATE {}").format(name))
        if proof is not None:
            proof.begin()

    def write(self, unit: str, tables: Tables) -> dict[str, Content]:
        hashes, cursor = arrow.TableHashes(), self._connection.cursor()
        with _disk_watched("the largest tables"):
            for model, batches in _by_table(tables):
                self._on_its_way.close()
                table = model._meta.db_table
                beside = self._constants.get(table, {})
                statement = _copying(model, tuple(beside), None, table in self._tables)
                # The next rows are encoded while the one connection takes these.
                copy = self._on_its_way.enter_context(cursor.copy(statement, writer=QueuedLibpqWriter(cursor)))
                for data in _encoded(model, batches, beside, hashes.of(model), self._proof):
                    copy.write(data)
        self._contents[unit] = _contents(hashes)
        return self._contents[unit]

    def content(self) -> dict[str, dict[str, Content]]:
        return self._contents

    def commit(self) -> None:
        """Prove what was written, enter it into the ledger, and let it be there."""
        with _disk_watched("the largest tables"):
            self._on_its_way.close()
            if self._proof is not None:
                self._proof.end()
            ledger.sign(self._connection)
            for unit, contents in self._contents.items():
                ledger.claim(self._connection, self._run, unit)
                ledger.record(self._connection, unit, contents)
            self._connection.execute("COMMIT")


def _let_hold(socket_number: int, size_bytes: int) -> None:
    with socket.socket(fileno=os.dup(socket_number)) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size_bytes)


def replace(
    connection: Connection,
    run: int,
    unit: str,
    clear: Iterable[tuple[str, Sequence[Any]]],
    tables: Tables,
    proof: Proof | None = None,
) -> dict[str, Content]:
    """Write a unit anew, wholly or not at all: `clear` are the statements that remove what it wrote before."""
    with connection.transaction():
        for statement, parameters in clear:
            connection.execute(statement.encode(), parameters)
        contents = _copy_all(connection, tables, proof)
        ledger.replace(connection, run, unit, contents)
    return contents


def hold(connection: Connection, shared: bool = False) -> None:
    """Reserve the database for this session until the connection closes; while another holds it, say who.

    `shared`: beside others that only read. A session that has just ended may hold it a moment longer; that is awaited.
    """
    lock = f"SELECT pg_advisory_lock{'_shared' if shared else ''}(%s)"
    try:
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '3s'")
            connection.execute(lock.encode(), [database.TURN])
    except psycopg.errors.LockNotAvailable:
        holder = connection.execute(
            "SELECT pid, coalesce(nullif(application_name, ''), usename, 'unknown'), coalesce("
            f"{SINCE % 'backend_start'}, 'unknown') FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = 0 AND objid = %s"
            " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " ORDER BY backend_start LIMIT 1",
            [database.TURN],
        ).fetchone()
        who = "another session" if holder is None else "session {} ({}, since {})".format(*holder)
        raise UserError("database", connection.info.dbname, f"In use by {who}. Wait until it ends, or end it") from None


def blocker(connection: Connection) -> str | None:
    """The session, of others first, that has held a table's lock for longest, in words; None if none does."""
    found = connection.execute(
        "SELECT pid, coalesce(nullif(application_name, ''), usename, 'unknown'), coalesce(state, 'unknown'),"
        f" coalesce({SINCE % 'xact_start'}, 'unknown'), relation::regclass::text"
        " FROM pg_locks LEFT JOIN pg_stat_activity USING (pid) JOIN pg_class ON pg_class.oid = relation"
        " WHERE granted AND pid <> pg_backend_pid() AND locktype = 'relation' AND relkind IN ('r', 'p')"
        " AND relnamespace::regnamespace::text IN ('public', 'datagen')"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " ORDER BY application_name LIKE 'aquamind %', xact_start, relation::regclass::text LIMIT 1"
    ).fetchone()
    return None if found is None else "session {} ({}, {}, since {}) holds {}".format(*found)


def _copy_all(connection: Connection, tables: Tables, proof: Proof | None = None) -> dict[str, Content]:
    hashes, constants = arrow.TableHashes(), fill.constants(connection)
    with nullcontext() if proof is None else proof.triggers_off(), connection.cursor() as cursor:
        for model, batches in _by_table(absent.rows_of_present(connection, tables)):
            beside = constants.get(model._meta.db_table, {})
            copy_rows(cursor, model, batches, beside, table_hash=hashes.of(model), proof=proof)
    return _contents(hashes)


def _by_table(tables: Tables) -> Iterator[tuple[arrow.Model, Iterator[pa.RecordBatch]]]:
    """What comes in turn of each table; the first of it is made by then."""
    for model, group in itertools.groupby(tables, key=lambda table: table[0]):
        yield model, (batch for _, batch in group)


def _contents(hashes: arrow.TableHashes) -> dict[str, Content]:
    return {table: Content(each.rows, each.hexdigest()) for table, each in hashes.items()}


def copy_rows(
    cursor: psycopg.Cursor[Any],
    model: arrow.Model,
    batches: Iterable[pa.RecordBatch],
    constants: fill.Constants,
    into: str | None = None,
    table_hash: arrow.TableHash | None = None,
    proof: Proof | None = None,
) -> None:
    """COPY a model's rows into its table, or into another of the same columns; `table_hash` and `proof` see them pass.

    Each row has these constants in columns that are not the model's, and that are no content.
    """
    with cursor.copy(_copying(model, tuple(constants), into)) as copy:
        for data in _encoded(model, batches, constants, table_hash, proof):
            copy.write(data)


def _encoded(
    model: arrow.Model,
    batches: Iterable[pa.RecordBatch],
    constants: fill.Constants,
    table_hash: arrow.TableHash | None,
    proof: Proof | None,
) -> Iterator[bytes | memoryview]:
    """What a COPY of these rows is sent, in pieces."""
    encoder = arrow.encoder(model, constants)
    yield encoder.write_header()
    for batch in batches:
        if proof is not None:
            proof.see(model, batch)
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            chunk = batch.slice(start, CHUNK_ROWS)
            if table_hash is not None:
                table_hash.update(chunk)
            # A view, for what is large is cut into pieces, and those of bytes are copies.
            yield memoryview(encoder.write_batch(arrow.with_constants(chunk, constants)))
    yield encoder.finish()


@functools.cache
def _copying(model: arrow.Model, constants: tuple[str, ...], into: str | None, frozen: bool = False) -> bytes:
    """The statement: a batch has some fifty tables, and each batch the same. Only what is emptied can be frozen."""
    columns = sql.SQL(", ").join(map(sql.Identifier, [*arrow.columns(model), *constants]))
    table = sql.Identifier(into) if into else arrow.table(model)
    how = sql.SQL("FORMAT BINARY, FREEZE" if frozen else "FORMAT BINARY")
    return sql.SQL("COPY {} ({}) FROM STDIN ({})").format(table, columns, how).as_bytes()
