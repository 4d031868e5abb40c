"""Options that several commands take, and what is made of them."""

import os
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from aquamind.errors import UserError

Day = Annotated[str | None, typer.Option(help="Last day of the record, such as 2025-11-21; default yesterday.")]
Seed = Annotated[int, typer.Option(help="A different seed gives a different history of the company.", min=0, max=2**62)]
Folder = Annotated[Path | None, typer.Option("--catalog", help="Folder of another company; default the built-in one.")]
Workers = Annotated[int, typer.Option(help="Processes that load, and connections that build indexes.", min=1, max=64)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PresetName = Annotated[str, typer.Option(help="production, guide, medium, small or uat.")]
Years = Annotated[float | None, typer.Option(help="Years from the first batch at sea to today.")]
Stagger = Annotated[int | None, typer.Option(help="Days between two batch starts, over all geographies.")]
Saturation = Annotated[float | None, typer.Option(help="Highest planned share of each kind of container.")]
Batches = Annotated[int | None, typer.Option(help="Batches per geography; default as many as the years hold.")]
Ages = Annotated[
    str | None, typer.Option(help="For `uat`: ages in days on the last day, one batch each per geography: '25 45 88'.")
]
Finished = Annotated[int | None, typer.Option(help="For `uat`: harvested batches per geography; default 40.")]
Imperfect = Annotated[
    str | None,
    typer.Option(
        "--imperfections",
        help="How faulty the record is: none, usual or many; default usual for production and medium, else none.",
    ),
]
History = Annotated[
    str | None,
    typer.Option(
        help="Which rows have an audit trail: edited, those that people enter one by one; or all, deaths, meals, lice, "
        "single fish and their scores too; default edited.",
    ),
]
Destroy = Annotated[
    str | None,
    typer.Option(
        "--database-name-to-destroy",
        help="The database's name, typed out: if it holds rows that this tool did not write, all its operational rows "
        "are deleted first. Without this option such a database is refused.",
    ),
]
Fill = Annotated[
    list[str] | None,
    typer.Option(
        "--fill",
        metavar="TABLE.COLUMN=VALUE",
        help="The value of every row in a column of the database that this tool does not know; may be repeated, and "
        "the database remembers it.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="Let a Dask cluster do the work: its scheduler, such as tcp://host:8786; or `local`, a cluster of "
        "--workers processes on this machine.",
    ),
]
CORES = os.cpu_count() or 2


def _be_nice(asked: bool) -> bool:
    if asked:
        os.nice(10)  # workers are begun with it, and the embedded server's backends follow
    return asked


Nice = Annotated[
    bool,
    typer.Option(
        "--nice",
        help="Let other programs go first; the embedded server lets them, too.",
        callback=_be_nice,
    ),
]


def target_expected() -> AbstractContextManager[None]:
    """Beside what is done in here, a new embedded server takes shape; it is not started, and a mistake leaves none."""
    from aquamind import database

    return database.expected()


def target() -> str:
    from aquamind import database

    return database.url()


def parsed_day(field: str, text: str | None) -> date:
    if text is None:
        return date.today() - timedelta(days=1)
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise UserError(field, text, "Write a day as YYYY-MM-DD, such as 2025-11-21.") from None
