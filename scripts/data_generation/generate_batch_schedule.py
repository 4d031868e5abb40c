"""The guide's script 4a: `aquamind plan`, written to a file unless told otherwise."""

from pathlib import Path
from typing import Annotated

import typer
from command import main

from aquamind.errors import UserError
from datagen.catalog.reader import load
from datagen.cli import making, options


def generate(
    batches: options.Batches = None,
    years: options.Years = None,
    stagger: options.Stagger = None,
    saturation: options.Saturation = None,
    adult_duration: Annotated[int | None, typer.Option(help="Longest days as Adult: those of the catalog.")] = None,
    output: Annotated[Path, typer.Option(help="Schedule file to write.")] = Path("config/schedule.yaml"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    preset: options.PresetName = "production",
    as_of: options.Day = None,
    seed: options.Seed = 1,
    catalog: options.Folder = None,
) -> None:
    """Plan as many batches as fit, each in its own containers, and write them as a schedule."""
    adult = load(catalog).biology.stages[-1]
    if adult_duration not in (None, adult.duration_days):
        cure = f"{adult.name} lasts {adult.duration_days} days in biology.yaml; change it in a --catalog of your own"
        raise UserError("adult-duration", adult_duration, cure)
    making.plan(
        preset, as_of, seed, years=years, stagger=stagger, saturation=saturation, batches=batches, catalog=catalog,
        output=output, dry_run=dry_run,
    )  # fmt: skip


if __name__ == "__main__":
    main(generate)
