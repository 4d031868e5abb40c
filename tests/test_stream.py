"""The largest table is filled in a transaction of its own: not logged, wholly or not at all, with the same content."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from apps.environmental.models import EnvironmentalReading
from aquamind import database
from aquamind.errors import UserError
from aquamind.server import EmbeddedServer
from datagen import runs, states
from datagen.pipeline import Progress
from datagen.runs import analysis
from datagen.storage import ddl, ledger, postgres
from datagen.storage.postgres import PostgresStream
from tests.test_storage import IDENTITY, readings
from tests.worlds import Silent, case_of, small_plan

TABLE = "environmental_environmentalreading"
PLAN = small_plan(batches=2, stagger_days=430, containers=2)


@pytest.fixture(scope="module", autouse=True)
def _orm(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def load(dsn: str, workers: int, progress: Progress | None = None) -> tuple[dict[str, Any], str]:
    report = runs.execute(runs.Job(dsn, case_of(PLAN), workers), progress or Silent())
    with psycopg.connect(dsn, autocommit=True) as connection:
        return ledger.status(connection), report.largest_tables


@pytest.fixture(scope="module")
def unit_by_unit(new_database: Callable[[], str]) -> dict[str, Any]:
    status, way = load(new_database(), workers=1)
    assert way == "unit by unit, for there is 1 of 2 workers"
    return status


def filled(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()
    return int(row[0])


class BrokenOff(Silent):
    """Interrupts a load as soon as all its units are there, when only what is streamed is missing."""

    def __init__(self, dsn: str, units: set[str]) -> None:
        self.dsn, self.units = dsn, units

    def advance(self, done: float, note: str = "") -> None:
        with psycopg.connect(self.dsn) as connection:
            if ledger.unit_names(connection) >= self.units:
                raise KeyboardInterrupt


def test_a_stream_that_is_broken_off_begins_anew(fresh_database: str, unit_by_unit: dict[str, Any]) -> None:
    """Whatever the number of workers then is; and the content is the same."""
    batches = {batch.number for batch in PLAN.batches}
    with pytest.raises(KeyboardInterrupt):
        load(fresh_database, 2, BrokenOff(fresh_database, batches))
    assert filled(fresh_database) == 0
    with psycopg.connect(fresh_database) as connection:
        left = ledger.status(connection)
        assert left["units"].keys() >= batches
        assert TABLE not in left["tables"]
    status, way = load(fresh_database, 1)
    assert way == "in one stream"
    assert status["units"] == unit_by_unit["units"]
    assert filled(fresh_database) == status["tables"][TABLE]["rows"] > 0


def test_states_are_worked_out_of_rows_as_of_the_database(
    fresh_database: str, unit_by_unit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both workers' rows pass once, on their way there, and nothing is read back."""
    monkeypatch.setattr(analysis, "analyse", None)
    status, _ = load(fresh_database, 2)
    assert status["units"] == unit_by_unit["units"]
    assert status["tables"].keys() >= set(states.TABLES)


def test_what_is_streamed_is_not_logged_and_is_there_when_it_is_committed(fresh_database: str) -> None:
    rows = readings(50_000, parameter_id=np.repeat([1, 2], 25_000))
    logged = {}
    with (
        database.connect(fresh_database, autocommit=True) as other,
        closing(database.connect(fresh_database, autocommit=True)) as connection,
    ):
        ledger.prepare(other)
        ddl.drop_secondary(other, [TABLE])
        run = ledger.begin(other, IDENTITY, {})
        for way in ("logged", "streamed"):
            before = other.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
            if way == "logged":
                postgres.write(other, run, "unit", [(EnvironmentalReading, rows)])
                other.execute("DELETE FROM datagen.content")
                other.execute(f"TRUNCATE {TABLE}".encode())
            else:
                stream = PostgresStream(connection, run, [TABLE], None)
                contents = stream.write("unit", [(EnvironmentalReading, rows)])
                assert ledger.units(other) == {"unit": {}}
                stream.commit()
                assert ledger.units(other) == {"unit": contents}
            size = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s::pg_lsn)::bigint"
            found = other.execute(size, before).fetchone()
            logged[way] = found[0]
        known = ledger.transactions(other)
        assert other.execute(f"SELECT DISTINCT xmin::text = ANY(%s) FROM {TABLE}", [known]).fetchall() == [(True,)]
    assert logged["streamed"] < logged["logged"] / 20
    # Rows that somebody has put there in between are not emptied away.
    with (
        closing(database.connect(fresh_database, autocommit=True)) as connection,
        pytest.raises(UserError, match="Somebody else has written rows"),
    ):
        PostgresStream(connection, run, [TABLE], None)


def test_rows_that_are_refused_while_others_are_made_are_told_at_last(fresh_database: str) -> None:
    with (
        database.connect(fresh_database, autocommit=True) as other,
        closing(database.connect(fresh_database, autocommit=True)) as connection,
    ):
        ledger.prepare(other)
        stream = PostgresStream(connection, ledger.begin(other, IDENTITY, {}), [TABLE], None)
        stream.write("unit", [(EnvironmentalReading, readings(id=1))])
        with pytest.raises(psycopg.errors.UniqueViolation):
            stream.commit()
    assert filled(fresh_database) == 0


def test_a_server_that_keeps_a_log_for_others_gets_units_one_by_one(unit_by_unit: dict[str, Any]) -> None:
    server = EmbeddedServer(Path(tempfile.mkdtemp(prefix="aquamind-replica-")))
    try:
        server.start()
        with database.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET wal_level = replica")
        server.stop()
        server.start()
        server.create_database("kept")
        status, way = load(server.url("kept"), workers=2)
        assert way == "unit by unit, for wal_level is replica"
        assert status["units"] == unit_by_unit["units"]
    finally:
        server.stop("immediate")
        shutil.rmtree(server.home)
