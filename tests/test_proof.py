"""Foreign keys that PostgreSQL is not to check are proven here, and a wrong one is refused; else it checks them."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from pytest_django import DjangoDbBlocker

from apps.batch.models import GrowthSample, IndividualGrowthObservation
from apps.environmental.models import EnvironmentalReading
from aquamind import database
from aquamind.errors import UserError
from aquamind.server import EmbeddedServer
from datagen import orm, pipeline, runs
from datagen.events import expand
from datagen.keys import records
from datagen.runs import analysis
from datagen.simulation.loop import simulate
from datagen.storage import ledger, postgres, proof
from datagen.storage.proof import Proof
from tests.test_storage import IDENTITY, definitions
from tests.worlds import Silent, case_of, small_plan

Connection = psycopg.Connection[Any]
PLAN = small_plan(batches=2, stagger_days=430, containers=2)


@pytest.fixture(scope="module", autouse=True)
def _orm(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def prepared(new_database: Callable[[], str]) -> str:
    """A database with master data."""
    dsn, case = new_database(), case_of(PLAN)
    orm.use(dsn)
    with database.connect(dsn, autocommit=True) as connection:
        runs.prepare(connection, case.catalog, case.farm, ())
    return dsn


@pytest.fixture(scope="module")
def unit() -> list[tuple[Any, pa.RecordBatch]]:
    """A batch's rows, with the keys of a database that has nothing else."""
    case = case_of(PLAN)
    units = [list(expand(each)) for each in records(case, {g: simulate(case, g) for g in case.geographies})]
    return max(units, key=lambda unit: len({model for model, _ in unit}))


@pytest.fixture
def connection(prepared: str) -> Iterator[Connection]:
    """All that is done on it is undone."""
    with database.connect(prepared) as connection:
        yield connection
        connection.rollback()


def wrong(rows: pa.RecordBatch, column: str) -> pa.RecordBatch:
    """The rows, of which one in the midst refers to what is nowhere."""
    place = rows.schema.get_field_index(column)
    values = rows.column(column).to_pylist()
    values[len(values) // 2] = 1_999_999_999
    return rows.set_column(place, rows.schema.field(place), pa.array(values, rows.schema.field(place).type))


REFERRING = [
    (EnvironmentalReading, "sensor_id"),
    (EnvironmentalReading, "batch_container_assignment_id"),
    (IndividualGrowthObservation, "growth_sample_id"),
    (GrowthSample, "assignment_id"),
]


def written(dsn: str, unit: list[tuple[Any, pa.RecordBatch]]) -> None:
    with database.connect(dsn, autocommit=True) as connection:
        run = ledger.begin(connection, IDENTITY, {})
        postgres.write(connection, run, "unit", unit, Proof(connection))


@pytest.mark.parametrize(("model", "column"), REFERRING)
def test_a_key_of_nothing_is_refused_and_nothing_is_written(
    prepared: str, unit: list[tuple[Any, pa.RecordBatch]], model: Any, column: str
) -> None:
    place = max(i for i, (each, _) in enumerate(unit) if each is model)
    broken = [*unit[:place], (model, wrong(unit[place][1], column)), *unit[place + 1 :]]
    with pytest.raises(UserError, match=rf"{model._meta.db_table}\.{column} = 1999999999.*No row of"):
        written(prepared, broken)
    with database.connect(prepared) as connection:
        assert connection.execute("SELECT count(*) FROM datagen.unit").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM batch_batch").fetchone() == (0,)


def test_every_foreign_key_of_what_is_written_is_seen(connection: Connection, unit: Any) -> None:
    """What is proven is what PostgreSQL would check: each of its foreign keys, wherever a row has a value."""
    seen = Proof(connection)
    held = set()
    for model, rows in unit:
        seen.see(model, rows)
        for field in model._meta.concrete_fields:
            # Those of versions are numbers alone.
            constrained = field.remote_field is not None and field.db_constraint
            if constrained and rows.column(field.column).null_count < rows.num_rows:
                held.add((model._meta.db_table, field.column, field.remote_field.model._meta.db_table))
    assert {(each.table, each.column, each.refers_to) for each in seen._held} == held
    assert len(held) > 50


def test_values_of_a_column_are_all_kept_once_a_run() -> None:
    for values in ([7], [1, 1, 2, 2, 1], [None, 3, None, 3, 4]):
        kept = proof._distinct(pa.array(values, pa.int64()))
        assert set(kept.tolist()) == set(values) - {None}
        assert len(kept) <= 3
    assert len(proof._distinct(pa.array(np.repeat([5, 6], 1000)))) == 2


def loaded(dsn: str, workers: int = 1) -> tuple[dict[str, Any], pipeline.Report]:
    report = runs.execute(runs.Job(dsn, case_of(PLAN), workers), Silent())
    with psycopg.connect(dsn, autocommit=True) as connection:
        return ledger.status(connection), report


@pytest.fixture(scope="module")
def fast(new_database: Callable[[], str]) -> tuple[str, dict[str, Any]]:
    dsn = new_database()
    status, report = loaded(dsn)
    assert report.foreign_keys.startswith("this program")
    return dsn, status


def test_each_foreign_key_is_as_it_was_and_holds(fast: tuple[str, dict[str, Any]], fresh_database: str) -> None:
    """PostgreSQL, asked afterwards to add each anew, finds no row that breaks it."""
    keys = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
    with psycopg.connect(fresh_database) as empty, psycopg.connect(fast[0]) as connection:
        assert definitions(connection) == definitions(empty)
        for table, name, definition in connection.execute(keys).fetchall():
            connection.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition}".encode()
            )
        connection.rollback()


def test_a_role_that_may_not_switch_triggers_off_has_keys_checked(
    server: EmbeddedServer, fast: tuple[str, dict[str, Any]]
) -> None:
    """And the content is the same; once the right is granted, they are proven."""
    with database.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE hand LOGIN")
        for name in ("checked", "proven"):
            connection.execute(f"CREATE DATABASE {name} OWNER hand".encode())
            status, report = loaded(server.url(name).replace("postgres@", "hand@"), workers=2)
            assert status["content_hash"] == fast[1]["content_hash"]
            assert report.foreign_keys == (
                "PostgreSQL, for role hand may not set session_replication_role"
                if name == "checked"
                else "this program, before each commit"
            )
            assert (report.largest_tables == "in one stream") == (name == "proven")
            forecast_while_the_books_read(server.url(name).replace("postgres@", "hand@"))
            connection.execute("GRANT SET ON PARAMETER session_replication_role TO hand")


def forecast_while_the_books_read(dsn: str) -> None:
    """They are worked out side by side: neither may wait for a table that the other holds."""
    with database.connect(dsn) as books, database.connect(dsn, autocommit=True) as connection:
        books.execute("SELECT FROM batch_batchcontainerassignment, batch_batch LIMIT 1")
        connection.execute("SET statement_timeout = '5s'")
        assert min(analysis.forecast(connection, dsn, 1).values()) > 0


def test_of_forecasts_no_more_rows_are_held_than_those_on_their_way(
    fast: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all batches together they would be the most that a run holds."""
    made, most, rows = list[weakref.ref[Any]](), 0, analysis.forecast_rows

    def watched(known: Any) -> Iterator[tuple[Any, pa.RecordBatch]]:
        nonlocal most
        for model, batch in rows(known):
            made.append(weakref.ref(batch))
            most = max(most, sum(each() is not None for each in made))
            yield model, batch

    monkeypatch.setattr(analysis, "forecast_rows", watched)
    with database.connect(fast[0], autocommit=True) as connection:
        analysis.forecast(connection, fast[0], 1)
    assert len(made) == 4
    assert most <= 2


OBSTACLES = {
    "there is trigger mine of batch_batch": (
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER mine BEFORE INSERT ON batch_batch FOR EACH ROW EXECUTE FUNCTION mine()"
    ),
    "there is parts of batch_batch": "CREATE TABLE part () INHERITS (batch_batch)",
    "there is foreign key pair of batch_batch": (
        "ALTER TABLE batch_species ADD UNIQUE (id, name);"
        "ALTER TABLE batch_batch ADD CONSTRAINT pair FOREIGN KEY (species_id, batch_number)"
        " REFERENCES batch_species (id, name)"
    ),
    "there is foreign key theirs of batch_batch": (
        "ALTER TABLE batch_batch ADD carrier bigint DEFAULT 1 CONSTRAINT theirs REFERENCES batch_species"
    ),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_cannot_be_proven_is_left_to_postgresql(connection: Connection, obstacle: str) -> None:
    models = pipeline.models(["batch_batch"])
    assert proof.obstacle(connection, models) is None
    connection.execute(OBSTACLES[obstacle].encode())
    assert proof.obstacle(connection, models) == obstacle
