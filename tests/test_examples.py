"""What the examples show works, and what needs no database starts none."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from aquamind.server import PROJECT
from datagen import runs
from datagen.case import Case
from datagen.catalog.reader import load
from datagen.farm import resolve
from datagen.files import fields
from datagen.masterdata.tables import tables as masterdata
from datagen.planning.presets import PRESETS, make_plan
from datagen.runs.run import check_case
from datagen.runs.wiping import MASTER_DATA
from tests.worlds import AS_OF, Silent, case_of, small_plan

EXAMPLES = PROJECT / "examples"
AQUAMIND = [sys.executable, "-c", "from datagen.cli import main; main()"]
WITHOUT_DATABASE = {
    "a detector": [sys.executable, str(EXAMPLES / "detector.py")],
    "the history": [sys.executable, str(EXAMPLES / "history.py")],
    "a plan": [*AQUAMIND, "plan", "--preset", "small"],
    "a dry run": [*AQUAMIND, "run", "--preset", "small", "--dry-run"],
}


@pytest.mark.parametrize("query", sorted(EXAMPLES.glob("sql/*.sql")), ids=lambda path: path.stem)
def test_a_query_finds_rows(query: Path, small_record: str) -> None:
    command = [*AQUAMIND, "psql", "-v", "ON_ERROR_STOP=1", "--csv", "-f", str(query)]
    done = subprocess.run(
        command,
        env=os.environ | {"DATABASE_URL": small_record},
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heading, *rows = done.stdout.splitlines()
    assert rows, heading


def test_a_dirtied_database_is_clean_again(fresh_database: str, django_db_blocker: DjangoDbBlocker) -> None:
    dsn = fresh_database  # not the record that others read
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, case_of(small_plan(batches=1, containers=1)), 1), Silent())
    connections["default"].close()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"DATABASE_URL": dsn, "PATH": path}
    subprocess.run([*AQUAMIND, "snapshot", "clean"], env=env, cwd=PROJECT, check=True, capture_output=True)
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/clean_slate"]
    del env["DJANGO_SETTINGS_MODULE"]  # of these tests
    done = subprocess.run(tests, env=env, cwd=PROJECT, check=False, capture_output=True, text=True)
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout
    subprocess.run([*AQUAMIND, "snapshots", "--drop", "clean"], env=env, cwd=PROJECT, check=True, capture_output=True)


@pytest.mark.parametrize("season", range(4))
def test_the_company_of_one_station_has_room_for_what_its_readme_runs(season: int) -> None:
    """On whatever day; and master data, though none of some."""
    catalog = load(EXAMPLES / "company")
    farm = resolve(catalog)
    chosen = replace(PRESETS["medium"], batches=5, stagger_days=240, saturation=1.0)
    plan, bound = make_plan(catalog, farm, chosen, AS_OF + timedelta(days=91 * season), 1 + season)
    assert (len(plan.batches), bound) == (5, None)
    case = Case(catalog, farm, plan)
    check_case(case)
    rows = {model._meta.db_table: batch.num_rows for model, batch in masterdata(case, fields.models(MASTER_DATA))}
    assert (rows["finance_core_allocationrule"], rows["infrastructure_freshwaterstation"]) == (0, 1)


def test_a_simple_detector_finds_what_the_truth_says() -> None:
    """It would find nothing if labels stood elsewhere than faults."""
    command = [sys.executable, str(EXAMPLES / "detector.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=True)
    scores = [line.split() for line in done.stdout.splitlines() if "precision" in line]
    assert [(kind, float(right) > 0.5, float(found) > 0.9) for kind, *_, right, _, found in scores] == [
        ("stuck", True, True), ("spike", True, True)
    ] * 2  # fmt: skip


@pytest.mark.parametrize("what", WITHOUT_DATABASE)
def test_no_server_is_started_for_what_needs_none(what: str, tmp_path: Path) -> None:
    home = tmp_path / "own"
    env = os.environ | {"AQUAMIND_DATA_DIR": str(home), "DATABASE_URL": ""}
    done = subprocess.run(WITHOUT_DATABASE[what], env=env, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not home.exists()
