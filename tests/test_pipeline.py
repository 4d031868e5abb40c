"""From plan to PostgreSQL and back: the same content whoever loads it, and what was generated is what is there."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from aquamind.errors import UserError
from datagen import orm, pipeline, runs
from datagen.case import Case
from datagen.execution import Here, Task
from datagen.planning.plan import Plan
from datagen.simulation.loop import simulate
from datagen.storage import ledger
from tests.worlds import SEA, Silent, company, small_plan


def execute(dsn: str, plan: Plan, workers: int = 1) -> dict[str, Any]:
    catalog, farm = company()
    runs.execute(runs.Job(dsn, Case(catalog, farm, plan), workers), Silent())
    with psycopg.connect(dsn, autocommit=True) as connection:
        return ledger.status(connection)


@pytest.fixture(scope="module", autouse=True)
def _orm(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Master data goes through the ORM, in databases of our own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Two batches a geography, the older of each harvested."""
    return small_plan(batches=2, stagger_days=430, containers=3)


@pytest.fixture(scope="module")
def loaded(new_database: Callable[[], str], plan: Plan) -> tuple[str, dict[str, Any]]:
    dsn = new_database()
    return dsn, execute(dsn, plan)


def test_two_workers_write_what_one_writes(
    loaded: tuple[str, dict[str, Any]], new_database: Callable[[], str], plan: Plan
) -> None:
    again = execute(new_database(), plan, workers=2)
    assert again["tables"] == loaded[1]["tables"]
    assert again["content_hash"] == loaded[1]["content_hash"]


def test_another_seed_writes_something_else(
    loaded: tuple[str, dict[str, Any]], fresh_database: str, plan: Plan
) -> None:
    other = execute(fresh_database, replace(plan, seed=2))
    for table in ("environmental_environmentalreading", "batch_mortalityevent", "inventory_feedingevent"):
        assert other["tables"][table]["content_hash"] != loaded[1]["tables"][table]["content_hash"]


def test_running_again_changes_nothing(loaded: tuple[str, dict[str, Any]], plan: Plan) -> None:
    dsn, before = loaded
    after = execute(dsn, plan)
    assert after["tables"] == before["tables"]


def test_rows_in_the_database_are_those_in_the_ledger(loaded: tuple[str, dict[str, Any]]) -> None:
    dsn, status = loaded
    with psycopg.connect(dsn) as connection:
        for table, entry in status["tables"].items():
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert rows == (entry["rows"],), table
        assert connection.execute("SELECT count(*) FROM datagen.dropped").fetchone() == (0,)


def test_what_is_read_back_is_what_was_simulated(loaded: tuple[str, dict[str, Any]], plan: Plan) -> None:
    """Deaths, feed, moves and slaughter by container, summed in SQL, against the history."""
    catalog, farm = company()
    with psycopg.connect(loaded[0]) as connection:
        for geography in (0, 1):
            history = simulate(Case(catalog, farm, plan), geography)
            a, days = history.assignments, history.days
            expected = {
                (plan.batches[a.batch[i]].number, farm.container_name[a.container[i]]): (
                    int(days.deaths[a.row[i] : a.row[i] + a.days[i]].sum()),
                    int(days.feed_g[a.row[i] : a.row[i] + a.days[i]].sum()),
                    int(a.days[i]),
                )
                for i in range(len(a.row))
            }
            rows = connection.execute(
                "SELECT batch_number, container.name,"
                " coalesce((SELECT sum(count) FROM batch_mortalityevent WHERE assignment_id = stay.id), 0),"
                " coalesce((SELECT sum(amount_kg) * 1000 FROM inventory_feedingevent"
                "  WHERE batch_assignment_id = stay.id), 0),"
                " (SELECT count(DISTINCT reading_time::date) FROM environmental_environmentalreading"
                "  WHERE batch_container_assignment_id = stay.id)"
                " FROM batch_batchcontainerassignment stay JOIN batch_batch batch ON batch.id = batch_id"
                " JOIN infrastructure_container container ON container.id = container_id"
                " WHERE batch_number LIKE %s",
                [farm.geography_code[geography] + "%"],
            ).fetchall()
            found = {(number, name): (int(dead), int(feed), days) for number, name, dead, feed, days in rows}
            assert found == expected


def test_temperatures_read_are_those_lived(loaded: tuple[str, dict[str, Any]], plan: Plan) -> None:
    """The mean of a day's six readings is the day's water, within the sensor's noise and drift."""
    catalog, farm = company()
    history = simulate(Case(catalog, farm, plan), 0)
    a, days = history.assignments, history.days
    with psycopg.connect(loaded[0]) as connection:
        for stage in (0, 2, SEA):
            i = int(np.flatnonzero(a.stage == stage)[0])
            rows = connection.execute(
                "SELECT avg(value)::float8 FROM environmental_environmentalreading reading"
                " JOIN infrastructure_container container ON container.id = container_id"
                " JOIN environmental_environmentalparameter parameter ON parameter.id = parameter_id"
                " WHERE container.name = %s AND parameter.name = 'Temperature'"
                " AND batch_id = (SELECT id FROM batch_batch WHERE batch_number = %s)"
                " GROUP BY reading_time::date ORDER BY reading_time::date",
                [farm.container_name[a.container[i]], plan.batches[a.batch[i]].number],
            ).fetchall()
            lived = days.temp_c[a.row[i] : a.row[i] + a.days[i]]
            assert np.abs(np.array(rows)[:, 0] - lived).max() < 0.2
            assert np.abs(np.array(rows)[:, 0] - lived).mean() < 0.05


def test_names_are_the_guides(loaded: tuple[str, dict[str, Any]], plan: Plan) -> None:
    number = plan.batches[0].number
    with psycopg.connect(loaded[0]) as connection:
        workflows = connection.execute(
            "SELECT workflow_number FROM batch_batchtransferworkflow"
            " WHERE batch_id = (SELECT id FROM batch_batch WHERE batch_number = %s) ORDER BY 1",
            [number],
        ).fetchall()
        creation = connection.execute(
            "SELECT workflow_number FROM batch_creationworkflow WHERE workflow_number LIKE %s", [f"%{number}"]
        ).fetchall()
    assert number.startswith("FAR-20")
    assert creation == [(f"CRT-{number}",)]
    assert workflows == [(f"TRF-{number}-D{day:03d}",) for day in (90, 180, 270, 360, 450)]


def test_another_run_is_refused(loaded: tuple[str, dict[str, Any]], plan: Plan) -> None:
    with pytest.raises(UserError, match="holds another run already"):
        execute(loaded[0], replace(plan, seed=99))


def test_batches_of_another_hand_are_refused(fresh_database: str, plan: Plan) -> None:
    catalog, farm = company()
    orm.use(fresh_database)
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        runs.prepare(connection, catalog, farm, ())
        connection.execute(
            "INSERT INTO batch_batch (batch_number, status, start_date, notes, created_at, updated_at,"
            " lifecycle_stage_id, species_id, batch_type)"
            " SELECT 'OWN-1', 'ACTIVE', '2024-01-01', '', now(), now(), min(id), min(species_id), 'STANDARD'"
            " FROM batch_lifecyclestage"
        )
    with pytest.raises(UserError, match="table batch_batch holds 1 row that this tool did not write"):
        execute(fresh_database, plan)


class Told(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def advance(self, done: float, note: str = "") -> None:
        self.notes.append(note)


def test_what_is_told_in_the_end_counts_the_rows_of_all_turns() -> None:
    """The last turn of a load, of a few units that refer to others, told only its own."""
    told = Told()
    turns = [[Task(1, _writes, (rows,)) for rows in turn] for turn in ([3, 4], [5])]
    with Here(nullcontext) as hands:
        assert pipeline.work_on(hands, *turns, progress=told) == {"batch_batch": 12}
    assert [note.partition(" rows, ")[0] for note in told.notes] == ["3", "7", "12"]


def _writes(_: None, rows: int) -> dict[str, int]:
    return {"batch_batch": rows}
