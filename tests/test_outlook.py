"""What a plan is said to make is what is made of it: to the row, in every table."""

from collections import Counter
from collections.abc import Callable

import psycopg
from pytest_django import DjangoDbBlocker

from datagen import outlook, pipeline
from datagen.events import expand
from datagen.events.context import BatchRecord, GeographyRecord
from datagen.keys import keys
from datagen.planning.presets import PRESETS, make_plan
from tests.loaded import small_record
from tests.worlds import AS_OF, case_of, company, small_plan


def test_every_family_says_what_it_makes() -> None:
    """Of `medium`, with batches of every age: its tables, each batch's and each geography's."""
    catalog, farm = company()
    case = case_of(make_plan(catalog, farm, PRESETS["medium"], AS_OF, 2)[0])
    histories = pipeline.simulate(case)
    said, given = outlook.expected_rows(case, histories), keys(case, {})
    records = [
        GeographyRecord(case, history, given.of_geography[geography], given.stride)
        for geography, history in histories.items()
    ]
    for index, batch in enumerate(case.plan.batches):
        records.append(BatchRecord(case, index, histories[batch.geography].batch(index), given.of_batch[index]))
    assert said.keys() == {record.unit for record in records}
    for record in records:
        made: Counter[str] = Counter()
        for model, rows in expand(record):
            made[model._meta.db_table] += rows.num_rows
        assert +said[record.unit] == made, record.unit


def test_the_database_holds_what_was_said(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> None:
    """With all that is worked out from the record; batches of each age, one of them harvested."""
    case = case_of(small_plan(batches=2, stagger_days=290, containers=2))
    said = outlook.foresee(case, pipeline.simulate(case))
    with django_db_blocker.unblock():
        dsn = small_record(new_database)
    with psycopg.connect(dsn) as connection:
        found = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in said.rows}
        harvested = connection.execute("SELECT count(*) FROM batch_batch WHERE status = 'COMPLETED'").fetchone()[0]
    assert found == said.rows
    assert harvested == said.expected_harvested
