"""The command that writes the record as files: export."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from aquamind.errors import UserError, is_text
from datagen import console
from datagen.cli.command import app
from datagen.cli.making import changed_preset, planned, show_outlook
from datagen.cli.options import (
    CORES,
    Ages,
    AsJson,
    Batches,
    Day,
    Finished,
    Folder,
    History,
    Imperfect,
    Nice,
    PresetName,
    Saturation,
    Scheduler,
    Seed,
    Stagger,
    Workers,
    Years,
    target,
)

if TYPE_CHECKING:
    from datagen.case import Case
    from datagen.files.cloud import Place
    from datagen.pipeline import Report
    from datagen.runs.exporting import Job

Write: TypeAlias = Callable[[console.Steps], tuple["Report", dict[str, Any]]]
"""Writes files, telling how far it is, and returns a report and their manifest."""

OF_A_DATABASE = frozenset(("directory", "from_database", "catalog", "file_format", "workers", "as_json"))
"""What may be said of an export of a database; the rest is of a plan, and the database has its own."""


@app.command()
def export(
    context: typer.Context,
    directory: Annotated[
        str, typer.Argument(help="Folder to write, new or empty; or a place such as s3://bucket/record, gs://, az://.")
    ],
    from_database: Annotated[
        bool, typer.Option("--from-database", help="Write what is in the database (DATABASE_URL), instead of a plan.")
    ] = False,
    preset: PresetName = "production",
    as_of: Day = None,
    seed: Seed = 1,
    years: Years = None,
    stagger: Stagger = None,
    saturation: Saturation = None,
    batches: Batches = None,
    ages: Ages = None,
    finished: Finished = None,
    imperfections: Imperfect = None,
    history: History = None,
    catalog: Folder = None,
    file_format: Annotated[str, typer.Option("--format", help="parquet, csv or arrow.")] = "parquet",
    companies: Annotated[int, typer.Option(help="How many companies: of this seed and the following ones.")] = 1,
    workers: Workers = CORES,
    _nice: Nice = False,
    scheduler: Scheduler = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a plan as files, without any database, or what is in one. Example: aquamind export record --preset uat"""
    from datagen import execution
    from datagen.files import FORMATS

    if file_format not in FORMATS:
        raise UserError("format", file_format, f"Known: {', '.join(FORMATS)}")
    if from_database:
        _refuse_a_plan(context)
        _extract(directory, catalog, file_format, workers, as_json)
        return
    chosen = changed_preset(preset, years, stagger, saturation, batches, ages, finished, imperfections, history)
    case, bound = planned(chosen, as_of, seed, catalog)

    from datagen.runs import companies as several
    from datagen.runs import exporting

    if scheduler is None and not dry_run:
        execution.expect(workers)
    several.check_number(companies)
    folder, place = _folder(directory)
    job = exporting.Job(folder, case, file_format, workers, scheduler)
    if dry_run:
        _show_plan(job, place, companies, bound, as_json)
        return

    def case_of(company: int) -> "Case":
        return case if company == 1 else planned(chosen, as_of, seed + company - 1, catalog)[0]

    write: Write = partial(exporting.execute, job)
    if companies > 1:
        write = partial(several.execute, several.Job(folder, case_of, companies, file_format, workers, scheduler))
    _write(folder, place, write, as_json)


def _show_plan(job: "Job", place: "Place | None", companies: int, bound: str | None, as_json: bool) -> None:
    from datagen.runs import exporting

    with _meant(place):
        made = exporting.foresee(job, bound)
    show_outlook(made, as_json)
    if companies > 1:
        rows, size = (companies * each / 1e9 for each in (sum(made.rows.values()), made.disk_bytes))
        console.err.print(f"{companies} companies of about this size: {rows:.1f} billion rows, {size:.0f} GB")


def _folder(directory: str) -> tuple[Path, "Place | None"]:
    """The folder here to write, and the place elsewhere it then goes to, if it does."""
    from datagen.files import cloud

    elsewhere = cloud.is_one(directory)
    # Arrow opens files by names in UTF-8.
    if not is_text(directory if elsewhere else str(folder := _folder_here(directory))):
        raise UserError("directory", directory, "This name, or that of a folder above, is not UTF-8. Name another")
    if not elsewhere:
        return folder, None
    place = cloud.reached(directory)
    place.take_up()
    return place.here, place


def _folder_here(directory: str) -> Path:
    try:
        folder = Path(directory).resolve()
        folder.exists()
    except (OSError, RuntimeError):
        cure = "No folder can have this name: it is too long, or its links form a circle. Name another"
        raise UserError("directory", directory, cure) from None
    return folder


def _meant(place: "Place | None") -> AbstractContextManager[None]:
    return nullcontext() if place is None else place.meant()


def _send(place: "Place | None", report: "Report", steps: console.Steps) -> None:
    if place is not None:
        with report.timed("sending"):
            steps.step("Sending", sum(path.stat().st_size for path in place.here.rglob("*")))
            place.send(steps.advance)


def _refuse_a_plan(context: typer.Context) -> None:
    for name, value in context.params.items():
        given = context.get_parameter_source(name)
        if name not in OF_A_DATABASE and given is not None and given.name == "COMMANDLINE":
            field = name.replace("_", "-")
            raise UserError(field, value, "--from-database writes all that is there. Leave this option out")


def _extract(directory: str, catalog: Path | None, file_format: str, workers: int, as_json: bool) -> None:
    from datagen import orm
    from datagen.catalog.reader import load
    from datagen.farm import resolve

    company, dsn = load(catalog), target()
    orm.use(dsn)
    from datagen import execution
    from datagen.runs import extracting

    execution.expect(workers)

    folder, place = _folder(directory)
    job = extracting.Job(folder, dsn, company, resolve(company), file_format, workers)
    manifest = _write(folder, place, partial(extracting.execute, job), as_json)
    if not as_json and manifest["changed"]:
        told = "Others have changed rows since this tool wrote them. Tables whose content is no longer the ledger's"
        console.err.print(f"{told}: {', '.join(manifest['changed'])}", markup=False, soft_wrap=True)


def _write(folder: Path, place: "Place | None", write: Write, as_json: bool) -> dict[str, Any]:
    """Write the files, send them on if they are for another place, and show what there is now; its manifest."""
    begin = time.perf_counter()
    with _meant(place), console.Steps() as steps:
        report, manifest = write(steps)
        _send(place, report, steps)
    _show(place or folder, report, manifest, time.perf_counter() - begin, as_json)
    return manifest


def _show(where: "Place | Path", report: "Report", manifest: dict[str, Any], seconds: float, as_json: bool) -> None:
    from datagen.files import cloud
    from datagen.runs import exporting

    if as_json:
        console.print_json({"seconds": {**report.seconds, "all": seconds}, **manifest})
        return
    console.show_report(report, seconds, False, "Rows")
    directory = str(where) if isinstance(where, Path) else cloud.shown(where.url)
    rows, size = sum(report.rows.values()), sum(entry["bytes"] for entry in manifest["tables"].values())
    how = f"{rows / seconds:,.0f} rows a second" if report.seconds else "there already"
    told = f"{size:,} bytes, {size / rows:.1f} a row, {how}: {directory}"
    console.out.print(told, markup=False, soft_wrap=True)
    console.out.print(f"Next: {exporting.query(directory, manifest)}", markup=False, soft_wrap=True)
