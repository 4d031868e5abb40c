"""The laws of the record, judged side by side on one state of the database, and the plans that it came from.

A law is a query that must return no row, and needs AquaMind's schema alone; of sensors that this tool let fail, and of
rings that it let be miscounted, it knows from the ledger's schema, where there is one. Plans are in the ledger: a
database that this tool did not fill has none, and nothing of them is judged.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from importlib.resources import files
from queue import SimpleQueue
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from aquamind import database
from aquamind.errors import NothingJudgedError, UserError
from datagen.checks import plan as promises
from datagen.checks import versions
from datagen.execution import cancel_until
from datagen.pipeline import Progress
from datagen.runs import revisions
from datagen.storage import absent, ledger, postgres

SHOWN_ROWS = 10
"""Offending rows that a verdict quotes; all are counted."""

PLANNED = "By the schedules and counts that the ledger of this database keeps of the runs that filled it."
"""What a verdict on a plan means."""

# Index by index: reading every reading for its time would take longer than all else.
LAST_READINGS = (
    "SELECT batch.id, max(latest)::date FROM batch_batch batch"
    " CROSS JOIN environmental_environmentalparameter parameter"
    " CROSS JOIN LATERAL (SELECT max(reading_time) AS latest FROM environmental_environmentalreading"
    " WHERE batch_id = batch.id AND parameter_id = parameter.id) reading"
    " WHERE batch_number <> ALL(%s) GROUP BY batch.id HAVING max(latest) IS NOT NULL"
)

READABLE = (
    "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'datagen')"
    " AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') ORDER BY 1, 2"
)

SIZES = (
    "SELECT relname, pg_table_size(pg_class.oid) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE nspname IN ('public', 'datagen') AND relkind IN ('r', 'p')"
)

KNOWN = {
    "datagen.content": "''::text AS table_name, 0::bigint AS rows",
    "datagen.run": "'{}'::jsonb AS parameters",
    "datagen.truth_sensor_fault": (
        "0::bigint AS batch_container_assignment_id, 0::bigint AS sensor_id, ''::text AS kind,"
        " now() AS begins, now() AS ends"
    ),
    "datagen.truth_stock": "0::bigint AS batch_id, 0::bigint AS assignment_id, 0 AS miscounted, 0 AS vanished",
}
"""What this tool knows of its runs, of sensors and of rings, that a law may ask for; columns, where it made none."""


@dataclass(frozen=True)
class Check:
    """A law: what it says, what that means, the table it is about, and the query for what breaks it."""

    name: str
    title: str
    means: str
    on: str
    query: str


@dataclass(frozen=True)
class Verdict:
    """What a law found: `offending` rows in all, the first of them quoted; `checked` is false on an empty table."""

    name: str
    title: str
    meaning: str
    seconds: float
    checked: bool
    offending: int
    rows: list[dict[str, Any]]


@cache
def checks(absent: frozenset[str] = frozenset(), mass: bool = False) -> tuple[Check, ...]:
    """All laws, by name; but for those of tables that a database lacks, or of versions of the mass of the record."""
    found = [file for file in files(__package__).iterdir() if file.name.endswith(".sql")]
    texts = {file.name.removesuffix(".sql"): file.read_text("utf-8") for file in sorted(found, key=str)}
    laws = (_read(name, text, absent, mass) for name, text in texts.items())
    return tuple(law for law in laws if law.query and law.on not in absent)


def of(connection: psycopg.Connection[Any]) -> tuple[Check, ...]:
    """The laws of a database: those about tables that it has."""
    return checks(absent.tables(connection), versions.every(connection))


def _read(name: str, text: str, absent: frozenset[str], mass: bool) -> Check:
    head = dict(line.removeprefix("-- ").split(": ", 1) for line in text.splitlines()[:3])
    query = text.rstrip().removesuffix(";")
    if name == versions.LAW:
        query = versions.query(query, absent, mass)
    return Check(name, head["title"], head["means"], head["on"], query)


def verify(dsn: str, workers: int, progress: Progress) -> list[Verdict]:
    """Judge plans and laws on one snapshot of a database with `workers` connections, what reads most first."""
    with ExitStack() as stack, ThreadPoolExecutor(workers) as pool:
        # The first holds the database for all, and has what they see.
        first = stack.enter_context(_reading(dsn))
        row = first.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        readers = [first, *(stack.enter_context(_reading(dsn, row[0])) for _ in range(workers - 1))]
        laws = of(first)
        progress.step("Laws", len(laws) + 1)
        most_first = sorted(laws, key=_read_bytes(first, laws), reverse=True)
        free: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
        for reader in readers:
            prepare(reader)
            free.put(reader)

        def with_one(judged: Callable[[psycopg.Connection[Any]], list[Verdict]]) -> list[Verdict]:
            reader = free.get()
            try:
                return judged(reader)
            finally:
                free.put(reader)

        waiting: list[Future[list[Verdict]]] = []
        try:
            # Counting every row of every table takes long: not last.
            waiting.append(pool.submit(with_one, judge_plans))
            for law in most_first:
                waiting.append(pool.submit(with_one, partial(_judge_one, law)))
            for done in as_completed(waiting):
                progress.advance(1, done.result()[-1].title)
        except BaseException:
            # Nobody needs the other laws any more, which may take a minute each.
            pool.shutdown(wait=False, cancel_futures=True)
            cancel_until(lambda: all(one.done() for one in waiting), readers)
            raise
    progress.advance(0)
    return sorted((verdict for one in waiting for verdict in one.result()), key=lambda verdict: verdict.name)


def admit(connection: psycopg.Connection[Any]) -> None:
    """Hold the database beside others that only read it; one with nothing to judge, or half a record, is refused."""
    postgres.hold(connection, shared=True)
    name = connection.info.dbname
    there = connection.execute("SELECT to_regclass('public.batch_batch') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        raise NothingJudgedError("database", name, "It has no table batch_batch. Run `aquamind init` first")
    if unfinished := ledger.unfinished(connection):
        raise NothingJudgedError("database", name, unfinished)
    if gone := revisions.missing(connection):
        cure = f"Its schema has moved on: {', '.join(gone)} {'is' if len(gone) == 1 else 'are'} no longer there"
        raise NothingJudgedError(
            "database", name, f"{cure}. Use a version of this tool that knows it, or an older schema"
        )
    batches = connection.execute("SELECT EXISTS (SELECT FROM batch_batch)").fetchone()
    # Where batches were written and are gone, that is for the plans' verdict to say.
    if not (batches is not None and batches[0]) and not ledger.unit_names(connection):
        raise NothingJudgedError("database", name, "It holds no batches: nothing to check. Run `aquamind run` first")


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Set what the queries rely on for the rest of the transaction: UTC, memory to hash in, how far the record goes.

    Batches may be of runs up to different days (`aquamind batch` beside others): the ledger knows each one's. What is
    not in it is live: it may reach up to today, and is complete up to the batch's latest reading.
    """
    settings = {
        "timezone": "UTC",
        "search_path": "public",
        "work_mem": "128MB",
        # It would walk an index of all readings in order, from misjudging how few groups they make.
        "enable_incremental_sort": "off",
        # Laws run side by side; within one, helpers would each build the same hash tables once more.
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
    }
    _set(connection, settings)
    days, today = ledger.as_of_days(connection), datetime.now(UTC).date()
    numbers = dict(connection.execute("SELECT id, batch_number FROM batch_batch").fetchall())
    last_days = dict(connection.execute(LAST_READINGS.encode(), [list(days)]).fetchall())
    last_days |= {key: days[number] for key, number in numbers.items() if number in days}
    reached = {
        "aquamind.as_of": max(days.values(), default=today).isoformat(),
        "aquamind.as_of_days": _by_batch({key: days.get(number, today) for key, number in numbers.items()}),
        "aquamind.last_days": _by_batch(last_days),
    }
    _set(connection, reached)


def _by_batch(days: dict[int, date]) -> str:
    return json.dumps({key: day.isoformat() for key, day in days.items()})


def _set(connection: psycopg.Connection[Any], settings: dict[str, str]) -> None:
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])


def judge(connection: psycopg.Connection[Any], law: Check) -> Verdict:
    """What a law finds, in a transaction that has been prepared."""
    begin = time.perf_counter()
    there = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(law.on))).fetchone()
    rows: list[dict[str, Any]] = []
    checked = there is not None and there[0]
    if checked:
        known = _of_what_is_known(connection, law.query)
        query = f"SELECT *, count(*) OVER () AS offending_rows FROM (\n{known}\n) offending LIMIT {SHOWN_ROWS}"
        rows = connection.cursor(row_factory=dict_row).execute(query.encode()).fetchall()
    counted = [row.pop("offending_rows") for row in rows]
    seconds = time.perf_counter() - begin
    return Verdict(law.name, law.title, law.means, seconds, checked, counted[0] if counted else 0, rows)


def _of_what_is_known(connection: psycopg.Connection[Any], query: str) -> str:
    """A law's query, with nothing in place of what the database does not have."""
    for table, columns in KNOWN.items():
        if table in query and not ledger.present(connection, table):
            query = query.replace(table, f"(SELECT {columns} WHERE false) nothing")
    return query


def judge_plans(connection: psycopg.Connection[Any]) -> list[Verdict]:
    """What became of the plans of the ledger; the seconds are those of one promise among all."""
    begin = time.perf_counter()
    planned = promises.planned(connection).values()
    judged = [*(promises.judge(connection, planned) if planned else ()), promises.judge_rows(connection)]
    seconds = (time.perf_counter() - begin) / len(judged)
    return [
        Verdict(
            each.name, each.title, PLANNED, seconds, each.judged > 0, len(each.broken),
            [{"not kept": said} for said in each.broken[:SHOWN_ROWS]],
        )
        for each in judged
    ]  # fmt: skip


def _judge_one(law: Check, connection: psycopg.Connection[Any]) -> list[Verdict]:
    return [judge(connection, law)]


@contextmanager
def _reading(dsn: str, snapshot: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A connection in one transaction that reads one state of the database, by its name or now, and writes nothing."""
    with database.connect(dsn, autocommit=True, application_name="aquamind verify") as connection:
        if snapshot is None:
            admit(connection)
        tables = connection.execute(READABLE).fetchall()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction(force_rollback=True):
            # All at once and before the snapshot: what another session empties meanwhile would be empty in it as well,
            # and a law that asked later for a table would wait behind a session that waits for this one.
            names = sql.SQL(", ").join(sql.Identifier(*table) for table in tables)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
            if snapshot is not None:
                connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
            yield connection


def _read_bytes(connection: psycopg.Connection[Any], laws: tuple[Check, ...]) -> Callable[[Check], int]:
    """Bytes of the tables that a law names, each as often as it does: about as long as it takes."""
    sizes = dict(connection.execute(SIZES).fetchall())
    if missing := sorted({law.on for law in laws} - sizes.keys()):
        raise UserError("database", connection.info.dbname, f"It has no table {missing[0]}. Run `aquamind init` first")
    return lambda law: sum(sizes.get(word, 0) for word in re.findall(r"\w+", law.query))
