"""Versions of rows tell what became of them, and stay as they were written."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from apps.history.models import VERSIONS
from datagen import pipeline
from datagen.case import Case
from datagen.catalog.ways import WayName
from datagen.events import expand
from datagen.events.context import BatchRecord
from datagen.keys import records
from datagen.planning.presets import carry_on
from tests.worlds import case_of, small_plan

OF_VERSIONS = {versions._meta.db_table for versions in VERSIONS.values()}


def versions(case: Case) -> dict[str, dict[int, dict[str, Any]]]:
    """Every version of a case's rows by table and key."""
    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for record in records(case, pipeline.simulate(case)):
        if isinstance(record, BatchRecord) and record.batch.start > case.plan.as_of:
            continue
        for model, rows in expand(record):
            if (table := model._meta.db_table) in OF_VERSIONS:
                made = {row["history_id"]: row for row in rows.to_pylist()}
                assert len(made) == rows.num_rows
                assert not made.keys() & found[table].keys()
                found[table].update(made)
    return found


@pytest.mark.parametrize("way", ["planned", "lived"])
def test_a_version_stays_as_it_was_written(way: WayName) -> None:
    """Whatever becomes of the row, and however long the record goes on."""
    then = case_of(small_plan(batches=2, stagger_days=290, containers=2, way=way))
    before = versions(then)
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
