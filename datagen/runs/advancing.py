"""A generated database carried on to a later day: only what is new, or has changed since, is written."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pyarrow as pa
from psycopg.rows import dict_row

from apps.batch.growth_analysis.tables import Tables
from apps.planning.models import PlannedActivity
from aquamind import database
from aquamind.errors import UserError
from datagen import masterdata, orm, pipeline, runs, states
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.events import FAMILIES, STREAMED, expand, making, readings, settled_after
from datagen.events.context import BatchRecord, ComingRecord, GeographyRecord, MixedRecord, Record, Rows
from datagen.events.family import BatchFamily
from datagen.execution import Executor, Hire, Task, finished, hired
from datagen.farm import Farm, with_database_ids
from datagen.keys import RESERVED_DAYS, Keys, keys, mixed, mixed_record
from datagen.masterdata.sensors import add_spares
from datagen.pipeline import Progress, Report
from datagen.planning import schedule
from datagen.planning.presets import carry_on
from datagen.planning.room import check_room
from datagen.runs import analysis, books, preflight, protection, revisions, wiping
from datagen.simulation.history import History
from datagen.simulation.loop import held_back
from datagen.storage import absent, changes, ddl, fill, ledger, postgres, untouched
from datagen.storage.changes import Carried

LEAVE = "Leave them as they are: --keep-edits"
NOTHING = "It holds no finished run. Make one with `aquamind run`"


Lives: TypeAlias = tuple[dict[int, History], dict[int, History]]
"""Histories by geography of a plan, and of the same carried on."""


@dataclass(frozen=True)
class Present:
    """A plan in the database as of its present day, the highest keys before its first run, and its last run."""

    case: Case
    taken: dict[str, int]
    run: int


def advance(
    dsn: str,
    catalog: Catalog,
    farm: Farm,
    to: date,
    workers: int,
    progress: Progress,
    to_destroy: str | None = None,
    fills: fill.Fills | None = None,
    keep_edits: bool = False,
) -> Report:
    """Carry a database on to a day; called again after a kill, it goes on where it was.

    Both days are lived anew, and each table of a batch is compared with what the ledger says of it: one that is the
    same stays untouched, and of the others the rows of then and now are compared by key. So the result is, row for row,
    that of one run of the carried-on plan as of the last day. Where rows of others are in the way, they are deleted and
    all is made by such a run (`to_destroy`, the database's name); or they stay, and what nobody has touched is carried
    on beside them (`keep_edits`): the report says what was not.
    """
    orm.use(dsn)
    report = Report()
    with (
        database.connect(dsn, autocommit=True, application_name="aquamind advance") as connection,
        hired(workers, None) as hire,
    ):
        postgres.hold(connection)
        preflight.check_session(connection)
        preflight.check_connections(dsn, workers)
        wiping.batches(connection)
        counted = protection.counted(connection)
        # All rows are looked at by the server, which leaves this processor free.
        with runs.one_beside(dsn, workers, "aquamind advance") as beside:
            asked = beside.submit(Task(1, _others, (to_destroy, keep_edits)))
            with _refused_first(asked):
                there = present(connection, catalog, farm)
                carried = _carried_on(there, to)
                lived = None if to_destroy else _lived(there[0].case, carried[0], progress, report, hire)
            with report.timed("rows of others"):
                foreign, others = asked.result()
        ledger.prepare(connection)
        if not foreign:
            for number, (each, now) in enumerate(zip(there, carried, strict=True)):
                lives = (None if number else lived) or _lived(each.case, now, progress, report, hire)
                report.add(_carry(connection, dsn, each, now, lives, workers, progress, fills, bool(others), hire))
            report.others = others
            report.kept |= _not_worked_out(connection, others) if others else {}
            protection.vouch(connection, None if others else counted, report.rows)
            report.content_hash = ledger.status(connection)["content_hash"]
            return report
    _run_anew(dsn, carried, workers, progress, to_destroy, fills, report)
    return report


def _run_anew(
    dsn: str,
    carried: list[Case],
    workers: int,
    progress: Progress,
    to_destroy: str | None,
    fills: fill.Fills | None,
    report: Report,
) -> None:
    """The first plan's run deletes all operational rows; those of the others come beside it."""
    for number, now in enumerate(carried):
        destroying = None if number else to_destroy
        job = runs.Job(dsn, now, workers, beside=number > 0, to_destroy=destroying, fills=fills or {})
        report.add(runs.execute(job, progress))


def _others(
    connection: psycopg.Connection[Any], to_destroy: str | None, keep_edits: bool
) -> tuple[bool, dict[str, int]]:
    """Whether rows of others go, for the database was named; or those by table that stay."""
    if keep_edits:
        return False, protection.edits(connection)
    return protection.permit(connection, to_destroy, LEAVE), {}


@contextmanager
def _refused_first(asked: Future[Any]) -> Iterator[None]:
    """Where something else is refused as well, what was asked before is told."""
    try:
        yield
    except UserError:
        asked.result()
        raise


def _lived(then: Case, now: Case, progress: Progress, report: Report, hire: Hire) -> Lives:
    """A plan as it was and carried on; nothing where it is the same."""
    if now.plan == then.plan:
        return {}, {}
    check_room(now)
    with report.timed("simulation"):
        progress.step("Simulation")
        lived = pipeline.simulate_both(then, now, hire)
        progress.advance(0.0, held_back(now, lived[1].values()))
    return lived


def _not_worked_out(connection: psycopg.Connection[Any], others: Collection[str]) -> dict[str, int]:
    """Rows of ours by table that were not worked out anew, because others have been at them, or at what they are of."""
    written, kept = ledger.rows(connection), dict[str, int]()
    for tables in (analysis.EXPORT_TABLES, books.TABLES):
        if set(tables).intersection(others):
            kept |= {table: written[table] for table in tables if written.get(table)}
    if changed := [key for key in protection.keys_of_others(connection, PlannedActivity) if key <= ddl.KEYS_OF_OTHERS]:
        kept[analysis.PLANNED_TABLE] = len(changed)
    return kept


def _carried_on(there: list[Present], to: date) -> list[Case]:
    """These plans carried on to a day.

    Beside another plan there are keys, and containers, for the batches that a plan has, and for no others.
    """
    carried = [replace(each.case, plan=carry_on(each.case, to)) for each in there]
    for then, now in zip((each.case for each in there), carried, strict=True) if len(there) > 1 else ():
        if len(now.batches) > len(then.batches):
            new = now.batches[len(then.batches)]
            cure = f"Batch {new.number} would be new by then, and has no keys beside those of `aquamind batch`"
            raise UserError("to", now.plan.as_of.isoformat(), f"{cure}. Name an earlier day")
        if now.plan.days > RESERVED_DAYS:
            cure = f"The record would be longer than {RESERVED_DAYS // 365} years. Name an earlier day"
            raise UserError("to", now.plan.as_of.isoformat(), cure)
    return carried


def _carry(
    connection: psycopg.Connection[Any],
    dsn: str,
    there: Present,
    now: Case,
    lives: Lives,
    workers: int,
    progress: Progress,
    fills: fill.Fills | None,
    beside_edits: bool,
    hire: Hire,
) -> Report:
    report, then, taken = Report(), there.case, there.taken
    checked = runs.check_schema(connection, [*keys(then, taken).tables, *protection.FOLLOWING], fills)
    fill.keep(connection, checked or {})
    with report.timed("master data"):
        masterdata.init(then.catalog, then.farm)
        add_spares(connection, then)
    if now.plan == then.plan:
        return report
    then, now = (replace(case, farm=with_database_ids(case.farm, connection)) for case in (then, now))
    given = keys(now, taken)
    described = {**runs.described(now), **revisions.described(connection)}
    parameters = {"preset": now.plan.preset, "taken": taken, "reserved": given.after, **described}
    run = ledger.begin(connection, runs.identify(now), parameters)
    with report.timed("changes"):
        # Of tables that a migration has added since, every batch has rows to write.
        if set(absent.present(connection, given.tables)) <= ledger.rows(connection).keys():
            settled = _settled(then, *lives)
            ledger.carry(connection, run, [now.as_lived.plan.batches[index].number for index in settled])
        turns = _turns(then, now, lives, given, _done(connection, run))
        progress.step("Changes", sum(task.size for tasks in turns for task in tasks))
        with hire(_database_carrier, dsn, then, now, run, beside_edits) as hands:
            for tasks in turns:
                # The largest first, so that none is left with one when all others are done.
                _carry_all(hands, sorted(tasks, key=lambda task: -task.size), progress, report)
    with report.timed("statistics"):
        tables = absent.present(connection, given.tables)
        # Which tables have moved on is told by counts, and a session counts when it has ended.
        untouched.workers_left(connection)
        runs.rebuild(dsn, ddl.moved_on(connection, tables), workers, progress)
        ddl.set_sequences(connection, tables)
    changed = _to_analyse(then, now, lives, given, _done(connection, run))
    runs.follow(dsn, changed, workers, progress, report, case=now, since=then.plan.as_of)
    ledger.finish(connection, run)
    return report


def _turns(then: Case, now: Case, lives: Lives, given: Keys, done: set[str]) -> list[list[Task]]:
    """What is to be carried on, in two turns: what begins as a mix refers to the batches that it is of."""
    tasks = (_tasks(then, now, *lives, given), _mixed_tasks(now, *lives, given))
    return [[task for unit, task in each if unit not in done] for each in tasks]


def _to_analyse(then: Case, now: Case, lives: Lives, given: Keys, done: set[str]) -> list[int]:
    """Keys of the batches whose daily states are to be worked out anew."""
    first_ids = [*given.of_batch[: len(now.plan.batches)], *(given.of_mixed[each] for each in now.mixed)]
    lived = now.as_lived.plan.batches
    living = [index for index in _living(then, lives[1]) if states.unit(lived[index].number) not in done]
    return [first_ids[index]["batch_batch"] for index in living]


def _carry_all(hands: Executor, tasks: Iterable[Task], progress: Progress, report: Report) -> None:
    rows, kept = Counter(report.rows), Counter(report.kept)
    for task, carried in finished((hands, tasks)):
        rows.update(carried.touched)
        kept.update(carried.kept)
        progress.advance(task.size, f"{rows.total():,} rows")
    report.rows, report.kept = dict(rows), dict(+kept)


def _settled(then: Case, old: dict[int, History], new: dict[int, History]) -> list[int]:
    """Batches of which all was known when the database stood still."""
    before = then.plan.days - settled_after(then.catalog)
    found = []
    for geography, history in old.items():
        stays = history.assignments
        for index in history.completed():
            ended = int(stays.departure_day[stays.batch == index].max())
            if ended < before and history.batch(index).same_life(new[geography].batch(index)):
                found.append(index)
    return found


def _living(then: Case, histories: dict[int, History]) -> list[int]:
    """Batches of which something is worked out anew: all but those long gone when the database stood still.

    By their place among those of the plan, and those mixed of them.

    A harvested batch has summaries of the last 30 days for so long.
    """
    ends = {}
    for history in histories.values():
        stays = history.assignments
        for index in set(stays.batch.tolist()):
            ends[index] = int(stays.departure_day[stays.batch == index].max())
    return [index for index in sorted(ends) if ends[index] >= then.plan.days - 31]


def present(connection: psycopg.Connection[Any], catalog: Catalog, farm: Farm) -> list[Present]:
    """What is in the database: one plan, or those of several runs (`aquamind batch`).

    A run that carries one of them on may be interrupted.
    """
    if not ledger.present(connection):
        raise UserError("database", connection.info.dbname, NOTHING)
    found = connection.cursor(row_factory=dict_row).execute(
        "SELECT id, parameters, catalog_hash, version, finished, parameters->>'schedule' AS schedule"
        " FROM datagen.run ORDER BY id"
    )
    all_runs = found.fetchall()
    ended = [run for run in all_runs if run["finished"]]
    name = connection.info.dbname
    if not ended or any(not _advanced(run, ended) for run in all_runs if not run["finished"]):
        raise UserError("database", name, ledger.interrupted_run(connection) or NOTHING)
    if len(all_runs) == len(ended) and (unfinished := ledger.unfinished(connection)):
        raise UserError("database", name, unfinished)
    # A plan is made above the keys that are taken, and carried on from there.
    last_of = {json.dumps(run["parameters"]["taken"], sort_keys=True): run for run in ended}
    return [_plan_of(run, catalog, farm) for run in last_of.values()]


def _plan_of(last: dict[str, Any], catalog: Catalog, farm: Farm) -> Present:
    if last["catalog_hash"] != catalog.content_hash():
        made = f"The database was made from another catalog (hash {last['catalog_hash'][:12]})"
        raise UserError("catalog", catalog.content_hash()[:12], f"{made}: name its folder with --catalog")
    if last["version"] != pipeline.VERSION:
        cure = f"The database was made by version {last['version']} of the content: use that version of the program"
        raise UserError("version", pipeline.VERSION, cure)
    plan = schedule.parse(last["schedule"], Path(f"run {last['id']}"), catalog, farm)
    return Present(Case(catalog, farm, plan), last["parameters"]["taken"], last["id"])


def _advanced(open_run: dict[str, Any], ended: list[dict[str, Any]]) -> bool:
    """Whether an interrupted run was one that carried another on."""
    return any(open_run["parameters"]["taken"] == run["parameters"]["taken"] for run in ended)


def _done(connection: psycopg.Connection[Any], run: int) -> set[str]:
    """Units that this run, interrupted, has carried on already."""
    return {unit for (unit,) in connection.execute("SELECT unit FROM datagen.unit WHERE run = %s", [run])}


def _tasks(
    then: Case, now: Case, old: dict[int, History], new: dict[int, History], given: Keys
) -> Iterator[tuple[str, Task]]:
    """Every unit by its name in the ledger, with what carries it on."""
    for geography, lived in new.items():
        first_id = given.of_geography[geography]
        unit = GeographyRecord(now, lived, first_id, given.stride).unit
        yield unit, Task(len(lived.days.fish), _carry_geography, (old[geography], lived, first_id, given.stride))
    for index, batch in enumerate(now.batches):
        before = old[batch.geography].batch(index) if index < len(then.plan.batches) else None
        after = new[batch.geography].batch(index) if index < len(now.plan.batches) else None
        size = 1 if after is None else len(after.days.fish)
        yield batch.number, Task(size, _carry_batch, (index, before, after, given.of_batch[index]))


def _mixed_tasks(
    now: Case, old: dict[int, History], new: dict[int, History], given: Keys
) -> Iterator[tuple[str, Task]]:
    """The same of batches that began as a mix of others."""
    # Both were lived by the plan of now.
    before = dict(mixed(now, old))
    for index, after in mixed(now, new):
        record = mixed_record(now, index, after, given)
        known = (index, before.get(index), after, record.first_id, record.source_ids)
        yield record.unit, Task(len(after.days.fish), _carry_mixed, known)


@dataclass(frozen=True)
class _Carrier:
    """What a worker has: the case as it was, and carried on, and the run in a database that it is written into.

    A case keeps what it has worked out: with each task it would come without. `known` is the master data by which daily
    states follow from the rows that pass; None where others may have been at these, and they are read.
    """

    then: Case
    case: Case
    connection: psycopg.Connection[Any]
    run: int
    beside_edits: bool
    known: dict[str, pa.Table] | None


@contextmanager
def _database_carrier(dsn: str, then: Case, case: Case, run: int, beside_edits: bool) -> Iterator[_Carrier]:
    orm.use(dsn)
    with database.connect(dsn, autocommit=True, application_name="aquamind worker") as connection:
        known = None if beside_edits else states.rested_on(connection)
        yield _Carrier(then, case, connection, run, beside_edits, known)


def _carry_batch(
    worker: _Carrier, index: int, before: History | None, after: History | None, first_id: dict[str, int]
) -> Carried:
    old = _of_batch(worker.then, index, before, first_id) if index < len(worker.then.batches) else None
    new = _of_batch(worker.case, index, after, first_id)
    if before is not None and after is not None and before.same_life(after):
        return _carry_unit(worker, old, new, tuple(each for each in FAMILIES if each not in STREAMED), readings.TABLES)
    return _carry_unit(worker, old, new)


def _carry_mixed(
    worker: _Carrier,
    index: int,
    before: History | None,
    after: History,
    first_id: dict[str, int],
    source_ids: dict[int, dict[str, int]],
) -> Carried:
    old, new = (
        None if lived is None else MixedRecord(case, index, lived, first_id, case.mixed[index], source_ids)
        for case, lived in ((worker.then, before), (worker.case, after))
    )
    assert new is not None
    return _carry_unit(worker, old, new)


def _of_batch(case: Case, index: int, lived: History | None, first_id: dict[str, int]) -> Record:
    """A batch as far as it was lived; not at all, as it was ordered."""
    if lived is None:
        return ComingRecord(case, index, first_id)
    return BatchRecord(case, index, lived, first_id)


def _carry_geography(
    worker: _Carrier, before: History, after: History, first_id: dict[str, int], stride: int
) -> Carried:
    old = GeographyRecord(worker.then, before, first_id, stride)
    return _carry_unit(worker, old, GeographyRecord(worker.case, after, first_id, stride))


def _carry_unit(
    worker: _Carrier,
    old: Record | None,
    new: Record,
    families: tuple[BatchFamily, ...] = FAMILIES,
    same: Collection[str] = (),
) -> Carried:
    """Into the database what these families make anew; the tables of the others are the same.

    Where all of a batch is made, its daily states are worked out of that as well, and nothing is read back for them.
    """
    connection, own, made = worker.connection, None, expand(new, families)
    if seen := Tables(worker.known) if worker.known and isinstance(new, BatchRecord) and not same else None:
        made = seen.watch(made)
    if worker.beside_edits:
        own = ledger.by(ledger.transactions(connection) or [])

    def was(changed: set[str]) -> Iterator[Rows]:
        return iter(()) if old is None else expand(old, making(old.case, changed))

    try:
        carried = changes.apply(connection, worker.run, new.unit, was, made, own, same)
    except psycopg.errors.ForeignKeyViolation as error:
        if own is None:
            raise
        cure = "The record goes on from a row that was deleted. Have everything made anew: --database-name-to-destroy"
        raise UserError(new.unit, error.diag.message_detail, cure) from None
    if seen and (record := seen.record(worker.case.plan.as_of)):
        since, as_of = worker.then.plan.as_of, worker.case.plan.as_of
        carried.touched.update(states.carry(connection, worker.run, new.unit, record, since, as_of) or {})
    return carried
