"""What is worked out from the record: states and summaries by batch, in parallel; planned activities; what is ahead."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from apps.batch.growth_analysis import MissingScenario, compute, read
from apps.batch.growth_analysis import forecast as ahead_of
from apps.batch.models import BatchTransferWorkflow, ContainerForecastSummary, LiveForwardProjection
from apps.finance import exports
from apps.finance.exports import EXPORTED_DAY
from apps.finance.models import NavExportBatch, NavExportLine
from apps.inventory.feeding_summaries import periods
from apps.planning.models import PlannedActivity
from apps.planning.seeding import COLUMNS, FINISHED_DAYS, activities, is_planned
from aquamind import database
from aquamind.errors import UserError
from datagen import orm, pipeline, states
from datagen.case import Case
from datagen.execution import Task, executor, finished
from datagen.pipeline import Progress
from datagen.runs import preflight, protection
from datagen.runs.moves import later_columns
from datagen.simulation.history import History
from datagen.states import TABLES
from datagen.storage import absent, ddl, fill, ledger, proof
from datagen.storage.arrow import record_batch
from datagen.storage.postgres import replace
from datagen.storage.proof import Proof

READINGS = "environmental_environmentalreading"
PLANNED_TABLE = "planning_plannedactivity"
PLANNED = "planned activities"
"""What they are called in the ledger, all together."""

EXPORT_TABLES = ("finance_navexportbatch", "finance_navexportline")
EXPORTS = "exports to the accounts"

FORECAST_TABLES = ("batch_containerforecastsummary", "batch_liveforwardprojection")
FORECASTS = "forecasts"
"""As of the as-of day alone: worked out anew each time, in place of what was there."""


@dataclass
class Analysis:
    """What an analysis wrote, rows by table, and the batches it could not do: assignments without a scenario."""

    rows: dict[str, int] = field(default_factory=dict)
    without_scenario: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Recorded:
    """A batch as the ledger knows it: the run that wrote it, and the last day of its record."""

    id: int
    number: str
    run: int
    as_of: date


def of_readings(task: ddl.Task) -> bool:
    """Whether it is work on the readings: what follows from daily states looks at none."""
    return task.table == f"public.{READINGS}"


def unread(task: ddl.Task) -> bool:
    """Whether no analysis waits for an index: of the readings, it needs those by batch."""
    return of_readings(task) and "(batch_id" not in task.statement


def analyse(
    dsn: str,
    batches: list[int] | None,
    workers: int,
    progress: Progress,
    rest: ddl.Rebuilding | None = None,
    since: date | None = None,
) -> Analysis:
    """Compute daily states and feeding summaries of these batches (ids), or of all, in place of what was there.

    The caller holds the database (`postgres.hold`) and has the main tables' indexes in place, but for a `rest` that is
    `unread`: without them a batch's record is a scan of all. Batches replace theirs one by one; where nothing else
    would be left, all go first. Of what was worked out `since` a day, of the same record up to it, only what differs is
    written.
    """
    orm.use(dsn)
    done = Analysis()
    with database.connect(dsn, autocommit=True, application_name="aquamind analyse") as connection:
        # What is read as well: a table is emptied before the first batch's record is read.
        tables = pipeline.models({*TABLES, PLANNED_TABLE, *ledger.rows(connection)})
        fill.keep(connection, preflight.check_target(connection, tables))
        chosen = _recorded(connection, batches)
        progress.step("Growth analysis", len(chosen))
        # Empty tables are filled without indexes and keys: in a third of the time.
        emptied = since is None and _empty_if_all(connection, chosen)
        proving = proof.obstacle(connection, pipeline.models(TABLES)) is None
        ddl.drop_secondary(connection, TABLES, foreign_keys=not proving)
        # If this fails, what was dropped is known, and comes back when the same is run again.
        with executor(min(workers, max(len(chosen), 1)), _opened, dsn, proving) as hands:
            tasks = [Task(1, _analyse_batch, (batch, emptied, since)) for batch in chosen]
            for task, made in finished((hands, tasks)) if rest is None else rest.beside(hands, tasks):
                _count(done, task.arguments[0], made, progress)
        ddl.rebuild(dsn, TABLES, workers)
    return done


def expected(case: Case, histories: dict[int, History]) -> dict[str, int]:
    """Rows by table of all that is worked out from the record of a plan that was lived."""
    epoch = int(np.datetime64(case.plan.first_day).astype(np.int64))
    days = containers = batches = 0
    for history in histories.values():
        stays = history.assignments
        first, end = epoch + stays.first_day, epoch + stays.departure_day - 1
        days += int(stays.days.sum())
        containers += periods(first, end)
        of_batch = np.flatnonzero(np.diff(stays.batch, prepend=-1) != 0)
        batches += periods(np.minimum.reduceat(first, of_batch), np.maximum.reduceat(end, of_batch))
    return {
        **dict(zip(TABLES, (days, containers, batches), strict=True)),
        PLANNED_TABLE: _with_plan(case, histories) * len(case.catalog.activities.templates),
        **_exported(case, histories),
        **_forecast(case, histories),
    }


def _with_plan(case: Case, histories: dict[int, History]) -> int:
    """Batches of which there are planned activities."""
    # Nobody plans for those that began as a mix of others.
    begun = {index for index, batch in enumerate(case.plan.batches) if batch.start <= case.plan.as_of}
    ended: dict[int, int] = {}
    for history in histories.values():
        stays = history.assignments
        done = begun.intersection(history.completed())
        ended |= {each: int(stays.departure_day[stays.batch == each].max()) for each in done}
    if case.plan.way != "lived":
        return len(begun - ended.keys())
    of_late = {index for index, day in ended.items() if case.plan.days - 1 - day < FINISHED_DAYS}
    of_these = (begun - ended.keys()) | of_late
    return sum(is_planned(case.plan.batches[index].number) for index in of_these)


def _forecast(case: Case, histories: dict[int, History]) -> dict[str, int]:
    """Each stay that goes on; its days until its scenario ends."""
    lived = np.array([(case.plan.as_of - batch.start).days + 1 for batch in case.as_lived.plan.batches])
    ahead = np.clip(case.catalog.scenarios.duration_days - lived, 0, ahead_of.MOST_DAYS)
    open_stays = [history.assignments.batch[~history.assignments.left] for history in histories.values()]
    stays = np.concatenate(open_stays)
    return dict(zip(FORECAST_TABLES, (len(stays), int(ahead[stays].sum())), strict=True))


def _exported(case: Case, histories: dict[int, History]) -> dict[str, int]:
    """Every lot of a month that is closed; one export for each month and company that sells."""
    first, as_of = np.datetime64(case.plan.first_day), np.datetime64(case.plan.as_of)
    batches = lines = 0
    for history in histories.values():
        month = (first + history.harvests.day).astype("datetime64[M]")
        closed = month[(month + 1).astype("datetime64[D]") + (EXPORTED_DAY - 1) <= as_of]
        batches += len(np.unique(closed))
        lines += len(closed) * len(case.catalog.grades.grades)
    return dict(zip(EXPORT_TABLES, (batches, lines), strict=True))


def plan_activities(connection: psycopg.Connection[Any], as_of: date | None = None) -> int:
    """Work out all planned activities, as of the last day of each batch's record, in place of its own before; how many.

    The keys depend on the record alone, so that a database carried on is the one made at once. What others have entered
    or changed stays as it is: its key is not written.
    """
    query = "SELECT id, parameters->>'way' FROM datagen.run ORDER BY id DESC LIMIT 1"
    found = connection.execute(query).fetchone()
    if found is None:
        raise UserError("database", connection.info.dbname, "This tool wrote nothing here. Run `aquamind run` first")
    protection.keep_linked(connection, [PLANNED_TABLE])
    kept = protection.keys_of_others(connection, PlannedActivity)
    columns = planned_columns(row for row in activities(as_of, found[1] == "lived") if row[0] not in kept)
    made = [planned(columns)]
    clear: list[tuple[str, list[Any]]] = [(f"DELETE FROM {PLANNED_TABLE} WHERE id <> ALL(%s)", [sorted(kept)])]
    clear += [*_links(connection, columns["transfer_workflow_id"], columns["id"]), *later_columns(connection)]
    try:
        replace(connection, found[0], PLANNED, clear, made)
    except psycopg.errors.ForeignKeyViolation as error:
        cure = "It is planned no longer. Unlink it, and do the same again"
        raise UserError(PLANNED_TABLE, error.diag.message_detail, cure) from None
    ddl.set_sequences(connection, [PLANNED_TABLE])
    return len(columns["id"])


def planned(columns: dict[str, Any]) -> tuple[Any, pa.RecordBatch]:
    return PlannedActivity, record_batch(PlannedActivity, len(columns["id"]), **columns)


def planned_columns(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Planned activities by column."""
    found = list(rows)
    return {name: np.array([row[place] for row in found], object) for place, name in enumerate(COLUMNS)}


def _links(connection: psycopg.Connection[Any], workflows: Any, planned: Any) -> list[tuple[str, list[Any]]]:
    """Statements that let each transfer of ours know the activity that it belongs to, and no other."""
    pairs = [(w, a) for w, a in zip(workflows.tolist(), planned.tolist(), strict=True) if w is not None]
    kept = sorted(protection.keys_of_others(connection, BatchTransferWorkflow))
    table = BatchTransferWorkflow._meta.db_table
    unlink = f"UPDATE {table} SET planned_activity_id = NULL WHERE planned_activity_id IS NOT NULL AND id <> ALL(%s)"
    link = (
        f"UPDATE {table} SET planned_activity_id = activity FROM unnest(%s::bigint[], %s::bigint[]) AS pair (workflow,"
        " activity) WHERE id = workflow AND id <> ALL(%s)"
    )
    # The keys are checked when the transaction ends, and the activities are there by then.
    return [(unlink, [kept]), (link, [[w for w, _ in pairs], [a for _, a in pairs], kept])]


def export_to_accounts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Give the accounting system all closed months, in place of what it was given before; rows by table.

    Where somebody else has exported something, or changed it, all stays as it is.
    """
    if any(protection.keys_of_others(connection, model) for model in (NavExportBatch, NavExportLine)):
        return {}
    found = connection.execute("SELECT max(id) FROM datagen.run").fetchone()
    assert found is not None
    made = accounts(exports.rows(exports.EXPORTED))
    clear = [(f"DELETE FROM {table}", ()) for table in reversed(EXPORT_TABLES)]
    contents = replace(connection, found[0], EXPORTS, clear, made)
    ddl.set_sequences(connection, EXPORT_TABLES)
    return {table: content.rows for table, content in contents.items()}


def accounts(sold: exports.Columns) -> list[tuple[Any, pa.RecordBatch]]:
    """The exports to the accounts of what was sold and exported, and their lines."""
    batches, lines = exports.batches_and_lines(sold)
    return [
        (NavExportBatch, record_batch(NavExportBatch, len(batches["batch_id"]), **_arrays(batches))),
        (NavExportLine, record_batch(NavExportLine, len(lines["line_id"]), **_arrays(lines))),
    ]


def forecast(connection: psycopg.Connection[Any], dsn: str, workers: int) -> dict[str, int]:
    """Work out what lies ahead of all active assignments, after their states and plans; rows by table.

    Nothing where the database is of a revision that has no such tables.
    """
    if absent.tables(connection).intersection(FORECAST_TABLES):
        return {}
    found = connection.execute("SELECT max(id) FROM datagen.run").fetchone()
    assert found is not None
    # All read before any is written: a connection that copies answers nothing. Rows are made as they are written, for
    # they take twenty times the memory of what they follow from.
    known = list(_known_ahead(connection))
    made = (table for batch in known for table in forecast_rows(batch))
    proving = proof.obstacle(connection, pipeline.models(FORECAST_TABLES)) is None
    emptied = _forecasts_emptied(connection)
    clear = [] if emptied else [(f"DELETE FROM {table}", ()) for table in FORECAST_TABLES]
    contents = replace(connection, found[0], FORECASTS, clear, made, Proof(connection) if proving else None)
    ddl.rebuild(dsn, FORECAST_TABLES, workers, alone=True)
    return {table: content.rows for table, content in contents.items()}


def _forecasts_emptied(connection: psycopg.Connection[Any]) -> bool:
    """Empty the tables at once, so that they are filled without indexes; not while somebody else uses them.

    Their foreign keys stay: to drop one locks the table that it refers to, which the books read beside this.
    """
    names = ", ".join(FORECAST_TABLES)
    try:
        with connection.transaction():
            connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT".encode())
            ddl.empty(connection, FORECAST_TABLES)
            connection.execute("DELETE FROM datagen.unit WHERE unit = %s", [FORECASTS])
            ddl.drop_secondary(connection, FORECAST_TABLES, foreign_keys=False)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _known_ahead(connection: psycopg.Connection[Any]) -> Iterator[ahead_of.Known]:
    for batch, run in connection.execute(ahead_of.BATCHES).fetchall():
        known = ahead_of.read(connection, batch, run)
        if known is not None:
            yield known


def forecast_rows(known: ahead_of.Known) -> Iterator[tuple[Any, pa.RecordBatch]]:
    """What is ahead of a batch, as rows: a summary of each active assignment, and its days."""
    ahead = ahead_of.look_ahead(known)
    computed = ahead.now["day"][0].astype("datetime64[D]")
    profile_id, profile = ahead.profile
    water = {"temp_profile_name": profile, "temp_bias_window_days": ahead_of.BIAS_WINDOW_DAYS}
    summary, days = ahead_of.summaries(ahead), ahead_of.projections(ahead)
    yield (
        ContainerForecastSummary,
        record_batch(
            ContainerForecastSummary,
            len(summary["assignment_id"]),
            **summary,
            **water,
            harvest_threshold_g=ahead.harvest_g,
            transfer_threshold_g=ahead.transfer_g,
            computed_date=computed,
            last_computed=datetime.combine(computed.astype(date), time(23, 59, 59), UTC),
        ),
    )
    yield (
        LiveForwardProjection,
        record_batch(
            LiveForwardProjection,
            len(days["id"]),
            **days,
            **water,
            batch_id=ahead.batch_id,
            tgc_value_used=ahead.tgc,
            temp_profile_id=profile_id,
            temp_bias_clamp_min_c=-ahead_of.MOST_BIAS_C,
            temp_bias_clamp_max_c=ahead_of.MOST_BIAS_C,
        ),
    )


def _arrays(columns: dict[str, list[Any]]) -> dict[str, Any]:
    return {name: np.array(values, object) for name, values in columns.items()}


def _recorded(connection: psycopg.Connection[Any], batches: list[int] | None) -> list[_Recorded]:
    query = (
        "SELECT b.id, b.batch_number, r.id, r.as_of FROM batch_batch b"
        " JOIN datagen.unit u ON u.unit = b.batch_number JOIN datagen.run r ON r.id = u.run ORDER BY b.id"
    )
    known = [_Recorded(*row) for row in connection.execute(query)]
    if batches is None:
        return known
    if unknown := set(batches) - {batch.id for batch in known}:
        raise UserError(
            "batch", min(unknown), "This tool wrote no batch of this id. `aquamind status` shows what it did"
        )
    return [batch for batch in known if batch.id in batches]


def _empty_if_all(connection: psycopg.Connection[Any], batches: list[_Recorded]) -> bool:
    """Empty the tables, unless they hold other batches, or weights set by hand, which are part of the record."""
    chosen = [batch.id for batch in batches]
    for table in TABLES:
        by_hand = " OR anchor_type = 'manual'" if table == TABLES[0] else ""
        kept = connection.execute(
            f"SELECT EXISTS (SELECT FROM {table} WHERE batch_id <> ALL(%s){by_hand})".encode(), [chosen]
        ).fetchone()
        if kept is not None and kept[0]:
            return False
    with connection.transaction():
        ddl.empty(connection, TABLES)
        connection.execute(
            "DELETE FROM datagen.unit WHERE unit = ANY(%s)", [[states.unit(batch.number) for batch in batches]]
        )
    return True


def _count(done: Analysis, batch: _Recorded, rows: dict[str, int] | int, progress: Progress) -> None:
    if isinstance(rows, int):
        done.without_scenario[batch.number] = rows
    else:
        for table, number in rows.items():
            done.rows[table] = done.rows.get(table, 0) + number
    missing = f", {sum(done.without_scenario.values()):,} assignments without a scenario"
    progress.advance(1, f"{sum(done.rows.values()):,} rows{missing if done.without_scenario else ''}")


@dataclass(frozen=True)
class _Analyst:
    """What a worker has: a connection, and the proof of foreign keys that PostgreSQL is not to check."""

    connection: psycopg.Connection[Any]
    proof: Proof | None


@contextmanager
def _opened(dsn: str, proving: bool) -> Iterator[_Analyst]:
    orm.use(dsn)
    with database.connect(dsn, autocommit=True, application_name="aquamind analyse") as connection:
        yield _Analyst(connection, Proof(connection) if proving else None)


def _analyse_batch(worker: _Analyst, batch: _Recorded, emptied: bool, since: date | None) -> dict[str, int] | int:
    """Rows by table that were written; for a batch without a scenario the number of its assignments."""
    connection = worker.connection
    # Without the indexes that are away, each would be a scan of all that others have written.
    clear = [] if emptied else [(f"DELETE FROM {table} WHERE batch_id = %s", [batch.id]) for table in TABLES]
    try:
        record = read(connection, batch.id, batch.as_of, by_hand=not emptied)
    except MissingScenario as missing:
        replace(connection, batch.run, states.unit(batch.number), clear, ())
        return missing.assignments
    if since is not None and record is not None:
        carried = states.carry(connection, batch.run, batch.number, record, since, batch.as_of)
        if carried is not None:
            return carried
    tables = () if record is None else states.rows(compute(record), batch.as_of)
    contents = replace(connection, batch.run, states.unit(batch.number), clear, tables, worker.proof)
    return {table: content.rows for table, content in contents.items()}
