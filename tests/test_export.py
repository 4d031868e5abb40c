"""A plan as files: the rows of a database of the same plan, whole or not there, and taken up again."""

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from pytest_django import DjangoDbBlocker

from aquamind.errors import UserError
from aquamind.server import PROJECT
from datagen import keys, pipeline, runs
from datagen.events import expand
from datagen.files import fields
from datagen.files.store import FileStore
from datagen.masterdata.tables import is_clock
from datagen.runs import exporting, protection, wiping
from datagen.storage import arrow, ledger, reading
from tests.frozen import lived
from tests.test_cli import SMALL, aquamind
from tests.worlds import Silent, case_of, small_plan

CASE = lived()
"""Four batches, the oldest harvested: every family has rows."""
MANY_LINES = pyarrow.csv.ParseOptions(newlines_in_values=True)
"""A note may have several."""
KILLS = 3
EXPORT = "import sys, pathlib; from tests.test_export import exported; exported(pathlib.Path(sys.argv[1]), workers=2)"
PATIENCE_S = 60.0
"""Until a process has written something, on a machine that has other things to do."""


@pytest.fixture(scope="module")
def filled(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[psycopg.Connection[Any]]:
    """A database that was filled with the same plan."""
    dsn = new_database()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, CASE, 1), Silent())
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def database(filled: psycopg.Connection[Any]) -> dict[str, Any]:
    """What its ledger says."""
    return ledger.status(filled)


def exported(folder: Path, suffix: str = "parquet", workers: int = 1) -> dict[str, Any]:
    return exporting.execute(exporting.Job(folder, CASE, suffix, workers), Silent())[1]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "record"
    exported(folder)
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def test_every_table_has_the_hash_that_it_has_in_a_database(record: Path, database: dict[str, Any]) -> None:
    told = manifest(record)
    written = {
        table: entry
        for table, entry in told["tables"].items()
        if entry["rows"] and table not in {*wiping.MASTER_DATA, "auth_user"}
    }
    assert protection.FOLLOWING <= written.keys() == database["tables"].keys()
    for table, entry in written.items():
        assert (entry["rows"], entry["content_hash"]) == tuple(database["tables"][table].values()), table
    assert told["units"] == database["units"]
    assert told["content_hash"] == database["content_hash"]
    assert all((told[name] == database["runs"][0][name]) for name in ("seed", "as_of", "plan_hash", "catalog_hash"))


def test_transfers_know_the_activities_that_they_know_in_a_database(
    record: Path, filled: psycopg.Connection[Any]
) -> None:
    [model] = fields.models(["batch_batchtransferworkflow"])
    here = pa.Table.from_batches(list(read_back(record, "parquet", model)), arrow.schema(model))
    there = pa.Table.from_batches(list(reading.read(filled, model)), arrow.schema(model))
    assert here.sort_by("id").equals(there)
    assert here["planned_activity_id"].null_count < len(here)


def test_master_data_are_those_of_an_empty_database(record: Path, filled: psycopg.Connection[Any]) -> None:
    """Keys too, for the record refers to them; but not when a row was entered."""
    models = fields.models({*wiping.MASTER_DATA, "auth_user"})
    assert len(models) == len(wiping.MASTER_DATA) + 1
    for model in models:
        clocks = [field.column for field in model._meta.concrete_fields if is_clock(field)]
        here = pa.Table.from_batches(list(read_back(record, "parquet", model)), arrow.schema(model))
        there = pa.Table.from_batches(list(reading.read(filled, model)), arrow.schema(model))
        assert here.num_rows == manifest(record)["tables"][model._meta.db_table]["rows"]
        assert by_value(here.drop_columns(clocks), model) == by_value(there.drop_columns(clocks), model), model


def by_value(table: pa.Table, model: arrow.Model) -> dict[str, list[Any]]:
    """Columns by name; JSON as what it says, for the database writes it in an order of its own."""
    found: dict[str, list[Any]] = table.to_pydict()
    return {
        name: [json.loads(each) for each in values] if arrow.columns(model)[name].is_json else values
        for name, values in found.items()
    }


def read_back(folder: Path, suffix: str, model: arrow.Model) -> Iterator[pa.RecordBatch]:
    read: Any = pyarrow.parquet.read_table if suffix == "parquet" else pyarrow.feather.read_table
    for path in sorted(folder.glob(manifest(folder)["tables"][model._meta.db_table]["files"])):
        # Partitions are in the path, and no columns.
        with path.open("rb") as file:
            yield from read(file).cast(arrow.schema(model)).combine_chunks().to_batches()


def test_rows_of_every_file_lie_in_the_order_of_their_key_and_it_says_so(record: Path) -> None:
    """Those of feed and weather too, which geographies number in turn."""
    geographies = set()
    for path in record.rglob("*.parquet"):
        file = pyarrow.parquet.ParquetFile(path)
        for group in range(file.num_row_groups):
            [order] = file.metadata.row_group(group).sorting_columns
            keys = file.read_row_group(group).column(order.column_index).to_numpy()
            assert (keys[1:] > keys[:-1]).all(), path
        if path.stem == "environmental_weatherdata":
            geographies = set(file.read(["area_id"]).column(0).to_pylist())
    assert len(geographies) > 1


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_what_is_read_back_is_what_was_expanded(record: Path, suffix: str, tmp_path: Path) -> None:
    """Each table's rows by key, of whatever files, with types and values as the generator made them."""
    folder = record if suffix == "parquet" else tmp_path / "record"
    told = manifest(folder) if suffix == "parquet" else exported(folder, suffix)
    expected: dict[arrow.Model, list[pa.RecordBatch]] = {}
    for unit in keys.records(CASE, pipeline.simulate(CASE)):
        for model, batch in expand(unit):
            expected.setdefault(model, []).append(batch)
    assert {model._meta.db_table for model in expected} <= told["tables"].keys()
    for model, batches in expected.items():
        key = model._meta.pk.column
        found = pa.Table.from_batches(list(read_back(folder, suffix, model)), arrow.schema(model))
        written = [name for name, column in arrow.columns(model).items() if not column.is_linked_later]
        assert found.sort_by(key).select(written).equals(pa.Table.from_batches(batches).sort_by(key).select(written)), (
            model
        )


def test_csv_has_as_many_rows(tmp_path: Path) -> None:
    told = exported(tmp_path / "record", "csv", workers=2)
    for table, entry in told["tables"].items():
        files = (tmp_path / "record").glob(entry["files"])
        rows = sum(pyarrow.csv.read_csv(path, parse_options=MANY_LINES).num_rows for path in files)
        assert rows == entry["rows"], table


def test_columns_say_what_they_mean(record: Path) -> None:
    schema = pyarrow.parquet.read_schema(record / "batch_growthsample.parquet")
    assert schema.metadata[b"description"].startswith(b"A weighing of some fish")
    assert schema.field("avg_weight_g").metadata[b"unit"] == b"g"
    assert schema.field("assignment_id").metadata[b"references"] == b"batch_batchcontainerassignment.id"


@contextmanager
def broken_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The export in here is interrupted between two tables of its fourth unit."""
    write = FileStore.write
    written: list[str] = []

    def killed(store: FileStore, unit: str, tables: Any) -> Any:
        if len(written) == 3:
            next(iter(tables))
            raise KeyboardInterrupt
        written.append(unit)
        return write(store, unit, tables)

    monkeypatch.setattr(FileStore, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        yield
    monkeypatch.undo()


def test_a_killed_export_is_not_there_and_is_taken_up_again(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "record"
    with broken_off(monkeypatch):
        exported(folder)
    assert not folder.exists()
    beside = folder.with_name("record.partial")
    before = {path: path.stat().st_mtime_ns for path in beside.rglob("geography=*/batch=*/*")}
    assert before
    told = exported(folder)
    assert told == manifest(record)
    assert {path: (folder / path.relative_to(beside)).stat().st_mtime_ns for path in before} == before
    assert not beside.exists()
    assert not list(folder.rglob("*.part"))
    # Again, it is there.
    assert exported(folder) == told


def begun(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", EXPORT, str(folder)], cwd=PROJECT)


def test_a_process_killed_wherever_it_is_leaves_nothing_under_the_name_and_in_the_end_is_the_same(
    record: Path, tmp_path: Path
) -> None:
    """The workers of the killed one end by themselves, while the next already writes."""
    folder, luck = tmp_path / "record", random.Random()
    beside = folder.with_name("record.partial")
    for kill in range(KILLS):
        export, deadline = begun(folder), time.monotonic() + PATIENCE_S
        # Not before it has written something more, and then at any moment.
        while len(list(beside.glob("units/*.json"))) < kill + 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(luck.uniform(0.0, 0.4))
        assert export.poll() is None, "it ended before it could be killed"
        export.kill()
        export.wait()
        assert not folder.exists()
        assert beside.exists()
    assert exported(folder) == manifest(folder) == manifest(record)
    assert {path.name for path in tmp_path.iterdir()} == {"record"}
    assert not list(folder.rglob("*.part"))


def test_an_export_of_something_else_is_left_alone(record: Path, tmp_path: Path) -> None:
    other = exporting.Job(record, case_of(small_plan(seed=4, batches=1, containers=1)), "parquet", 1)
    before = manifest(record)
    with pytest.raises(UserError, match=rf"holds another export \(seed {CASE.plan.seed}, "):
        exporting.execute(other, Silent())
    assert manifest(record) == before
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "own.txt").write_text("mine")
    with pytest.raises(UserError, match="Other files are there"):
        exported(tmp_path / "record")


def test_a_disk_too_small_is_told_before_the_first_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BYTES_PER_ROW", {"parquet": 10**9})
    with pytest.raises(UserError, match="MB are needed"):
        exported(tmp_path / "record")
    assert not list(tmp_path.iterdir())


WRONG: dict[str, tuple[list[str], str]] = {
    "a format": (["DIR", "--format", "parket"], "format: 'parket'. Known: parquet, csv, arrow"),
    "a file": (["/dev/null"], "directory: '/dev/null'. "),
    "below a file": (["/dev/null/record"], "directory: '/dev/null/record'. Not a directory"),
    "nothing may be written": (["/proc/record"], "directory: '/proc/record'. "),
    "too long a name": (["x" * 300], "directory: 'xxx"),
    "the root": (["/"], "directory: '/'. Other files are there"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_message(case: str, tmp_path: Path) -> None:
    arguments, message = WRONG[case]
    done = aquamind("export", *(str(tmp_path / "record") if word == "DIR" else word for word in arguments), *SMALL)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = aquamind("export", str(tmp_path / "record"), *SMALL, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"]["environmental_environmentalreading"] == 84_000
    assert not list(tmp_path.iterdir())


def test_a_disk_that_cannot_hold_it_is_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2 * 10**6, 10**6, 10**6))
    with pytest.raises(UserError, match=r"disk: '1 MB free'\. About \d+ MB are needed"):
        exported(tmp_path / "record")
    assert not list(tmp_path.iterdir())
