"""Django on a database of a test's own, and the small record that all tests read which change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from datagen import orm, runs
from tests.worlds import Silent, case_of, small_plan


def load_small_record(dsn: str) -> None:
    """Batches of 50, 340, 630 and 920 days, the oldest harvested; two rings each."""
    runs.execute(runs.Job(dsn, case_of(small_plan(batches=2, stagger_days=290, containers=2)), 1), Silent())


@contextmanager
def django_on(dsn: str) -> Iterator[None]:
    """Django's own connection leads to this database, and afterwards to where it led before."""
    before = dict(connection.settings_dict)
    orm.use(dsn)
    yield
    connection.close()
    connection.settings_dict.update(before)
