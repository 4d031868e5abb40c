"""The guide's check of one batch: by the plan that made it."""

from typing import Annotated

import typer
from command import main, tell

from aquamind import database
from aquamind.errors import UserError
from datagen import checks
from datagen.catalog.reader import closest
from datagen.checks import plan as promises


def verify(
    batch: Annotated[str | None, typer.Argument(help="Batch number; default the one planned last.")] = None,
) -> None:
    """Say of every promise of a batch's plan whether it was kept; exit code 1 if one was not."""
    with database.connect(autocommit=True, application_name="aquamind verify") as connection:
        checks.admit(connection)
        planned = promises.planned(connection)
        number = batch or next(reversed(planned), None)
        if batch is not None and batch not in planned:
            raise UserError("batch", batch, f"No run planned it. {closest(batch, list(planned))}")
        verdicts = promises.judge(connection, [planned[number]] if number else [])
    if number:
        typer.echo(f"Batch {number}, as of {planned[number].as_of}")
    tell((each.title, f"{each.judged:,} judged", each.broken) for each in verdicts)


if __name__ == "__main__":
    main(verify)
