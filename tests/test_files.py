"""What is said of an export's files can be asked of them: the examples, and the query that each export ends with."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from aquamind.server import PROJECT
from datagen.files import parquet
from datagen.runs import exporting
from tests.test_cli import SMALL, aquamind
from tests.worlds import Silent, case_of, small_plan

EXAMPLES = PROJECT / "examples/files"
CASE = case_of(small_plan(batches=9, stagger_days=100, containers=2, way="lived"))
"""Eighteen batches, of which those of the first years are harvested."""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "record"
    exporting.execute(exporting.Job(folder, CASE, "parquet", 1), Silent())
    return folder


def answered(script: str, *arguments: Path) -> str:
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("question", sorted(EXAMPLES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_question_finds_areas_and_months(question: Path, record: Path) -> None:
    said = answered("record.py", record, question)
    assert {"area", "month"} <= {word.strip() for line in said.splitlines() for word in line.split("│")}
    assert " 2024-" in said or "rows" in said


def test_harvest_weight_is_told_better_than_by_the_gain_of_others(record: Path) -> None:
    said = answered("harvest_weight.py", record).splitlines()
    off = {name.strip(): float(told.split()[0]) for name, told in (line.split(":") for line in said[1:])}
    assert 0 < off["model"] < off["same gain"]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_an_export_ends_with_a_query_that_works(suffix: str, tmp_path: Path) -> None:
    """In a folder of the kind that breaks quotes."""
    folder = tmp_path / "Ann's record"
    done = aquamind("export", str(folder), *SMALL, "--format", suffix)
    assert done.returncode == 0, done.stderr
    query = done.stdout.splitlines()[-1].removeprefix("Next: ")
    if suffix == "arrow":
        # As in a shell that has activated the environment.
        env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        said = subprocess.run(query, shell=True, capture_output=True, text=True, check=True, env=env).stdout
        assert "batch_number" in said
    else:
        assert len(duckdb.sql(query).fetchall()) > 0


def test_columns_of_few_runs_are_read_like_all_others(tmp_path: Path) -> None:
    """Of each kind of value, in two row groups; a slice and an empty one are among the arrays of a column."""
    rows = 1_000
    many, steps = np.arange(rows), np.repeat([-7, 300_000, -7], [1, rows - 401, 400])
    columns: dict[str, Any] = {
        "many": pa.array(many),
        "twice": (moments := pa.array(many * 3_600_000_000, pa.timestamp("us", tz="UTC"))),
        "told_twice": moments,
        "one": pa.array(np.full(rows, 2**40)),
        "steps": pa.array(steps, pa.int32()),
        "small": pa.array(steps % 100, pa.int16()),
        "day": pa.array(steps.astype(np.int32), pa.date32()),
        "price": pa.array([Decimal(int(each)) / 100 for each in steps], pa.decimal64(12, 2)),
        "weight": pa.array([Decimal(int(each)) / 10 for each in many], pa.decimal64(6, 1)),
        "real": pa.array(np.full(rows, 0.5)),
        "told": pa.array(["sjø"] * rows),
        "untold": pa.array([""] * rows),
        "alternating": pa.array(["ab", "ba"] * (rows // 2)),
        "right": pa.array(np.ones(rows, bool)),
        "wrong": pa.array(np.zeros(rows, bool)),
        "mixed": pa.array(many % 2 == 0),
    }
    nullable = {f"{name}_or_not": values for name, values in columns.items()}
    some = {
        "no_number": pa.nulls(rows, pa.int64()),
        "no_text": pa.nulls(rows, pa.string()),
        "no_flag": pa.nulls(rows, pa.bool_()),
    }
    some["half"] = pa.array(np.where(many % 2 == 0, None, 5), pa.int64())
    arrays = {**columns, **nullable, **some}
    schema = pa.schema([pa.field(name, each.type, name not in columns, {"unit": "g"}) for name, each in arrays.items()])
    whole = pa.Table.from_arrays(list(arrays.values()), schema=schema)
    groups = [pa.concat_tables([whole.slice(3), whole.slice(0, 0), whole.slice(500)]), whole]
    plain = [name for name in arrays if pa.types.is_timestamp(arrays[name].type)]
    options: dict[str, Any] = {
        "use_dictionary": [name for name in arrays if name not in plain],
        "compression": dict.fromkeys(arrays, "zstd"),
        "store_decimal_as_integer": True,
    }
    writer = parquet.Writer(tmp_path / "ours.parquet", parquet.Form(schema, options))
    with pyarrow.parquet.ParquetWriter(tmp_path / "theirs.parquet", schema, **options) as other:
        for group in groups:
            writer.write_table(group)
            other.write_table(group)
    writer.close()
    ours, theirs = (pyarrow.parquet.ParquetFile(tmp_path / f"{who}.parquet") for who in ("ours", "theirs"))
    assert ours.read().equals(theirs.read())
    assert ours.schema_arrow.equals(theirs.schema_arrow, check_metadata=True)
    for nth in range(2):
        for place, name in enumerate(arrays):
            mine, other_one = (each.metadata.row_group(nth).column(place) for each in (ours, theirs))
            told, other_told = mine.statistics, other_one.statistics
            assert told.null_count == other_told.null_count, name
            assert (told.min, told.max) == (other_told.min, other_told.max), name
            few = name.removesuffix("_or_not") in ("one", "steps", "small", "day", "price", "told", "right", "wrong")
            assert not few or mine.total_compressed_size < 120, name
    a, b = (f"FROM '{tmp_path}/{who}.parquet'" for who in ("ours", "theirs"))
    assert duckdb.sql(f"SELECT * {a} EXCEPT ALL SELECT * {b}").fetchall() == []
    assert duckdb.sql(f"SELECT count(*) {a} WHERE steps = -7 AND told = 'sjø'").fetchall() == [(400 + 400 + 401,)]
