"""A schedule for acceptance tests: `aquamind plan --preset uat`, written to a file unless told otherwise."""

from pathlib import Path
from typing import Annotated

import typer
from command import main

from datagen.cli import making, options


def generate(
    ages: options.Ages = None,
    finished: options.Finished = None,
    saturation: options.Saturation = None,
    output: Annotated[Path, typer.Option(help="Schedule file to write.")] = Path("config/uat_schedule.yaml"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_of: options.Day = None,
    seed: options.Seed = 1,
    catalog: options.Folder = None,
) -> None:
    """Plan active batches of chosen ages and finished ones, and write them as a schedule."""
    making.plan(
        "uat", as_of, seed, saturation=saturation, ages=ages, finished=finished, catalog=catalog, output=output,
        dry_run=dry_run,
    )  # fmt: skip


if __name__ == "__main__":
    main(generate)
