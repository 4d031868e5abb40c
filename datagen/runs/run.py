"""A whole run on a database: guarded, resumable, and closed only when everything is in place."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection as django_connection
from django.db import transaction
from psycopg.rows import scalar_row

from aquamind import database
from aquamind.errors import UserError
from datagen import masterdata, orm, pipeline, states
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.execution import Executor, Here, Task, Threads, hired
from datagen.farm import Farm, with_database_ids
from datagen.keys import keys, mixed
from datagen.masterdata.rows import Created
from datagen.masterdata.sensors import add_spares, calibrate
from datagen.pipeline import Loading, Progress, Report
from datagen.planning import schedule
from datagen.planning.plan import BatchPlan
from datagen.planning.room import check_room
from datagen.runs import analysis, books, outlook, preflight, protection, revisions, wiping
from datagen.simulation.history import History
from datagen.simulation.loop import held_back
from datagen.storage import absent, ddl, fill, ledger, postgres, proof, schema, untouched


@dataclass(frozen=True)
class Job:
    """What to put where.

    `beside` allows other batches of this tool to be there already; `log_dir`, a log for each; `to_destroy`, the name of
    the database, that operational rows of others in it are deleted first. `fills` are values of columns that we do not
    model. `announce` is told what the plan will make, once nothing speaks against it and before anything is written.
    `scheduler` is of a Dask cluster that lives, expands and loads.
    """

    dsn: str
    case: Case
    workers: int
    beside: bool = False
    log_dir: Path | None = None
    to_destroy: str | None = None
    fills: fill.Fills = field(default_factory=dict)
    announce: Callable[[dict[int, History]], None] | None = None
    scheduler: str | None = None


def plan_hash(case: Case) -> str:
    """A hash of what a plan says, however it reached the program."""
    plan, farm = case.plan, case.farm
    batches = [
        [
            batch.number,
            farm.geography_name[batch.geography],
            batch.start.isoformat(),
            batch.eggs,
            batch.harvest_target_g,
            [[farm.container_name[c] for c in containers] for containers in batch.containers],
            *_departures(batch),
        ]
        for batch in plan.batches
    ]
    # As before there were two ways, so that databases of the first are still known.
    way: list[str] = [] if plan.way == "planned" else [plan.way]
    if plan.imperfections != "none":
        way.append(plan.imperfections)
    if plan.versions != "edited":
        way.append(plan.versions)
    return hashlib.sha256(json.dumps([plan.stage_starts, batches, *way]).encode()).hexdigest()


def _departures(batch: BatchPlan) -> list[Any]:
    """What few batches have; nothing of the others, so that databases of before are still known."""
    if batch.growth == 1.0 and batch.harvest_from is None:
        return []
    return [batch.growth, batch.harvest_from and batch.harvest_from.isoformat()]


def execute(job: Job, progress: Progress) -> Report:
    """Run a job to its end; called again after a kill, it goes on where it was.

    The report holds the rows of the whole plan, also those that an earlier call wrote, and the seconds of this one.
    """
    report, case = Report(), job.case
    check_case(case)
    orm.use(job.dsn)
    # No more workers than there are batches: a process takes a while to start.
    workers = min(job.workers, len(case.plan.batches))
    with (
        database.connect(job.dsn, autocommit=True, application_name="aquamind run") as connection,
        hired(workers, job.scheduler) as hire,
    ):
        postgres.hold(connection)
        preflight.check_session(connection)
        preflight.check_connections(job.dsn, job.workers)
        counted, foreign = protection.counted(connection), protection.permit(connection, job.to_destroy)
        tables = keys(case, {}).tables
        written = [*tables, *protection.FOLLOWING]
        empty = check_schema(connection, written, job.fills) is None
        if not (foreign or job.beside) and ledger.unit_names(connection) and wiping.batches(connection):
            _refuse_other_runs(connection, identify(case))
        with ThreadPoolExecutor(1) as beside:
            living = beside.submit(pipeline.simulate, case, hire)
            # Beside it, where nothing of anybody's is.
            with _prepared(job, written, progress, report) if empty else nullcontext():
                with report.timed("simulation"):
                    progress.step("Simulation")
                    histories = living.result()
                    progress.advance(0.0, held_back(case, histories.values()))
                _announce(connection, job, histories, bool(foreign))
        with report.timed("schema and master data"):
            if not empty:
                progress.step("Schema and master data")
                prepare(connection, case.catalog, case.farm, written, fills=job.fills)
            tables = absent.present(connection, tables)
            add_spares(connection, case)
            case = replace(case, farm=with_database_ids(case.farm, connection))
            _heed_truncation(connection, job.dsn)
        obstacle = _obstacle_to_proof(connection, [*tables, *states.TABLES])
        unstreamed = obstacle or _obstacle_to_stream(connection, job, workers)
        run, taken, streamed = _begin(connection, job, tables, unstreamed is None)
        size = sum(len(history.days.fish) for history in histories.values())
        report.foreign_keys = f"PostgreSQL, for {obstacle}" if obstacle else "this program, before each commit"
        report.largest_tables = (
            "in one stream" if streamed else f"unit by unit, for {unstreamed or 'so this run began'}"
        )
        # Empty tables are filled without indexes and keys: even 90,000 rows are in place twice as fast.
        ddl.drop_secondary(connection, {*tables, *streamed}, foreign_keys=obstacle is not None)
        with report.timed("load"):
            progress.step("Load", size)
            given = keys(case, taken)
            loading = Loading(job.dsn, case, run, obstacle is None, streamed, job.log_dir)
            report.rows, analysed = pipeline.load(loading, histories, given, hire, workers, progress)
        begun = {batch.number: first for batch, first in zip(case.plan.batches, given.of_batch, strict=False)}
        begun |= {case.mixed[index].number: given.of_mixed[index] for index, _ in mixed(case, histories)}
        left = [first["batch_batch"] for number, first in begun.items() if number not in analysed]
        last = analysis.unread if left else analysis.of_readings
        indexes = rebuilding(job.dsn, {*tables, *streamed}, job.workers, progress, last)
        follow(job.dsn, left, job.workers, progress, report, indexes, case)
        _close(connection, run, report, None if foreign else counted)
    return report


@contextmanager
def _prepared(job: Job, tables: Iterable[str], progress: Progress, report: Report) -> Iterator[None]:
    """Schema and master data in an empty database; they stay there if what is done in here does not fail."""
    with transaction.atomic():
        with report.timed("schema and master data"):
            progress.step("Schema and master data")
            prepare(django_connection.connection, job.case.catalog, job.case.farm, tables, fills=job.fills)
        yield


def _announce(connection: psycopg.Connection[Any], job: Job, histories: dict[int, History], to_be_wiped: bool) -> None:
    """Tell what will be made; then rows of others go, if they are to, and all of it must fit the disk."""
    if job.announce is not None:
        job.announce(histories)
    if to_be_wiped:
        wiping.wipe(connection, job.dsn, unlink=True)
    _check_space(connection, job.case, histories)


def _close(connection: psycopg.Connection[Any], run: int, report: Report, counted: untouched.Counts | None) -> None:
    """Close a run, and vouch for what nobody else has touched since there was nothing of others."""
    ledger.finish(connection, run)
    protection.vouch(connection, counted, report.rows)
    report.content_hash = ledger.status(connection)["content_hash"]


def _obstacle_to_proof(connection: psycopg.Connection[Any], tables: list[str]) -> str | None:
    """Why PostgreSQL is to check foreign keys, in words; None where the workers may prove them instead."""
    if ledger.unit_names(connection) - ledger.interrupted(connection):
        return "there are other batches already"
    return proof.obstacle(connection, pipeline.models(tables))


def check_case(case: Case) -> None:
    """Refuse a record that would begin before there are sensors, or whose fish may outgrow their containers."""
    installed = case.catalog.environment.sensor_installation_date
    if case.plan.first_day < installed:
        cure = f"The record would begin before the sensors were installed ({installed}, environment.yaml); begin later"
        raise UserError("first day", case.plan.first_day.isoformat(), cure)
    check_room(case)


def follow(
    dsn: str,
    batches: list[int],
    workers: int,
    progress: Progress,
    report: Report,
    indexes: AbstractContextManager[ddl.Rebuilding] | None = None,
    case: Case | None = None,
    since: date | None = None,
) -> None:
    """What is worked out from the record: states and summaries of these batches (ids), plans, forecasts, the books.

    Indexes may still have to be built; those that it does without, beside it. The case is the one that the record was
    made of, if it was made now: which of its sensors hang is known. What was worked out `since` a day is there, and
    only what differs of states is written.
    """
    with database.connect(dsn, autocommit=True, application_name="aquamind analyse") as connection:
        tables = {
            *states.TABLES,
            analysis.PLANNED_TABLE,
            *analysis.EXPORT_TABLES,
            *analysis.FORECAST_TABLES,
            *books.TABLES,
        }
        protection.keep_linked(connection, absent.present(connection, tables))
    with ExitStack() as building:
        rest = None
        if indexes is not None:
            with report.timed("indexes and foreign keys"):
                progress.step("Indexes and foreign keys", 1.0)
                rest = building.enter_context(indexes)
                rest.until_last()
        with report.timed("growth analysis"):
            if batches:
                made = analysis.analyse(dsn, batches, workers, progress, rest, since).rows
                report.rows = dict(Counter(report.rows) + Counter(made))
        with report.timed("planned activities"):
            progress.step("Planned activities")
            with database.connect(dsn, autocommit=True, application_name="aquamind analyse") as connection:
                report.rows[analysis.PLANNED_TABLE] = analysis.plan_activities(connection)
                report.rows.update(analysis.export_to_accounts(connection))
                calibrate(connection, max(ledger.as_of_days(connection).values()), case)
        if rest is not None and not rest.busy:
            _finish(rest, building, progress, report)
            rest = None
        free = workers if rest is None else max(1, workers - rest.busy)
        # Neither needs the other.
        with report.timed("forecasts and books"), one_beside(dsn, free) as other:
            progress.step("Forecasts and books")
            forecasts = other.submit(Task(1, analysis.forecast, (dsn, max(1, free - 1))))
            with database.connect(dsn, autocommit=True, application_name="aquamind analyse") as connection:
                report.rows.update(books.keep(connection))
                # The rest was analysed when its indexes were built.
                others = {*protection.FOLLOWING, *wiping.MASTER_DATA, *wiping.kept_versions(), *ledger.TRUTH}
                ddl.analyse(connection, others)
            report.rows.update(forecasts.result())
        if rest is not None:
            _finish(rest, building, progress, report)


def _finish(rest: ddl.Rebuilding, building: ExitStack, progress: Progress, report: Report) -> None:
    """Build what is left, and let its workers go."""
    with report.timed("indexes and foreign keys"):
        progress.step("The last index")
        rest.finish()
        building.close()


def one_beside(dsn: str, workers: int, called: str = "aquamind analyse") -> Executor:
    """A worker with a connection beside this one, if there may be two."""
    connected = partial(database.connect, dsn, autocommit=True, application_name=called)
    return Here(connected) if workers == 1 else Threads(1, connected)


def prepare(
    connection: psycopg.Connection[Any],
    catalog: Catalog,
    farm: Farm,
    tables: Iterable[str],
    subjects: Iterable[str] | None = None,
    fills: fill.Fills | None = None,
) -> Created:
    """Make the schema where there is none, check it, and bring master data up to the catalog; what was done by table.

    A schema that is there, ours or AquaMind's own, is compared and never migrated: that is its owner's business.
    """
    checked = check_schema(connection, tables, fills)
    if checked is None and subjects is None:
        # Worked out while the server makes the schema.
        with ThreadPoolExecutor(1) as beside:
            rows = beside.submit(masterdata.made, catalog, farm)
            schema.make()
        ledger.prepare(connection)
        return masterdata.enter(rows.result())
    if checked is None:
        schema.make()
    ledger.prepare(connection)
    fill.keep(connection, checked or {})
    return masterdata.init(catalog, farm, masterdata.SUBJECTS if subjects is None else subjects)


def check_schema(
    connection: psycopg.Connection[Any], tables: Iterable[str], fills: fill.Fills | None = None
) -> fill.Fills | None:
    """What is put into columns of these tables and of master data that are not ours; None where there is no schema."""
    there = connection.execute("SELECT to_regclass('public.batch_batch') IS NOT NULL").fetchone()
    if there is not None and there[0]:
        revisions.recognise(connection)
        master_data = {*wiping.MASTER_DATA, *wiping.kept_versions(), "auth_user"}
        return preflight.check_target(connection, pipeline.models({*tables, *master_data}), fills)
    for table, column in fills or ():
        cure = "The database is empty, and gets a schema without columns to be filled so. Leave it out"
        raise UserError("fill", f"{table}.{column}", cure)
    return None


def _check_space(connection: psycopg.Connection[Any], case: Case, histories: dict[int, History]) -> None:
    """Rows are counted, of `production` for three seconds, only where the most that a plan may have might not fit.

    What is there already, written by an earlier call, takes no more.
    """
    free = preflight.free_bytes(connection)
    if free is None or free > outlook.ROOMY * outlook.disk_bytes(outlook.most_rows(case)):
        return
    written = ledger.units(connection) if ledger.present(connection) else {}
    rows = Counter[str]()
    for unit, expected in outlook.expected_rows(case, histories).items():
        rows += expected - Counter({table: content.rows for table, content in written.get(unit, {}).items()})
    rows += outlook.following_rows(case, histories) - Counter(ledger.rows(connection))
    for table in absent.tables(connection) if wiping.operational_tables(connection) else ():
        del rows[table]
    preflight.check_space(connection, outlook.disk_bytes(rows))


def _heed_truncation(connection: psycopg.Connection[Any], dsn: str) -> None:
    """Batches may have been truncated by hand: what the ledger says of them, and what TRUNCATE left, goes too."""
    row = connection.execute(
        "SELECT count(*), count(batch_number), (SELECT EXISTS (SELECT FROM batch_batch))"
        " FROM datagen.content LEFT JOIN batch_batch ON batch_number = unit WHERE table_name = 'batch_batch'"
    ).fetchone()
    assert row is not None
    written, left, any_batch = row
    if left == written:
        return
    if any_batch:
        cure = f"{written - left} of the {written} batches that this tool wrote are gone. Run `aquamind wipe` first"
        raise UserError("database", connection.info.dbname, cure)
    wiping.wipe(connection, dsn)


def identify(case: Case) -> ledger.Identity:
    """What determines the content of a plan's run."""
    return ledger.Identity(
        case.plan.seed,
        case.plan.as_of.isoformat(),
        plan_hash(case),
        case.catalog.content_hash(),
        pipeline.VERSION,
    )


def described(case: Case) -> dict[str, str]:
    """What the ledger keeps of a plan, to carry it on, to judge it, and to work out what follows from it."""
    return {"schedule": schedule.text(case), "way": case.plan.way, "history": case.plan.versions}


def _begin(
    connection: psycopg.Connection[Any], job: Job, tables: list[str], worth_a_stream: bool
) -> tuple[int, dict[str, int], frozenset[str]]:
    """Open the run, or go on with the same one; its id, the highest key of each table before it began, and which tables
    are to be streamed: those that were to be when it began, unless they are there."""
    identity = identify(job.case)
    if job.beside:
        _refuse_taken_numbers(connection, {batch.number for batch in job.case.as_lived.plan.batches})
    else:
        _refuse_other_runs(connection, identity)
    reserved = ledger.reserved(connection)
    taken = {table: max(_highest_key(connection, table), reserved.get(table, 1) - 1) for table in tables}
    streamed = sorted(pipeline.streamed(job.case)) if worth_a_stream else []
    after = keys(job.case, taken).after
    parameters = {"preset": job.case.plan.preset, "taken": taken, "reserved": after, "streamed": streamed}
    run = ledger.begin(connection, identity, {**parameters, **described(job.case), **revisions.described(connection)})
    known = connection.execute("SELECT parameters FROM datagen.run WHERE id = %s", [run]).fetchone()
    assert known is not None
    # By the ledger: a row of others in there is not ours, and is told of when the table is to be emptied.
    wanted = frozenset(known[0].get("streamed", ()))
    return run, known[0]["taken"], frozenset() if wanted.intersection(ledger.rows(connection)) else wanted


STREAM_WORKERS = 2
"""One connection takes the largest table as fast as another takes the rest (measured on 2 cores); more would wait for
it."""


def _obstacle_to_stream(connection: psycopg.Connection[Any], job: Job, workers: int) -> str | None:
    """Why the largest tables are not worth a transaction of their own, in words; None if they are."""
    tables = pipeline.streamed(job.case)
    level = connection.cursor(row_factory=scalar_row).execute("SHOW wal_level").fetchone()
    against = {
        "a cluster loads them": job.scheduler is not None,
        f"there {'is' if workers == 1 else 'are'} {workers} of {STREAM_WORKERS} workers": workers != STREAM_WORKERS,
        "each batch has a log": job.log_dir is not None,
        f"wal_level is {level}": level != "minimal",
        "other tables refer to them": ddl.references(connection, tables),
        "they have rows already": any(_highest_key(connection, table) for table in tables),
    }
    return next((reason for reason, holds in against.items() if holds), None)


def _highest_key(connection: psycopg.Connection[Any], table: str) -> int:
    [model] = pipeline.models([table])
    key = model._meta.pk.column
    # What was added to batches later lies above all blocks.
    below = f" WHERE {key} <= {ddl.KEYS_ADDED}" if table in ddl.ADDED_TO else ""
    highest = (
        connection.cursor(row_factory=scalar_row).execute(f"SELECT max({key}) FROM {table}{below}".encode()).fetchone()
    )
    return int(highest or 0)


def _refuse_taken_numbers(connection: psycopg.Connection[Any], numbers: set[str]) -> None:
    """Batches are planned before the database is held: another may have been added under the same number since."""
    for number in numbers & (ledger.unit_names(connection) - ledger.interrupted(connection)):
        cure = f"Batch {number} was added by another session meanwhile. Run the same again"
        raise UserError("database", connection.info.dbname, cure)


def _refuse_other_runs(connection: psycopg.Connection[Any], identity: Any) -> None:
    other = connection.execute(
        "SELECT id, as_of::text, seed, parameters->>'preset', catalog_hash FROM datagen.run WHERE finished IS NOT NULL"
        " AND (seed, as_of::text, plan_hash, catalog_hash, version) IS DISTINCT FROM (%s, %s, %s, %s, %s) LIMIT 1",
        [identity.seed, identity.as_of, identity.plan_hash, identity.catalog_hash, identity.version],
    ).fetchone()
    if other is not None:
        catalog = f", another catalog ({other[4][:12]})" if other[4] != identity.catalog_hash else ""
        raise UserError(
            "database",
            connection.info.dbname,
            f"It holds another run already (preset {other[3]}, as of {other[1]}, seed {other[2]}{catalog}). "
            "Carry it on with `aquamind advance`, run `aquamind wipe` first, or choose another database (DATABASE_URL)",
        )


def rebuild(dsn: str, tables: Iterable[str], workers: int, progress: Progress) -> None:
    """Bring back what was dropped, analyse these tables and set their sequences."""
    progress.step("Indexes and foreign keys", 1.0)
    with rebuilding(dsn, tables, workers, progress) as rest:
        rest.finish()
    progress.advance(0.0)


def rebuilding(
    dsn: str, tables: Iterable[str], workers: int, progress: Progress, last: ddl.Last = ddl.all_needed
) -> AbstractContextManager[ddl.Rebuilding]:
    """The same, in the hands of the caller, telling how far it is."""
    told = 0.0

    def tell(what: str, share: float) -> None:
        nonlocal told
        progress.advance(share - told, what)
        told = share

    return ddl.rebuilding(dsn, tables, workers, tell, last)
