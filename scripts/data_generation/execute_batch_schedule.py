"""The guide's script 4b: `aquamind generate`."""

from pathlib import Path
from typing import Annotated

import typer
from command import main

from datagen.cli import making, options


def execute(
    schedule_file: Annotated[Path, typer.Argument(help="Schedule file of generate_batch_schedule.py.")],
    workers: options.Workers = options.CORES,
    use_partitions: Annotated[
        bool, typer.Option("--use-partitions", help="No need: any worker may load any batch, the rows are the same.")
    ] = False,
    log_dir: Annotated[Path | None, typer.Option(help="Folder for a log of each batch: its rows and time.")] = None,
    catalog: options.Folder = None,
) -> None:
    """Execute a schedule."""
    making.generate(schedule_file, catalog=catalog, workers=workers, log_dir=log_dir)


if __name__ == "__main__":
    main(execute)
