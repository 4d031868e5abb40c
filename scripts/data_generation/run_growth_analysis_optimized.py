"""The guide's Growth Analysis of all batches: `aquamind analyse`."""

from command import main

from datagen import cli


def analyse(workers: cli.Workers = cli.CORES) -> None:
    """Compute the daily state of every assignment from what was recorded; again, it changes nothing."""
    cli.analyse(workers=workers)


if __name__ == "__main__":
    main(analyse)
