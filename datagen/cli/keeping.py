"""Commands on a database that has a record, or is to have one: analyse, health, init, wipe, status, verify."""

import sys
import time
from typing import Annotated

import typer

from aquamind.errors import UserError
from datagen import console
from datagen.cli.command import app
from datagen.cli.options import CORES, AsJson, Day, Destroy, Fill, Folder, Nice, Workers, parsed_day, target

VERDICTS = {True: "passes", False: "fails", None: "nothing of it"}
"""Of a figure that was measured."""


@app.command()
def analyse(
    batch: Annotated[list[str] | None, typer.Option(help="A batch number; may be repeated; default all.")] = None,
    status: Annotated[str | None, typer.Option(help="Only batches of this status, such as ACTIVE.")] = None,
    workers: Workers = CORES,
    _nice: Nice = False,
    as_json: AsJson = False,
) -> None:
    """Work out daily states, feeding summaries and planned activities. Example: aquamind analyse --status ACTIVE"""
    from aquamind import database
    from datagen import orm, pipeline

    dsn = target()
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
    console.show_report(report, time.perf_counter() - begin, as_json, "Rows")


@app.command()
def health(
    fish: Annotated[int, typer.Option(help="Fish looked at in each check.")] = 75,
    every: Annotated[int, typer.Option(help="Days from check to check.")] = 30,
    begin: Annotated[str | None, typer.Option("--from", help="First day, such as 2025-01-01; default all.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day; default the last of the record.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be added.")] = False,
    catalog: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Add health checks to batches that are there; the same again adds nothing. Example: aquamind health --fish 75
    --every 30"""
    from datagen import orm
    from datagen.catalog.reader import load
    from datagen.farm import resolve

    company = load(catalog)
    days = [None if text is None else parsed_day(name, text) for name, text in (("from", begin), ("to", end))]
    dsn = target()
    orm.use(dsn)
    from datagen.runs import health

    started = time.perf_counter()
    with console.Steps() as steps:
        added = health.add(dsn, company, resolve(company), health.Wanted(fish, every, *days), steps, dry_run)
    seconds = time.perf_counter() - started
    if as_json:
        told = {"checks": added.checks, "there_already": added.there_already, "rows": dict(added.rows)}
        console.print_json({**told, "written": not dry_run, "seconds": seconds})
        return
    console.show_table(
        "Health checks to be added" if dry_run else "Health checks added",
        [("batch", "left"), ("checks", "right")],
        [(number, f"{checks:,}") for number, checks in [*added.checks.items(), ("all", sum(added.checks.values()))]],
    )
    console.err.print(
        f"{sum(added.rows.values()):,} rows in {seconds:.1f} s; {added.there_already:,} checks were there already"
    )


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
    dsn = target()
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

    dsn = target()
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

    dsn = target()
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
        console.out.print(
            f"Database {database.redacted(dsn)}: nothing yet. Next: aquamind run", markup=False, soft_wrap=True
        )
        return
    console.out.print(
        f"Database {database.redacted(dsn)}, {len(found['units'])} units, content {found['content_hash'][:16]}",
        markup=False,
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
def verify(workers: Workers = CORES, _nice: Nice = False, as_json: AsJson = False) -> None:
    """Judge the database by the laws of the record; exit code 1 if one is broken. Example: aquamind verify --json"""
    from dataclasses import asdict

    from datagen import checks

    with console.Steps() as steps:
        verdicts = checks.verify(target(), workers, steps)
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


@app.command()
def coverage(as_of: Day = None, as_json: AsJson = False) -> None:
    """Say whether acceptance tests find on a day what they need; exit code 1 if not. Example: aquamind coverage"""
    from dataclasses import asdict

    from datagen.checks.coverage import coverage as covered

    items = covered(target(), parsed_day("as-of", as_of))
    if as_json:
        console.print_json([asdict(item) for item in items])
    else:
        console.show_table(
            "Coverage",
            [("what", "left"), ("wanted", "left"), ("found", "right"), ("verdict", "left")],
            [
                (each.title, each.wanted, "none" if each.found is None else f"{each.found:g}", VERDICTS[each.passed])
                for each in items
            ],
        )
    raise typer.Exit(0 if all(item.passed for item in items) else 1)


@app.command()
def likeness(as_json: AsJson = False) -> None:
    """Measure how close the database comes to published figures. Example: aquamind likeness --json"""
    from dataclasses import asdict

    from datagen import likeness as figures

    measured = figures.measure(target())
    if as_json:
        console.print_json([asdict(each) for each in measured])
        return
    console.show_table(
        "Likeness",
        [("check", "left"), ("figure", "left"), ("value", "right"), ("aim", "left"), ("", "left"), ("verdict", "left")],
        [
            (
                each.check,
                each.title,
                each.shown,
                each.aim,
                "tuned" if each.tuned else "",
                VERDICTS[each.passed],
            )
            for each in measured
        ],
    )


@app.command()
def snapshot(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    replace: Annotated[bool, typer.Option("--replace", help="In place of one of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the database as it is now, for `aquamind restore`. Example: aquamind snapshot clean"""
    from dataclasses import asdict

    from datagen.runs import snapshots

    begin = time.perf_counter()
    made = snapshots.take(target(), name, replace)
    seconds = time.perf_counter() - begin
    if as_json:
        console.print_json({**asdict(made), "seconds": seconds})
        return
    said = f"Kept in {seconds:.1f} s, {made.size_bytes / 1e9:.1f} GB. Next: aquamind restore {name}"
    console.err.print(said, markup=False, soft_wrap=True)


@app.command()
def restore(
    name: Annotated[str, typer.Argument(help="One that `aquamind snapshots` shows.")],
    to_destroy: Destroy = None,
    as_json: AsJson = False,
) -> None:
    """Make the database again what it was at a snapshot; all that was changed since is gone. Example: aquamind restore
    clean"""
    from datagen.runs import snapshots

    begin = time.perf_counter()
    snapshots.restore(target(), name, to_destroy)
    seconds = time.perf_counter() - begin
    if as_json:
        console.print_json({"name": name, "seconds": seconds})
    else:
        console.err.print(f"Restored in {seconds:.1f} s", markup=False)


@app.command()
def snapshots(
    drop: Annotated[list[str] | None, typer.Option(help="Delete this one first; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """What snapshots of the database there are, with their size. Example: aquamind snapshots --drop clean"""
    from dataclasses import asdict

    from datagen.runs import snapshots as kept

    dsn = target()
    for name in drop or ():
        kept.drop(dsn, name)
    found = kept.known(dsn)
    if as_json:
        console.print_json([asdict(each) for each in found])
        return
    console.show_table(
        "Snapshots",
        [("name", "left"), ("made (UTC)", "left"), ("record to", "left"), ("content hash", "left"), ("GB", "right")],
        [(each.name, each.made, each.as_of, each.content_hash[:16], f"{each.size_bytes / 1e9:.2f}") for each in found],
    )
