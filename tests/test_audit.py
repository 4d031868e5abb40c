"""Versions of rows tell what became of them, and stay as they were written."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from apps.history.models import VERSIONS
from datagen import checks, pipeline, runs
from datagen.case import Case
from datagen.catalog.ways import WayName
from datagen.events import expand, most_rows_a_day
from datagen.events.audit import MASS, TABLES
from datagen.events.context import BatchRecord, GeographyRecord
from datagen.keys import records
from datagen.masterdata import people
from datagen.planning.presets import carry_on
from datagen.runs import advancing, wiping
from datagen.storage import ledger
from tests.loaded import django_on
from tests.worlds import Silent, case_of, company, small_plan

KEPT = {*wiping.MASTER_DATA, "auth_user"}
OF_VERSIONS = {versions._meta.db_table for versions in VERSIONS.values()}


def versions(case: Case) -> dict[str, dict[int, dict[str, Any]]]:
    """Every version of a case's rows by table and key."""
    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for record in records(case, pipeline.simulate(case)):
        if isinstance(record, BatchRecord) and record.batch.start > case.plan.as_of:
            continue
        most = most_rows_a_day(case, record.history.geography) if isinstance(record, GeographyRecord) else {}
        for model, rows in expand(record):
            if (table := model._meta.db_table) in most:
                # Above these another plan may have its own; tasks are known four weeks ahead.
                places = (rows.column(model._meta.pk.column).to_numpy() - record.first_id[table]) // record.stride
                assert places.max() < most[table] * (case.plan.days + 28), table
            if table in OF_VERSIONS:
                made = {row["history_id"]: row for row in rows.to_pylist()}
                assert len(made) == rows.num_rows
                assert not made.keys() & found[table].keys()
                found[table].update(made)
    return found


@pytest.mark.parametrize("way", ["planned", "lived"])
def test_a_version_stays_as_it_was_written(way: WayName) -> None:
    """Whatever becomes of the row, and however long the record goes on."""
    plan = small_plan(batches=2, stagger_days=290, containers=2, way=way)
    then = case_of(replace(plan, versions="all", imperfections="usual" if way == "lived" else "none"))
    before = versions(then)
    if way == "lived":
        # Of these it is known later only that they were late.
        del before["batch_historicalmortalityevent"], before["inventory_historicalfeedingevent"]
    for days in (1, 40, 200):
        after = versions(Case(then.catalog, then.farm, carry_on(then, then.plan.as_of + timedelta(days=days))))
        for table, rows in before.items():
            assert {key: after[table].get(key) for key in rows} == rows
    assert len(after["batch_historicalbatch"]) > len(before["batch_historicalbatch"])


def test_the_versions_of_a_harvested_batch_are_its_life() -> None:
    case = case_of(small_plan(batches=1, stagger_days=290, containers=2))
    eldest = Case(case.catalog, case.farm, carry_on(case, case.plan.as_of + timedelta(days=900)))
    found = versions(eldest)
    life = [row for row in found["batch_historicalbatch"].values() if row["id"] == 1]
    first, *_, last = life
    assert [row["history_type"] for row in life] == ["+"] + ["~"] * len(case.stages.key)
    assert [row["lifecycle_stage_id"] for row in life] == [*range(1, len(case.stages.key) + 1), len(case.stages.key)]
    assert [row["status"] for row in life] == ["ACTIVE"] * len(case.stages.key) + ["COMPLETED"]
    assert first["history_date"] < last["history_date"]
    assert (first["actual_end_date"], last["actual_end_date"]) == (None, last["history_date"].date())
    stay = [row for row in found["batch_historicalbatchcontainerassignment"].values() if row["id"] == 1]
    assert [(row["is_active"], row["departure_date"] is None) for row in stay] == [(True, True), (False, False)]
    order = [row for row in found["batch_historicalbatchcreationworkflow"].values() if row["id"] == 1]
    assert [row["status"] for row in order] == ["PLANNED", "IN_PROGRESS", "COMPLETED"]
    assert [row["total_eggs_received"] > 0 for row in order] == [False, False, True]
    assert {row["history_user_id"] for row in order} == {row["created_by_id"] for row in order}
    move = [row for row in found["batch_historicalbatchtransferworkflow"].values() if row["id"] == 1]
    assert [row["status"] for row in move] == ["PLANNED", "IN_PROGRESS", "COMPLETED"]
    assert [row["actions_completed"] > 0 for row in move] == [False, False, True]


def test_the_mass_of_the_record_has_versions_where_asked_and_goes_on_with_them(
    new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker
) -> None:
    dsn, case = new_database(), case_of(replace(small_plan(batches=1, containers=1), versions="all"))
    with django_db_blocker.unblock(), django_on(dsn), psycopg.connect(dsn, autocommit=True) as connection:
        runs.execute(runs.Job(dsn, case, 1), Silent())
        advancing.advance(dsn, case.catalog, case.farm, case.plan.as_of + timedelta(days=2), 1, Silent())
        rows = ledger.rows(connection)
        assert {table for table in MASS if table in rows and rows.get(TABLES[table], 0) != rows[table]} == set()
        assert checks.versions.every(connection)
        assert [each.name for each in checks.verify(dsn, 1, Silent()) if each.offending] == []
        connection.execute("UPDATE inventory_historicalfeedingevent SET amount_kg = 0")
        assert [each.name for each in checks.verify(dsn, 1, Silent()) if each.offending] == ["versions"]
        wiping.wipe(connection, dsn)
        left = {model: versions._default_manager.count() for model, versions in VERSIONS.items()}
    kept = {model._meta.db_table for model, count in left.items() if count}
    assert kept <= {*wiping.MASTER_DATA, "auth_user"}


def test_master_data_have_versions(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> None:
    """One of each row; another when it changes, and none when it is looked at again."""
    dsn, (catalog, farm) = new_database(), company()
    with django_db_blocker.unblock(), django_on(dsn), psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(2):
            runs.prepare(connection, catalog, farm, ())
        of = {model: versions for model, versions in VERSIONS.items() if model._meta.db_table in KEPT}
        counted = [
            (model._default_manager.count(), versions._default_manager.count()) for model, versions in of.items()
        ]
        assert [rows for rows, versions in counted if rows != versions] == []
        assert sum(rows for rows, _ in counted) > 13_000
        name = "rannva.joensen"
        people.set_passwords({name: "Laks-2026-Havn"})
        versions = "SELECT history_type, history_user_id, password FROM auth_historicaluser WHERE username = %s"
        logins = connection.execute(f"{versions} ORDER BY history_id", [name]).fetchall()
    assert [kind for kind, _, _ in logins] == ["+", "~"]
    assert logins[0][2] != logins[1][2]
    assert len({user for _, user, _ in logins} - {None}) == 1
