"""What a plan is said to make is what is made of it: to the row, in every table."""

from dataclasses import replace

import psycopg

from datagen import pipeline
from datagen.planning.presets import PRESETS, make_plan
from datagen.runs import outlook
from tests.worlds import AS_OF, case_of, company, small_plan, stored


def test_every_family_says_what_it_makes() -> None:
    """Of `medium` with half as many batches, of every age: its tables, each batch's and each geography's."""
    catalog, farm = company()
    preset = replace(PRESETS["medium"], stagger_days=104, batches=10)
    case = case_of(make_plan(catalog, farm, preset, AS_OF, 2)[0])
    said, made = outlook.expected_rows(case, pipeline.simulate(case)), stored(case).content()
    assert said.keys() == made.keys()
    for unit, tables in made.items():
        assert +said[unit] == {table: each.rows for table, each in tables.items() if each.rows}, unit


def test_the_database_holds_what_was_said(small_record: str) -> None:
    """With all that is worked out from the record; batches of each age, one of them harvested."""
    case = case_of(small_plan(batches=2, stagger_days=290, containers=2))
    said = outlook.foresee(case, pipeline.simulate(case))
    with psycopg.connect(small_record) as connection:
        found = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in said.rows}
        harvested = connection.execute("SELECT count(*) FROM batch_batch WHERE status = 'COMPLETED'").fetchone()[0]
    assert found == said.rows
    assert harvested == said.expected_harvested
