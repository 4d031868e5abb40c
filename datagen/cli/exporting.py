"""The command that writes the record as files: export."""

import time
from pathlib import Path
from typing import Annotated

import typer

from aquamind.errors import UserError
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
    PresetName,
    Saturation,
    Scheduler,
    Seed,
    Stagger,
    Workers,
    Years,
)


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(help="Folder to write, new or empty.")],
    preset: PresetName = "production",
    as_of: Day = None,
    seed: Seed = 1,
    years: Years = None,
    stagger: Stagger = None,
    saturation: Saturation = None,
    batches: Batches = None,
    ages: Ages = None,
    finished: Finished = None,
    catalog: Folder = None,
    file_format: Annotated[str, typer.Option("--format", help="parquet, csv or arrow.")] = "parquet",
    workers: Workers = CORES,
    scheduler: Scheduler = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a plan as files, without any database. Example: aquamind export record --preset medium"""
    from datagen.files import FORMATS

    if file_format not in FORMATS:
        raise UserError("format", file_format, f"Known: {', '.join(FORMATS)}")
    preset_chosen = changed_preset(preset, years, stagger, saturation, batches, ages, finished)
    case, bound = planned(preset_chosen, as_of, seed, catalog)

    from datagen.runs import exporting

    job = exporting.Job(directory.resolve(), case, file_format, workers, scheduler)
    if dry_run:
        show_outlook(exporting.foresee(job, bound), as_json)
        return
    begin = time.perf_counter()
    with console.Steps() as steps:
        report, manifest = exporting.execute(job, steps)
    seconds = time.perf_counter() - begin
    if as_json:
        console.print_json({"seconds": {**report.seconds, "all": seconds}, **manifest})
        return
    console.show_report(report, seconds, False, "Rows")
    rows, size = sum(report.rows.values()), sum(entry["bytes"] for entry in manifest["tables"].values())
    told = f"{size:,} bytes, {size / rows:.1f} a row, {rows / seconds:,.0f} rows a second: {job.folder}"
    console.out.print(told, markup=False, soft_wrap=True)
    console.out.print(f"Next: {exporting.query(job.folder, manifest)}", markup=False, soft_wrap=True)
