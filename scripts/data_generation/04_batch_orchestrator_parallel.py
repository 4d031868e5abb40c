"""The guide's script 4: `aquamind run` with the `medium` preset and a stagger for that many batches."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated, TextIO

import typer
from command import main

from aquamind.errors import UserError
from datagen import console
from datagen.cli import making, options
from datagen.planning.presets import PRESETS


class Copied:
    """A stream whose text goes into a log as well; it says that it is no terminal, for a log can show no bars."""

    def __init__(self, stream: TextIO, log: TextIO) -> None:
        self.stream, self.log = stream, log

    def write(self, text: str) -> int:
        self.log.write(text)
        self.log.flush()
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return False


def stagger_days(batches: int) -> int:
    """Days between starts with which any number of batches spans the years that those of `medium` do, if it can.

    Closer than in `production` they would not fit, and fewer than those of `medium` leave gaps in a batch's life.
    """
    medium, closest = PRESETS["medium"], PRESETS["production"].stagger_days
    return min(max(medium.stagger_days * (medium.batches or 1) // max(batches, 1), closest), medium.stagger_days)


def opened(path: Path) -> TextIO:
    """A new file by this name; where everybody may write, what was there may be a link to a file of the user's."""
    try:
        handle, made = tempfile.mkstemp(dir=path.parent)
        Path(made).replace(path)
    except OSError as error:
        raise UserError("log", str(path), f"{error.strerror}. Remove it, or set TMPDIR to a folder of yours") from None
    return open(handle, "w", encoding="utf-8")


def orchestrate(
    batches: Annotated[int, typer.Option(help="Batches per geography.")] = 20,
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without, the plan is shown.")] = False,
    workers: options.Workers = options.CORES,
    stagger: options.Stagger = None,
    as_of: options.Day = None,
    seed: options.Seed = 1,
    catalog: options.Folder = None,
) -> None:
    """Plan and load batches in both geographies, 10 containers a stage; the log is batch_gen_BATCHES.log in /tmp."""
    days = stagger_days(batches) if stagger is None else stagger
    if not execute:
        making.run("medium", as_of, seed, stagger=days, batches=batches, catalog=catalog, dry_run=True)
        console.err.print("Nothing was written. Add --execute to do it")
        return
    log = opened(Path(tempfile.gettempdir()) / f"batch_gen_{batches}.log")
    sys.stdout, sys.stderr = Copied(sys.stdout, log), Copied(sys.stderr, log)
    making.run("medium", as_of, seed, stagger=days, batches=batches, catalog=catalog, workers=workers)


if __name__ == "__main__":
    main(orchestrate)
