"""How close a database comes to published figures, measured by SQL on the record: a verdict beside the laws."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import psycopg

from aquamind import database
from datagen import checks

FIGURE = re.compile(r"-- figure: (\w+) \| (.+) \| aim ([-\d.]*?)\.\.([-\d.]*) \| (.+) \| (tuned|seen)\n")


@dataclass(frozen=True)
class Figure:
    """A figure of the acceptance checks: number, aim, who published it, whether we tuned to it."""

    check: str
    title: str
    lowest: float | None
    highest: float | None
    source: str
    tuned: bool
    query: str

    @property
    def aim(self) -> str:
        """In words."""
        low, high = (None if bound is None else f"{bound:g}" for bound in (self.lowest, self.highest))
        if low is None or high is None:
            return f"at most {high}" if low is None else f"at least {low}"
        return f"{low} to {high}"


@dataclass(frozen=True)
class Measured:
    """What a figure came to; `value` and `passed` are None where the database has nothing of it."""

    check: str
    title: str
    value: float | None
    aim: str
    source: str
    tuned: bool
    passed: bool | None
    seconds: float

    @property
    def shown(self) -> str:
        """The value in three figures."""
        return "" if self.value is None else f"{self.value:.3g}"


@cache
def figures() -> tuple[Figure, ...]:
    """All figures, in the order of the checks."""
    parts = FIGURE.split(files(__package__).joinpath("figures.sql").read_text("utf-8"))[1:]
    return tuple(
        Figure(check, title, _bound(lowest), _bound(highest), source, kind == "tuned", query.strip())
        for check, title, lowest, highest, source, kind, query in zip(*[iter(parts)] * 7, strict=True)
    )


def _bound(text: str) -> float | None:
    return float(text) if text else None


def measure(dsn: str) -> list[Measured]:
    """Every figure, on one state of the database; nothing in it is changed."""
    with on_ground(dsn) as connection:
        return [measured(connection, figure) for figure in figures()]


@contextmanager
def on_ground(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to one state of the database, with the months, rings and groups that figures stand on."""
    with database.connect(dsn, autocommit=True, application_name="aquamind likeness") as connection:
        checks.admit(connection)
        with connection.transaction(force_rollback=True):
            for name, setting in (
                ("timezone", "UTC"),
                ("work_mem", "256MB"),
                ("jit", "off"),
                ("search_path", "public, pg_temp"),
            ):
                connection.execute("SELECT set_config(%s, %s, true)", [name, setting])
            connection.execute(files(__package__).joinpath("ground.sql").read_text("utf-8").encode())
            yield connection


def measured(connection: psycopg.Connection[Any], figure: Figure) -> Measured:
    """One of them, on that ground."""
    begin = time.perf_counter()
    row = connection.execute(figure.query.encode()).fetchone()
    value = None if row is None or row[0] is None else float(row[0])
    return _judged(figure, value, time.perf_counter() - begin)


def _judged(figure: Figure, value: float | None, seconds: float) -> Measured:
    passed = None
    if value is not None:
        low, high = figure.lowest, figure.highest
        passed = (low is None or value >= low) and (high is None or value <= high)
    return Measured(
        figure.check, figure.title, value, figure.aim, figure.source, figure.tuned, passed, round(seconds, 3)
    )
