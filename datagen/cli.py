"""Fills a PostgreSQL database with years of a salmon company's operation, in one command or step by step."""

import errno
import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from multiprocessing import active_children
from pathlib import Path
from typing import Annotated, Any

import typer

from aquamind.errors import NothingJudgedError, UserError
from datagen import console

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=__doc__,
)

Day = Annotated[str | None, typer.Option(help="Last day of the record, such as 2025-11-21; default today.")]
Seed = Annotated[int, typer.Option(help="Another seed is another company history.", min=0, max=2**62)]
Folder = Annotated[Path | None, typer.Option("--catalog", help="Folder of another company; default the built-in one.")]
Workers = Annotated[int, typer.Option(help="Processes that load, and connections that build indexes.", min=1, max=64)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PresetName = Annotated[str, typer.Option(help="production, guide, medium or small.")]
Years = Annotated[float | None, typer.Option(help="Years from the first batch at sea to today.")]
Stagger = Annotated[int | None, typer.Option(help="Days between batch starts over all.")]
Saturation = Annotated[float | None, typer.Option(help="Highest planned share of each kind of container.")]
Batches = Annotated[int | None, typer.Option(help="Batches per geography; default as many as the years hold.")]
Destroy = Annotated[
    str | None,
    typer.Option(
        "--database-name-to-destroy",
        help="The database's name, typed to allow that all operational rows in it are deleted first if there are some "
        "that this tool did not write; without, such a database is refused.",
    ),
]
Fill = Annotated[
    list[str] | None,
    typer.Option(
        "--fill",
        metavar="TABLE.COLUMN=VALUE",
        help="What every row is to hold in a column of the database that this tool does not know; may be repeated, and "
        "is remembered there.",
    ),
]
CORES = os.cpu_count() or 2
INTERRUPTED = 130
LEAVE_WITHIN_S = 1.0
"""After an interrupt."""


def main(command: Callable[[], Any] = app) -> None:
    """Run a command; a mistake of the user's is one message and exit code 2, what stops it from outside one and 1."""
    _heed_interrupts()
    # A terminal may not know all letters of a name.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        command()
    except UserError as error:
        console.err.print(f"Error: {error}", markup=False, soft_wrap=True)
        sys.exit(1 if isinstance(error, NothingJudgedError) else 2)
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _say_interrupted()
        raise
    except Exception as error:
        if (refused := _refused(error)) is not None:
            console.err.print(f"Error: {refused}", markup=False, soft_wrap=True)
            sys.exit(2)
        if (what := _stopped_by(error)) is None:
            raise
        console.err.print(f"Stopped: {what}. Run the same again to go on", markup=False, soft_wrap=True)
        sys.exit(1)


def _heed_interrupts() -> None:
    """Let an interrupt end a command in the usual way, or without it where that takes long: a server may not answer."""

    def interrupted(*_: object) -> None:
        leaving = threading.Timer(LEAVE_WITHIN_S, _leave)
        leaving.daemon = True
        leaving.start()
        raise KeyboardInterrupt

    # Not where a shell has made what runs in the background deaf.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted)


def _leave() -> None:
    for worker in active_children():
        worker.kill()
    console.err.show_cursor()
    _say_interrupted()
    os._exit(INTERRUPTED)


@cache
def _say_interrupted() -> None:
    console.err.print("Interrupted. Run the same again to go on")


def _refused(error: BaseException) -> UserError | None:
    from aquamind import database

    return database.explained(error)


def _stopped_by(error: BaseException | None) -> str | None:
    """What ended a command from outside; None where the program itself is at fault."""
    from concurrent.futures import BrokenExecutor

    import psycopg

    while error is not None:
        if isinstance(error, BrokenExecutor):
            return "a worker process died; it was killed, or memory ran out"
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return f"no space left to write {error.filename or 'the output'}. Free some"
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return _locked_by()
        if isinstance(error, psycopg.errors.DiskFull):
            return f"the server's disk is full: {str(error).splitlines()[0]}. Free some"
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return f"the database failed: {(str(error).splitlines() or [type(error).__name__])[0]}"
        error = error.__cause__ or error.__context__
    return None


def _locked_by() -> str:
    from aquamind import database
    from datagen.storage import postgres

    with database.connect(_dsn(), autocommit=True, application_name="aquamind") as connection:
        who = postgres.blocker(connection)
    return f"{who}, which was needed. Wait until it ends, or end it" if who else "a lock was not to be had in 10 s"


@app.command()
def run(
    preset: PresetName = "production",
    as_of: Day = None,
    seed: Seed = 1,
    years: Years = None,
    stagger: Stagger = None,
    saturation: Saturation = None,
    batches: Batches = None,
    catalog: Folder = None,
    workers: Workers = CORES,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Do everything: schema, master data, plan, simulation, load, indexes. Example: aquamind run --preset guide"""
    case, bound = _planned(preset, as_of, seed, years, stagger, saturation, batches, catalog)
    if dry_run:
        _show_plan(case, bound, as_json)
    else:
        _execute(case, workers, as_json, to_destroy=to_destroy, fill=fill, show=not as_json, bound=bound)


@app.command()
def plan(
    preset: PresetName = "production",
    as_of: Day = None,
    seed: Seed = 1,
    years: Years = None,
    stagger: Stagger = None,
    saturation: Saturation = None,
    batches: Batches = None,
    catalog: Folder = None,
    output: Annotated[Path | None, typer.Option(help="Schedule file to write, for `aquamind generate`.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a plan and write it as a schedule file. Example: aquamind plan --years 4 --output config/schedule.yaml"""
    from datagen.planning import schedule

    case, bound = _planned(preset, as_of, seed, years, stagger, saturation, batches, catalog)
    _show_plan(case, bound, as_json)
    if output is not None and not dry_run:
        schedule.write(case, output)
        also = f" --catalog {catalog}" if catalog else ""
        console.err.print(f"Written: {output}. Next: aquamind generate {output}{also}", soft_wrap=True)


@app.command()
def generate(
    schedule_file: Annotated[Path, typer.Argument(help="Schedule file of `aquamind plan`.")],
    catalog: Folder = None,
    workers: Workers = CORES,
    log_dir: Annotated[Path | None, typer.Option(help="Folder for a log of each batch: its rows and time.")] = None,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Execute a schedule file. Example: aquamind generate config/schedule.yaml --workers 2"""
    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning import schedule

    company = load(catalog)
    farm = resolve(company)
    case = Case(company, farm, schedule.read(schedule_file, company, farm))
    if log_dir is not None:
        try:
            log_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=log_dir):
                pass
        except OSError as error:
            raise UserError("log-dir", str(log_dir), f"{error.strerror}. Name a folder that can be written") from None
    _execute(case, workers, as_json, log_dir=log_dir, to_destroy=to_destroy, fill=fill)


@app.command()
def batch(
    start_date: Annotated[str, typer.Option(help="Day the eggs arrive, such as 2025-01-01.")],
    eggs: Annotated[int, typer.Option(help="Eyed eggs delivered.")],
    geography: Annotated[str, typer.Option(help="Such as 'Faroe Islands'.")],
    duration: Annotated[int, typer.Option(help="Days of record; at most up to today.")] = 900,
    as_of: Day = None,
    seed: Seed = 1,
    catalog: Folder = None,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """One batch of 10 containers a stage, beside what is there. Example: aquamind batch --start-date 2025-01-01
    --eggs 3500000 --geography "Faroe Islands" --duration 200"""
    from datagen import orm
    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning.presets import single_plan

    if duration < 1:
        raise UserError("duration", duration, "Give at least 1 day.")
    start = _day("start-date", start_date)
    company = load(catalog)
    farm = resolve(company)
    today = _day("as-of", as_of)
    last = start + timedelta(days=max(min(duration - 1, (today - start).days), 0))
    # Checked before a server is started, or asked.
    single_plan(company, farm, geography, start, eggs, min(last, today), seed)
    orm.use(_dsn())
    from datagen.runs import occupancy

    code = farm.geography_code[farm.geography_index(geography)]
    occupied, running_number = occupancy.taken(_dsn(), farm.container_name, code)
    made = single_plan(company, farm, geography, start, eggs, last, seed, occupied, running_number)
    _execute(Case(company, farm, made), 1, as_json, beside=True, to_destroy=to_destroy, fill=fill)


@app.command()
def advance(
    to: Annotated[
        str | None, typer.Option(help="New last day of the record, such as 2025-11-28; default today.")
    ] = None,
    catalog: Folder = None,
    workers: Workers = CORES,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Carry the database on to a later day: only what is new is written. Example: aquamind advance --to 2025-11-28"""
    from datagen import orm
    from datagen.catalog.reader import load
    from datagen.farm import resolve

    company = load(catalog)
    day, dsn = _day("to", to), _dsn()
    orm.use(dsn)

    from datagen.runs import advancing
    from datagen.storage import fill as filling

    fills = filling.parse(fill or ())
    begin = time.perf_counter()
    with console.Steps() as steps:
        report = advancing.advance(dsn, company, resolve(company), day, workers, steps, to_destroy, fills)
    if not report.rows and not as_json:
        console.err.print(f"Nothing to do: the record reaches {day} already")
        return
    _show(report, time.perf_counter() - begin, as_json, "Rows written or changed")


@app.command()
def analyse(
    batch: Annotated[list[str] | None, typer.Option(help="A batch number; may be repeated; default all.")] = None,
    status: Annotated[str | None, typer.Option(help="Only batches of this status, such as ACTIVE.")] = None,
    workers: Workers = CORES,
    as_json: AsJson = False,
) -> None:
    """Work out daily states, feeding summaries and planned activities. Example: aquamind analyse --status ACTIVE"""
    from aquamind import database
    from datagen import orm, pipeline

    dsn = _dsn()
    orm.use(dsn)
    from datagen import runs
    from datagen.runs import preflight, protection, wiping
    from datagen.storage import ledger, postgres

    begin, report = time.perf_counter(), pipeline.Report()
    with database.connect(dsn, autocommit=True, application_name="aquamind analyse") as connection:
        postgres.hold(connection)
        preflight.check_session(connection)
        preflight.check_connections(dsn, workers)
        batches = wiping.batches(connection)
        # What another analysis left unfinished, one of all finishes.
        if unfinished := (ledger.unfinished if batch or status else ledger.interrupted_run)(connection):
            raise UserError("database", database.redacted(dsn), unfinished)
        if not batches:
            raise UserError("database", database.redacted(dsn), "It holds no batches. Run `aquamind run` first")
        if others := protection.batches_of_others(connection):
            cure = (
                f"{others:,} of its batches were not made by this tool. Choose a database of its own with DATABASE_URL"
            )
            raise UserError("database", database.redacted(dsn), cure)
        query = "SELECT id, batch_number, status FROM batch_batch ORDER BY id"
        found = [row for row in connection.execute(query) if status in (None, row[2])]
        if not found:
            raise UserError("status", status, "No batch has it. Batches are ACTIVE or COMPLETED")
        for number in set(batch or ()).difference(row[1] for row in found):
            raise UserError("batch", number, "No such batch is there" + (f" with status {status}" if status else ""))
        chosen = [row[0] for row in found if not batch or row[1] in batch]
        ledger.prepare(connection)
        with console.Steps() as steps:
            runs.follow(dsn, chosen, workers, steps, report)
        report.content_hash = ledger.status(connection)["content_hash"]
    _show(report, time.perf_counter() - begin, as_json, "Rows")


@app.command()
def init(
    catalog: Folder = None,
    only: Annotated[list[str] | None, typer.Option(help="A subject, such as finance; may be repeated.")] = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Create the schema where there is none, and missing master data; those of this tool follow a changed catalog as
    long as there are no batches. Example: aquamind init --only finance"""
    from aquamind import database
    from datagen import orm
    from datagen.catalog.reader import load
    from datagen.farm import resolve

    company = load(catalog)
    dsn = _dsn()
    orm.use(dsn)
    from datagen import runs
    from datagen.runs import preflight
    from datagen.storage import fill as filling
    from datagen.storage import postgres

    fills = filling.parse(fill or ())
    with database.connect(dsn, autocommit=True, application_name="aquamind init") as connection:
        postgres.hold(connection)
        preflight.check_session(connection)
        done = runs.prepare(connection, company, resolve(company), (), only, fills)
    if as_json:
        told = {
            table: {**each._asdict(), "different": [one._asdict() for one in each.different]}
            for table, each in done.items()
        }
        console.print_json(told)
        return
    console.show_table(
        "Master data",
        [("table", "left"), ("rows created", "right"), ("changed to the catalog's", "right")],
        [(table, f"{each.created:,}", f"{each.updated:,}") for table, each in done.items()],
    )
    if different := [one for each in done.values() for one in each.different]:
        console.show_table(
            "Not as in the catalog, and left",
            [(name, "left") for name in ("table", "row", "column", "database", "catalog")],
            [each[:5] for each in different],
        )


@app.command()
def wipe(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    to_destroy: Destroy = None,
) -> None:
    """Delete batches and all that was recorded of them; infrastructure and master data stay. Example: aquamind wipe"""
    from aquamind import database
    from datagen import orm

    dsn = _dsn()
    orm.use(dsn)
    from datagen.runs import preflight, protection, wiping
    from datagen.storage import postgres

    with database.connect(dsn, autocommit=True, application_name="aquamind wipe") as connection:
        postgres.hold(connection)
        preflight.check_session(connection)
        preflight.check_connections(dsn)
        rows = wiping.batches(connection)
        unlink = protection.permit(connection, to_destroy)
        if not yes:
            typer.echo(f"This deletes all operational data ({rows:,} batches) of {database.redacted(dsn)}.", err=True)
            typer.echo("Type DELETE to go on: ", err=True, nl=False)
            if sys.stdin is None or sys.stdin.readline().strip() != "DELETE":
                raise UserError("answer", None, "not DELETE: nothing was deleted.")
            # Much may have been written while the question stood.
            unlink = protection.permit(connection, to_destroy)
        begin = time.perf_counter()
        wiping.wipe(connection, dsn, unlink)
    console.err.print(f"Wiped in {time.perf_counter() - begin:.1f} s. Next: aquamind run")


@app.command()
def status(as_json: AsJson = False) -> None:
    """What this tool wrote into the database: runs, rows and content hash by table. Example: aquamind status --json"""
    from aquamind import database
    from datagen import orm

    dsn = _dsn()
    orm.use(dsn)
    from datagen.runs import revisions
    from datagen.storage import ledger

    with database.connect(dsn, autocommit=True, application_name="aquamind status") as connection:
        found = ledger.status(connection)
        found["schema_moved_on"] = revisions.moved_on(connection) if found["runs"] else []
    if as_json:
        console.print_json(found)
        return
    if not found["runs"]:
        console.out.print(f"Database {database.redacted(dsn)}: nothing yet. Next: aquamind run", soft_wrap=True)
        return
    console.out.print(
        f"Database {database.redacted(dsn)}, {len(found['units'])} units, content {found['content_hash'][:16]}",
        soft_wrap=True,
    )
    for one in found["runs"]:
        state = f"finished {one['finished'][:19]}" if one["finished"] else "interrupted: run it again to finish it"
        console.out.print(f"Run {one['id']}: as of {one['as_of']}, seed {one['seed']}, {state}")
    if revision := found["runs"][-1]["parameters"].get("revision"):
        console.out.print(f"Schema: {revision}", markup=False, soft_wrap=True)
    if moved := found["schema_moved_on"]:
        console.out.print(f"The schema has moved on since: {', '.join(moved)}", markup=False, soft_wrap=True)
    if found["dropped"]:
        console.out.print(f"{len(found['dropped'])} indexes and keys are missing until the run is finished")
    console.show_table(
        "Rows",
        [("table", "left"), ("rows", "right"), ("content hash", "left")],
        [(table, f"{entry['rows']:,}", entry["content_hash"][:16]) for table, entry in found["tables"].items()],
    )


@app.command()
def verify(workers: Workers = CORES, as_json: AsJson = False) -> None:
    """Judge the database by the laws of the record; exit code 1 if one is broken. Example: aquamind verify --json"""
    from dataclasses import asdict

    from datagen import checks

    with console.Steps() as steps:
        verdicts = checks.verify(_dsn(), workers, steps)
    broken = [verdict for verdict in verdicts if verdict.offending]
    if as_json:
        console.print_json([asdict(verdict) for verdict in verdicts])
    else:
        console.show_table(
            "Laws",
            [("law", "left"), ("seconds", "right"), ("verdict", "left")],
            [(v.title, f"{v.seconds:.1f}", _verdict(v.checked, v.offending)) for v in verdicts],
        )
        for verdict in broken:
            columns = [(name, "left") for name in verdict.rows[0]]
            console.show_table(f"{verdict.title}: {verdict.meaning}", columns, [row.values() for row in verdict.rows])
    raise typer.Exit(1 if broken else 0)


def _verdict(checked: bool, offending: int) -> str:
    if not checked:
        return "nothing to check"
    return f"{offending:,} rows break it" if offending else "holds"


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql on the database, with psql's own arguments. Example: aquamind psql -c "select now()" """
    from aquamind import database
    from aquamind.server import binaries

    # A command line can be read by every user of the machine, an environment by its owner alone.
    variables, arguments = database.for_programs(_dsn())
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PGSERVICE")}
    program = str(binaries() / "psql")
    # In this process's place: Ctrl-C is for psql, which ends a query by it and stays.
    command = [program, *arguments, *context.args]
    os.execve(program, command, {"PGCONNECT_TIMEOUT": "15", **environment, **variables})


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
) -> None:
    """Serve charts of every batch, occupancy, and the admin. Example: aquamind serve --port 8000"""
    from aquamind import database
    from datagen import orm

    dsn = _dsn()
    database.connect(dsn).close()
    orm.use(dsn)
    from aquamind.serving import serve as run_site

    run_site(host, port, lambda bound: console.err.print(f"Serving on http://{host}:{bound}/ (Ctrl-C stops)"))


@app.command()
def stop() -> None:
    """Stop the embedded server; its data stays. Example: aquamind stop"""
    from aquamind import database
    from aquamind.server import server

    own = server()
    said = "Stopped. Its data stays" if database.stop() else "Nothing to stop: the embedded server does not run"
    console.err.print(f"{said} in {own.home}" if own.home.exists() else said, markup=False, soft_wrap=True)


def _dsn() -> str:
    from aquamind import database

    return database.url()


def _day(field: str, text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise UserError(field, text, "Write a day as YYYY-MM-DD, such as 2025-11-21.") from None


def _planned(
    preset: str,
    as_of: str | None,
    seed: int,
    years: float | None,
    stagger: int | None,
    saturation: float | None,
    batches: int | None,
    folder: Path | None,
) -> tuple[Any, str | None]:
    """The case of a preset with what was set otherwise, and what bound its plan, if anything."""
    from dataclasses import replace

    from datagen.case import Case
    from datagen.catalog.reader import closest, load
    from datagen.farm import resolve
    from datagen.planning.presets import PRESETS, make_plan, small_plan
    from datagen.planning.room import check_room

    if preset not in PRESETS:
        raise UserError("preset", preset, f"There is no such preset. {closest(preset, list(PRESETS))}")
    changed: dict[str, Any] = {"years": years, "stagger_days": stagger, "saturation": saturation, "batches": batches}
    given = {name: value for name, value in changed.items() if value is not None}
    if preset == "small" and given:
        name, value = next(iter(given.items()))
        raise UserError(name.removesuffix("_days"), value, "`small` is one batch; choose another preset with it")
    chosen = replace(PRESETS[preset], **given)
    company = load(folder)
    farm = resolve(company)
    day = _day("as-of", as_of)
    if preset == "small":
        made, bound = small_plan(company, farm, day, seed), None
    else:
        made, bound = make_plan(company, farm, chosen, day, seed)
    case = Case(company, farm, made)
    check_room(case)
    return case, bound


def _show_plan(case: Any, bound: str | None, as_json: bool) -> None:
    from dataclasses import asdict

    from datagen import pipeline
    from datagen.runs import outlook

    made = outlook.foresee(case, pipeline.simulate(case), bound)
    if as_json:
        console.print_json(asdict(made))
    else:
        console.show_outlook(made)


def _execute(
    case: Any,
    workers: int,
    as_json: bool,
    beside: bool = False,
    log_dir: Path | None = None,
    to_destroy: str | None = None,
    fill: list[str] | None = None,
    show: bool = False,
    bound: str | None = None,
) -> None:
    from datagen import orm
    from datagen.runs import outlook

    dsn = _dsn()
    orm.use(dsn)
    from datagen import runs
    from datagen.storage import fill as filling

    fills = filling.parse(fill or ())
    begin = time.perf_counter()
    with console.Steps() as steps:

        def announce(histories: Any) -> None:
            with steps.aside():
                console.show_outlook(outlook.foresee(case, histories, bound))

        job = runs.Job(dsn, case, workers, beside, log_dir, to_destroy, fills, announce if show else None)
        report = runs.execute(job, steps)
    _show(report, time.perf_counter() - begin, as_json, "Rows")
    if not as_json:
        said = "Next: aquamind status, aquamind verify, aquamind serve, aquamind psql; aquamind wipe to begin anew"
        console.out.print(said, soft_wrap=True)


def _show(report: Any, seconds: float, as_json: bool, title: str) -> None:
    if as_json:
        made = {"seconds": {**report.seconds, "all": seconds}, "rows": report.rows, "content_hash": report.content_hash}
        console.print_json(made)
        return
    total = sum(report.rows.values())
    rows = [(table, f"{number:,}") for table, number in sorted(report.rows.items(), key=lambda item: -item[1])]
    console.show_table(title, [("table", "left"), ("rows", "right")], [*rows, ("all", f"{total:,}")])
    console.show_table(
        "Time",
        [("step", "left"), ("seconds", "right")],
        [*((step, f"{s:.1f}") for step, s in report.seconds.items()), ("all", f"{seconds:.1f}")],
    )
    console.out.print(f"Content {report.content_hash[:16]}")
