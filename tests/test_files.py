"""What is said of an export's files can be asked of them: the examples, and the query that each export ends with."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from aquamind.server import PROJECT
from datagen.runs import exporting
from tests.test_cli import SMALL, aquamind
from tests.worlds import Silent, case_of, small_plan

EXAMPLES = PROJECT / "examples/files"
CASE = case_of(small_plan(batches=9, stagger_days=100, containers=2, way="lived"))
"""Eighteen batches, of which those of the first years are harvested."""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "record [1]"
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


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    exporting.execute(
        exporting.Job(tmp_path / "young", case_of(small_plan(batches=1, containers=1)), "parquet", 1), Silent()
    )
    for script, record, said in (
        ("harvest_weight.py", tmp_path / "young", "Rings of two batches that were harvested are wanted"),
        ("harvest_weight.py", tmp_path, f"{tmp_path} has no manifest.json"),
        ("record.py", tmp_path, "python examples/files/record.py RECORD growth.sql"),
    ):
        command = [sys.executable, str(EXAMPLES / script), str(record)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert said in done.stderr


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_an_export_ends_with_a_query_that_works(suffix: str, tmp_path: Path) -> None:
    """In a folder of the kind that breaks quotes and patterns."""
    folder = tmp_path / "Ann's record [1]*"
    done = aquamind("export", str(folder), *SMALL, "--format", suffix)
    assert done.returncode == 0, done.stderr
    assert " rows a second: " in done.stdout
    query = done.stdout.splitlines()[-1].removeprefix("Next: ")
    if suffix == "arrow":
        # The second has done nothing, and tells no pace.
        assert " there already: " in aquamind("export", str(folder), *SMALL, "--format", suffix).stdout
        # As in a shell that has activated the environment.
        env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        said = subprocess.run(query, shell=True, capture_output=True, text=True, check=True, env=env).stdout
        assert "batch_number" in said
    else:
        assert len(duckdb.sql(query).fetchall()) > 0
