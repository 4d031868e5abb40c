"""A database as files: what its ledger says of every table, carried on and added to, with the rows of others beside."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from pytest_django import DjangoDbBlocker

from aquamind.errors import UserError
from datagen import keys, pipeline, runs
from datagen.case import Case
from datagen.events import expand
from datagen.files import fields
from datagen.runs import advancing, extracting, health, owners
from datagen.storage import arrow, ledger, reading
from tests.test_cli import aquamind
from tests.test_export import broken_off, manifest, read_back
from tests.worlds import AS_OF, Silent, case_of, company, small_plan

PLAN = small_plan(AS_OF, 3, batches=2, stagger_days=290, containers=1, way="lived", imperfections="usual")


@pytest.fixture(scope="module")
def dsn(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A record with faults and their truth, carried on, with health checks added in two goes."""
    dsn, then = new_database(), AS_OF - timedelta(days=9)
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, case_of(replace(PLAN, as_of=then)), 1), Silent())
        health.add(dsn, *company(), health.Wanted(4, 30, end=then - timedelta(days=300)), Silent())
        advancing.advance(dsn, *company(), AS_OF, 1, Silent())
        health.add(dsn, *company(), health.Wanted(4, 30), Silent())
        yield dsn


def test_rows_are_read_in_the_order_in_which_they_were_written() -> None:
    """Of every table: whoever adds one that has another order learns of it here. Every order of eggs is called off."""
    catalog, farm = company()
    lived = catalog.ways.lived
    assert lived.orders is not None
    always = lived.orders.model_copy(update={"called_off_share": 1.0})
    ways = catalog.ways.model_copy(update={"lived": lived.model_copy(update={"orders": always})})
    case = Case(catalog.model_copy(update={"ways": ways}), farm, PLAN)
    written: dict[str, dict[str, list[Any]]] = {}
    for record in keys.records(case, pipeline.simulate(case)):
        for model, rows in expand(record):
            of_table = written.setdefault(record.unit, {}).setdefault(model._meta.db_table, [])
            of_table.extend(rows.column(model._meta.pk.column).to_pylist())
    known = {unit: {table: ledger.Content(0, "") for table in tables} for unit, tables in written.items()}
    spans = owners.spans([advancing.Present(case, {}, 1)], known)
    for unit, tables in written.items():
        for table, there in tables.items():
            assert table in spans[unit]
            # By key.
            assert (np.diff(np.array(there, np.int64)) > 0).all(), (unit, table)


def extracted(folder: Path, dsn: str) -> dict[str, Any]:
    return extracting.execute(extracting.Job(folder, dsn, *company(), "parquet", 1), Silent())[1]


@pytest.fixture(scope="module")
def record(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extract") / "record"
    extracted(folder, dsn)
    return folder


def test_every_table_has_the_hash_that_the_ledger_says(record: Path, dsn: str) -> None:
    told = manifest(record)
    with psycopg.connect(dsn) as connection:
        says = ledger.status(connection)
    assert told["units"].keys() > owners.WHOLE
    assert sum(health.ADDED in unit for unit in told["units"]) >= 2
    assert told["units"] == says["units"]
    assert told["content_hash"] == says["content_hash"]
    assert (told["changed"], told["rows_of_others"]) == ([], {})
    for table, entry in says["tables"].items():
        assert {name: told["tables"][table][name] for name in entry} == entry, table


def test_files_have_the_rows_that_are_there_but_no_password(record: Path, dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        for model in fields.models(manifest(record)["tables"]):
            key, columns = model._meta.pk.column, [name for name in arrow.columns(model) if name != "password"]
            here = pa.Table.from_batches(list(read_back(record, "parquet", model)), arrow.schema(model))
            there = pa.Table.from_batches(list(reading.read(connection, model)), arrow.schema(model))
            assert here.sort_by(key).select(columns).equals(there.select(columns)), model
            assert set(here["password"].to_pylist()) == {"!"} if "password" in here.schema.names else True


def test_rows_of_others_are_there_and_no_content(record: Path, dsn: str, tmp_path: Path) -> None:
    dead = "INSERT INTO batch_mortalityevent (batch_id, event_date, count, biomass_kg, cause, description, created_at,"
    with psycopg.connect(dsn) as connection:
        before = manifest(record)["tables"]["batch_mortalityevent"]
        connection.execute(
            f"{dead} updated_at) SELECT batch_id, event_date, 7, 1, cause, '', created_at, updated_at"
            " FROM batch_mortalityevent LIMIT 1".encode()
        )
        connection.execute("UPDATE batch_batch SET notes = notes || '!' WHERE id = 1")
        connection.commit()
        told = extracted(tmp_path / "record", dsn)
        connection.execute("DELETE FROM batch_mortalityevent WHERE id > 2000000000")
        connection.execute("UPDATE batch_batch SET notes = rtrim(notes, '!') WHERE id = 1")
    assert told["rows_of_others"] == {"batch_mortalityevent": 1}
    assert told["changed"] == ["batch_batch"]
    after = told["tables"]["batch_mortalityevent"]
    assert (after["rows"], after["content_hash"]) == (before["rows"] + 1, before["content_hash"])
    [file] = (tmp_path / "record").glob("batch_mortalityevent/*/batch=others/*")
    assert pa.parquet.ParquetFile(file).read()["count"].to_pylist() == [7]


def test_a_killed_export_is_taken_up_again_unless_the_database_has_moved_on(
    record: Path, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "record"
    with broken_off(monkeypatch):
        extracted(folder, dsn)
    assert not folder.exists()
    with psycopg.connect(dsn) as connection:
        change = "UPDATE datagen.content SET rows = rows + %s WHERE unit = 'the books'"
        connection.execute(change, [1])
        connection.commit()
        with pytest.raises(UserError, match="An export that was interrupted is there"):
            extracted(folder, dsn)
        connection.execute(change, [-1])
    assert extracted(folder, dsn) == manifest(record)


WRONG: dict[str, tuple[list[str], str]] = {
    "a plan": (["--seed", "1"], "seed: 1. --from-database writes all that is there"),
    "another catalog": (["--catalog", "examples/norway"], "The database was made from another catalog"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_message(case: str, dsn: str, tmp_path: Path) -> None:
    arguments, message = WRONG[case]
    done = aquamind("export", str(tmp_path / "record"), "--from-database", *arguments, dsn=dsn)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert message in done.stderr
    assert not list(tmp_path.iterdir())
