"""Tables that nobody has touched since they were vouched for: by what PostgreSQL counts, without a look at their rows.

PostgreSQL counts the rows that are inserted, changed and deleted in a table, by whomever, undone or not. Who has seen
that all rows of a table are this tool's, and how many it has written since, knows by the count whether others have too;
and later whether anything has happened at all. The counts begin anew after a crash, and in a copy or a restore: then
rows are looked at, as wherever anything else is in doubt. Only a superuser who has switched `track_counts` off for a
session is not counted.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg import sql

from datagen.storage import ledger
from datagen.storage.ledger import Connection

TABLE = "datagen.untouched"
LEFT_WITHIN_S = 2.0
"""Workers' sessions end, and are counted with that, a moment after the workers."""

# What this session has done in its transaction is not among the rest yet.
COUNTED = """
    SELECT relname, pg_relation_filenode(oid),
        pg_stat_get_tuples_inserted(oid) + pg_stat_get_xact_tuples_inserted(oid)
        + pg_stat_get_tuples_updated(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_tuples_deleted(oid) + pg_stat_get_xact_tuples_deleted(oid)
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# A session may keep its counts to itself for a minute. Of others' a role may see no more than that they are there.
AT_WORK = """
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND {}
        AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'parallel worker')
        AND (state = 'idle' AND state_change < clock_timestamp() - interval '1 minute') IS NOT TRUE
"""
OURS = sql.SQL("coalesce(application_name, '') LIKE 'aquamind %'")
LEAST = 1_000
"""Of fewer rows a look costs nothing; and counts that begin anew, after a crash, are none that was vouched for."""


@dataclass(frozen=True)
class Counts:
    """Of each table the file that its rows are in, and how many were inserted, changed and deleted so far."""

    of: dict[str, tuple[int, int]]


def count(connection: Connection) -> Counts | None:
    """What is counted by now; None where nothing is."""
    connection.execute("SELECT pg_stat_clear_snapshot()")
    on = connection.execute("SELECT current_setting('track_counts') = 'on'").fetchone()
    if on is None or not on[0]:
        return None
    return Counts({table: (file, rows) for table, file, rows in connection.execute(COUNTED)})


def tables(connection: Connection) -> set[str]:
    """The tables that were vouched for, and that nobody has touched since; none while others may be at work."""
    if not ledger.present(connection, TABLE) or _at_work(connection, sql.SQL("NOT ({})").format(OURS)):
        return set()
    if (now := count(connection)) is None:
        return set()
    found = connection.execute(
        "SELECT table_name, file, counted FROM datagen.untouched"
        " WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return {table for table, *counted in found if now.of.get(table) == tuple(counted)}


def vouch(connection: Connection, before: Counts | None, written: Mapping[str, int], among: Collection[str]) -> None:
    """Enter those of tables of which all rows were this tool's `before`, that only it has touched since.

    It has inserted, changed or deleted as many rows as are `written`.
    """
    connection.execute("DELETE FROM datagen.untouched")
    if not workers_left(connection):
        return
    now = count(connection)
    if before is None or now is None:
        return
    connection.cursor().executemany(
        "INSERT INTO datagen.untouched SELECT %s, oid, %s, %s FROM pg_database WHERE datname = current_database()",
        [
            (table, *now.of[table])
            for table in among
            # A table that was not there then was made since.
            if now.of[table][1] - before.of.get(table, (0, 0))[1] == written.get(table, 0) and now.of[table][1] >= LEAST
        ],
    )


def workers_left(connection: Connection) -> bool:
    """Wait until what workers did is counted; whether it is in time."""
    deadline = time.monotonic() + LEFT_WITHIN_S
    while _at_work(connection, sql.SQL("application_name = 'aquamind worker'")):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _at_work(connection: Connection, who: sql.Composable) -> bool:
    return bool(connection.execute(sql.SQL(AT_WORK).format(who)).rowcount)
