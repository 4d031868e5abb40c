"""The guide's Growth Analysis of all batches: `aquamind analyse`."""

from command import main

from datagen.cli import keeping, options


def analyse(workers: options.Workers = options.CORES) -> None:
    """Compute the daily state of every assignment from what was recorded; again, it changes nothing."""
    keeping.analyse(workers=workers)


if __name__ == "__main__":
    main(analyse)
