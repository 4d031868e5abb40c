"""What this tool wrote into a database, kept in the database: runs, units and their content, and what is dropped."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, TypeAlias

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from aquamind.errors import UserError

Connection: TypeAlias = psycopg.Connection[Any]

VERSION = 3
"""Version of the ledger's own tables: raised by every change of them that an older version of this tool cannot read."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS datagen.version (
    version integer NOT NULL
);

CREATE TABLE IF NOT EXISTS datagen.run (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed         bigint NOT NULL,
    as_of        date NOT NULL,
    plan_hash    text NOT NULL,
    catalog_hash text NOT NULL,
    version      text NOT NULL,
    parameters   jsonb NOT NULL,
    started      timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished     timestamptz
);

-- What is written in one transaction: a batch, the purchases of a geography, the master data.
CREATE TABLE IF NOT EXISTS datagen.unit (
    unit    text PRIMARY KEY,
    run     bigint NOT NULL REFERENCES datagen.run,
    written timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS datagen.content (
    unit         text REFERENCES datagen.unit ON DELETE CASCADE,
    table_name   text,
    rows         bigint NOT NULL,
    content_hash text NOT NULL,
    PRIMARY KEY (unit, table_name)
);

-- What rows show (xmin) that were written as they are by this tool, and by nobody since. Of a unit that was carried on,
-- some rows are as the first of its transactions left them.
CREATE TABLE IF NOT EXISTS datagen.transaction (
    id xid8 PRIMARY KEY DEFAULT pg_current_xact_id()
);
-- Versions that did not keep them: their rows are known by number and key alone.
INSERT INTO datagen.transaction
SELECT '0' WHERE EXISTS (SELECT FROM datagen.unit) AND NOT EXISTS (SELECT FROM datagen.transaction);

-- The same of master data, which stay when all else is wiped.
CREATE TABLE IF NOT EXISTS datagen.master_data (
    id xid8 PRIMARY KEY DEFAULT pg_current_xact_id()
);

-- What is put into columns that must be filled and that this tool does not model, as PostgreSQL reads it.
CREATE TABLE IF NOT EXISTS datagen.fill (
    table_name  text,
    column_name text,
    value       text NOT NULL,
    PRIMARY KEY (table_name, column_name)
);

-- Tables of which all rows are this tool's, as it wrote them, if they are in this file of this database still and
-- PostgreSQL has counted no more rows that were inserted, changed or deleted.
CREATE TABLE IF NOT EXISTS datagen.untouched (
    table_name text PRIMARY KEY,
    database   oid NOT NULL,
    file       oid NOT NULL,
    counted    bigint NOT NULL
);

-- The truth that the record hides: written, replaced and deleted with its unit. It binds no key of AquaMind's tables.
CREATE TABLE IF NOT EXISTS datagen.truth_sensor_fault (
    id                            bigint PRIMARY KEY,
    batch_id                      bigint NOT NULL,
    batch_container_assignment_id bigint NOT NULL,
    container_id                  bigint NOT NULL,
    sensor_id                     bigint NOT NULL,
    parameter_id                  bigint NOT NULL,
    kind                          text NOT NULL CHECK (kind IN ('missing', 'stuck', 'spike', 'drift')),
    begins                        timestamptz NOT NULL,
    ends                          timestamptz NOT NULL,
    readings                      integer NOT NULL,
    size                          double precision
);
CREATE TABLE IF NOT EXISTS datagen.truth_deaths (
    id            bigint PRIMARY KEY,
    batch_id      bigint NOT NULL,
    assignment_id bigint NOT NULL,
    container_id  bigint NOT NULL,
    day           date NOT NULL,
    died          integer NOT NULL,
    booked        integer NOT NULL,
    lying         integer NOT NULL
);
CREATE TABLE IF NOT EXISTS datagen.truth_stock (
    id            bigint PRIMARY KEY,
    batch_id      bigint NOT NULL,
    assignment_id bigint NOT NULL,
    container_id  bigint NOT NULL,
    day           date NOT NULL,
    miscounted    integer NOT NULL,
    vanished      integer NOT NULL
);
CREATE TABLE IF NOT EXISTS datagen.truth_lice_count (
    id bigint PRIMARY KEY,
    batch_id bigint NOT NULL,
    assignment_id bigint NOT NULL,
    container_id bigint NOT NULL,
    counted integer NOT NULL,
    recorded integer NOT NULL
);
CREATE TABLE IF NOT EXISTS datagen.truth_hall_failure (
    id       bigint PRIMARY KEY,
    batch_id bigint NOT NULL,
    hall_id  bigint NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('biofilter', 'pump')),
    begins   timestamptz NOT NULL,
    ends     timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS datagen.truth_state (
    id            bigint PRIMARY KEY,
    batch_id      bigint NOT NULL,
    assignment_id bigint NOT NULL,
    container_id  bigint NOT NULL,
    day           date NOT NULL,
    fish          integer NOT NULL,
    weight_g      double precision NOT NULL
);
CREATE TABLE IF NOT EXISTS datagen.truth_outbreak (
    id            bigint PRIMARY KEY,
    batch_id      bigint NOT NULL,
    assignment_id bigint NOT NULL,
    container_id  bigint NOT NULL,
    name          text NOT NULL,
    cause         text NOT NULL,
    begins        date NOT NULL,
    ends          date NOT NULL,
    share         double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS truth_sensor_fault_of_sensor ON datagen.truth_sensor_fault (sensor_id, begins);

-- Indexes and constraints that are away while a table is filled; a line goes when its object is back.
CREATE TABLE IF NOT EXISTS datagen.dropped (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('index', 'key', 'foreign key', 'validation')),
    table_name text NOT NULL,
    name       text NOT NULL,
    refers_to  text,
    definition text NOT NULL,
    UNIQUE (table_name, name, kind)
);
"""


TRUTH = (
    "datagen.truth_deaths",
    "datagen.truth_hall_failure",
    "datagen.truth_lice_count",
    "datagen.truth_outbreak",
    "datagen.truth_sensor_fault",
    "datagen.truth_state",
    "datagen.truth_stock",
)
"""The tables of the truth."""


@dataclass(frozen=True)
class Identity:
    """What determines the content of a run."""

    seed: int
    as_of: str
    plan_hash: str
    catalog_hash: str
    version: str


@dataclass(frozen=True)
class Content:
    """What a unit put into one table."""

    rows: int
    content_hash: str


def prepare(connection: Connection) -> None:
    """Make the ledger's tables, in the schema `datagen`, where they are not there yet; older ones become these."""
    present(connection)
    with connection.transaction():
        # IF NOT EXISTS alone does not protect two sessions from each other.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('datagen schema'))")
        made = connection.execute("SELECT to_regnamespace('datagen') IS NOT NULL").fetchone()
        if made is None or not made[0]:
            connection.execute("CREATE SCHEMA datagen")
        connection.execute(SCHEMA)
        connection.execute("DELETE FROM datagen.version WHERE version <> %s", [VERSION])
        connection.execute(
            "INSERT INTO datagen.version SELECT %s WHERE NOT EXISTS (SELECT FROM datagen.version)", [VERSION]
        )


def begin(connection: Connection, identity: Identity, parameters: dict[str, Any]) -> int:
    """Open a run and return its id: that of the same run, interrupted or finished before, else a new one."""
    with connection.transaction():
        runs = connection.cursor(row_factory=dict_row).execute(
            "SELECT id, seed, as_of::text, plan_hash, catalog_hash, version, finished IS NULL AS interrupted"
            " FROM datagen.run ORDER BY finished NULLS FIRST"
        )
        for run in runs.fetchall():
            different = [name for name, value in asdict(identity).items() if run[name] != value]
            if not different:
                connection.execute("UPDATE datagen.run SET finished = NULL WHERE id = %s", [run["id"]])
                return int(run["id"])
            if run["interrupted"]:
                raise UserError(
                    "database",
                    f"run {run['id']}, interrupted",
                    f"It differs in {', '.join(different)} ({', '.join(f'{n} {run[n]}' for n in different)}). "
                    "Finish it with the values it began with, or wipe the database first",
                )
        opened = connection.execute(
            "INSERT INTO datagen.run (seed, as_of, plan_hash, catalog_hash, version, parameters)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            [*asdict(identity).values(), Jsonb(parameters)],
        )
        return int(opened.fetchall()[0][0])


def reserved(connection: Connection) -> dict[str, int]:
    """Return the first key by table that no run in the database will ever need, to carry its plan on."""
    return dict(
        connection.execute(
            "SELECT key, max(value::bigint) FROM datagen.run, jsonb_each_text(parameters->'reserved') GROUP BY key"
        ).fetchall()
    )


def finish(connection: Connection, run: int) -> None:
    """Close a run; on return it and everything before it is on disk."""
    with connection.transaction():
        # Commits before this one may still be in memory (synchronous_commit = off); the log is flushed up to here.
        connection.execute("SET LOCAL synchronous_commit = on")
        connection.execute("UPDATE datagen.run SET finished = clock_timestamp() WHERE id = %s", [run])


def claim(connection: Connection, run: int, unit: str) -> bool:
    """Enter a unit, within the caller's transaction; False if it is there, even since a moment ago."""
    claimed = connection.execute(
        "INSERT INTO datagen.unit (unit, run) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING unit", [unit, run]
    )
    if claimed.fetchone() is None:
        return False
    sign(connection)
    return True


def sign(connection: Connection) -> None:
    """Enter that the caller's transaction writes rows."""
    connection.execute("INSERT INTO datagen.transaction DEFAULT VALUES ON CONFLICT DO NOTHING")


def record(connection: Connection, unit: str, contents: dict[str, Content]) -> None:
    """Enter what a unit wrote, within the caller's transaction."""
    connection.cursor().executemany(
        "INSERT INTO datagen.content (unit, table_name, rows, content_hash) VALUES (%s, %s, %s, %s)",
        [(unit, table, content.rows, content.content_hash) for table, content in contents.items()],
    )


def replace(connection: Connection, run: int, unit: str, contents: dict[str, Content]) -> None:
    """Enter what a unit is now, new or instead of what it was, within the caller's transaction."""
    connection.execute("DELETE FROM datagen.unit WHERE unit = %s", [unit])
    claim(connection, run, unit)
    record(connection, unit, contents)


def carry(connection: Connection, run: int, units: list[str]) -> None:
    """Enter that these units are of a run as they are."""
    connection.execute("UPDATE datagen.unit SET run = %s WHERE unit = ANY(%s)", [run, units])


def units(connection: Connection) -> dict[str, dict[str, Content]]:
    """Return every unit that is in the database, with its content by table."""
    found: dict[str, dict[str, Content]] = {}
    for unit, table, rows, content_hash in connection.execute(
        "SELECT unit, table_name, rows, content_hash FROM datagen.unit LEFT JOIN datagen.content USING (unit)"
        ' ORDER BY unit COLLATE "C", table_name COLLATE "C"'
    ):
        contents = found.setdefault(unit, {})
        if table is not None:
            contents[table] = Content(rows, content_hash)
    return found


def content_of(connection: Connection, unit: str) -> dict[str, Content]:
    """Return a unit's content by table; nothing of one that is not in the database."""
    found = connection.execute("SELECT table_name, rows, content_hash FROM datagen.content WHERE unit = %s", [unit])
    return {table: Content(rows, content_hash) for table, rows, content_hash in found}


def unit_names(connection: Connection) -> set[str]:
    """Return what is in the database; nothing where there is no ledger."""
    if not present(connection):
        return set()
    return {name for (name,) in connection.execute("SELECT unit FROM datagen.unit")}


def interrupted(connection: Connection) -> set[str]:
    """Return what a run has written that is not finished."""
    if not present(connection):
        return set()
    query = "SELECT unit FROM datagen.unit JOIN datagen.run ON run.id = unit.run WHERE finished IS NULL"
    return {name for (name,) in connection.execute(query)}


def interrupted_run(connection: Connection) -> str | None:
    """Which run is not finished, and what to do, in words; None if there is none."""
    if not present(connection):
        return None
    run = connection.execute(
        "SELECT id, parameters->>'preset', as_of::text, seed FROM datagen.run WHERE finished IS NULL"
    ).fetchone()
    if run is None:
        return None
    return "Run {} (preset {}, as of {}, seed {}) was interrupted. Run the same again to finish it".format(*run)


def unfinished(connection: Connection) -> str | None:
    """What is to be finished before the database is whole, in words; None if it is."""
    if not present(connection):
        return None
    if run := interrupted_run(connection):
        return run
    [(away, runs)] = connection.execute(
        "SELECT (SELECT count(*) FROM datagen.dropped), (SELECT count(*) FROM datagen.run)"
    ).fetchall()
    if not away:
        return None
    command = "aquamind analyse" if runs else "aquamind wipe"
    return f"{away} of its indexes and keys are away, since `{command}` was interrupted. Run it again to finish it"


def rows(connection: Connection) -> dict[str, int]:
    """Return how many rows this tool wrote, by table; none where there is no ledger."""
    if not present(connection):
        return {}
    return dict(connection.execute("SELECT table_name, sum(rows)::bigint FROM datagen.content GROUP BY 1").fetchall())


def as_of_days(connection: Connection) -> dict[str, date]:
    """Return up to which day every unit is recorded; nothing where there is no ledger."""
    if not present(connection):
        return {}
    return dict(connection.execute("SELECT unit, as_of FROM datagen.unit JOIN datagen.run ON run.id = run").fetchall())


def sign_master_data(connection: Connection) -> None:
    """Enter that the caller's transaction wrote master data; nothing where there is no ledger."""
    if present(connection, "datagen.master_data"):
        connection.execute("INSERT INTO datagen.master_data DEFAULT VALUES ON CONFLICT DO NOTHING")


def transactions(connection: Connection, table: str = "datagen.transaction") -> list[str] | None:
    """Return the transactions by which rows of this tool are known (xmin).

    None where they say nothing: before any ledger, and after a restore, which writes every row in transactions of its
    own; the ledger's rows too, by which it shows.
    """
    if not present(connection, table):
        return None
    found = connection.execute(f"SELECT id::xid::text, id::xid = xmin FROM {table}".encode()).fetchall()
    return [name for name, _ in found] if all(same for _, same in found) else None


def by(transactions: list[str]) -> sql.Composed:
    """What is true of the rows that these transactions wrote, and nobody since.

    Not of a row that was written under a savepoint of theirs: it shows the savepoint's own number.
    """
    return sql.SQL("(xmin = ANY({}::xid[]))").format(transactions)


def forget(connection: Connection) -> None:
    """Empty the ledger of runs and units, and the truth; for the transaction that empties the tables."""
    truth = ", ".join(TRUTH)
    kept = "datagen.run, datagen.unit, datagen.content, datagen.transaction, datagen.untouched"
    connection.execute(f"TRUNCATE {kept}, {truth}".encode())


def status(connection: Connection) -> dict[str, Any]:
    """Return what the ledger holds, for showing, comparing and JSON: hashes do not depend on order or on runs."""
    if not present(connection):
        return {"runs": [], "dropped": [], **summary({})}
    runs = connection.cursor(row_factory=dict_row).execute(
        "SELECT id, seed, as_of::text, plan_hash, catalog_hash, version, parameters, started::text, finished::text"
        " FROM datagen.run ORDER BY id"
    )
    dropped = connection.cursor(row_factory=dict_row).execute(
        "SELECT kind, table_name, name FROM datagen.dropped ORDER BY id"
    )
    return {"runs": runs.fetchall(), "dropped": dropped.fetchall(), **summary(units(connection))}


def summary(written: dict[str, dict[str, Content]]) -> dict[str, Any]:
    """Rows and hash of each unit and each table, and the hash of all; the order of units is that of their names."""
    by_table: dict[str, list[tuple[str, Content]]] = defaultdict(list)
    for unit, contents in sorted(written.items()):
        for table, content in contents.items():
            by_table[table].append((unit, content))
    tables = {table: _digest(by_table[table]) for table in sorted(by_table)}
    return {
        "units": {unit: _digest(sorted(contents.items())) for unit, contents in sorted(written.items())},
        "tables": tables,
        "content_hash": combined(f"{table} {entry['content_hash']}" for table, entry in tables.items()),
    }


def present(connection: Connection, table: str = "datagen.dropped") -> bool:
    """Whether the ledger has a table; one that a newer version of this tool made is refused."""
    row = connection.execute(
        "SELECT to_regclass(%s) IS NOT NULL, to_regclass('datagen.version') IS NOT NULL", [table]
    ).fetchone()
    assert row is not None
    if row[1]:
        newest = connection.execute("SELECT max(version) FROM datagen.version").fetchone()
        if newest is not None and newest[0] is not None and newest[0] > VERSION:
            cure = f"Its ledger (schema datagen) is of version {newest[0]}, and this tool's of {VERSION}"
            raise UserError("database", connection.info.dbname, f"{cure}. Use the newer version of this tool")
    return bool(row[0])


def _digest(contents: Iterable[tuple[str, Content]]) -> dict[str, Any]:
    """Rows and one hash of a table's units, or of a unit's tables."""
    named = list(contents)
    return {
        "rows": sum(content.rows for _, content in named),
        "content_hash": combined(f"{name} {content.rows} {content.content_hash}" for name, content in named),
    }


def combined(lines: Iterable[str]) -> str:
    """A hash of hashes."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
