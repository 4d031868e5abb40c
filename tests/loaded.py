"""A database with a small record, loaded once for all tests that only read it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from django.db import connection

from datagen import orm, runs
from tests.worlds import Silent, case_of, small_plan


@cache
def small_record(new_database: Callable[[], str]) -> str:
    """The URL of the database. Its batches are 50, 340, 630 and 920 days old, the oldest harvested; two rings each."""
    dsn = new_database()
    runs.execute(runs.Job(dsn, case_of(small_plan(batches=2, stagger_days=290, containers=2)), 1), Silent())
    return dsn


@contextmanager
def django_on(dsn: str) -> Iterator[None]:
    """Django's own connection leads to this database, and afterwards to where it led before."""
    before = dict(connection.settings_dict)
    orm.use(dsn)
    yield
    connection.close()
    connection.settings_dict.update(before)
