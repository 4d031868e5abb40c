"""Transfers ahead: drafted, planned, now and then called off, then carried out under the same keys."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from apps.batch.models import BatchTransferWorkflow
from datagen import checks, pipeline, runs
from datagen.case import Case
from datagen.catalog.ways import Way, Ways
from datagen.events import thinnings, transfers
from datagen.events.context import BatchRecord, life
from datagen.keys import records as records_of
from datagen.planning.plan import Plan
from datagen.planning.presets import carry_on
from datagen.runs import advancing
from tests.test_advance import contents
from tests.worlds import AS_OF, Silent, case_of, company, records, small_plan

PLAN = small_plan(seed=6, batches=2, stagger_days=185, containers=5, way="lived")
ORDER = ["DRAFT", "PLANNED", "IN_PROGRESS", "CANCELLED", "COMPLETED"]
TO_SEA = date(2025, 12, 21)
"""The day on which the last ring of the third batch is filled; the others are on the days before."""

VESSELS = {each.name for each in company()[0].carriers.carriers if each.type == "VESSEL"}


def tables(as_of: date) -> dict[str, dict[int, dict[str, Any]]]:
    """What is recorded of transfers on a day: rows by table and key."""
    catalog, farm = company()
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for record in records(carry_on(Case(catalog, farm, PLAN), as_of)):
        for model, rows, *_ in transfers.expand(record):
            found.setdefault(model._meta.db_table, {}).update({row["id"]: row for row in rows.to_pylist()})
        made = sum(rows.num_rows for _, rows, *_ in transfers.expand(record))
        assert made == sum(rows for table, rows in transfers.expected(record).items() if "historical" not in table)
    return found


def test_a_plan_goes_its_way_and_what_is_over_stays_as_it_was() -> None:
    days = sorted(AS_OF + timedelta(days=days) for days in (*range(0, 120, 8), *range(25, 32)))
    seen: dict[int, list[dict[str, Any]]] = {}
    called_off, by_days = 0, set()
    for day in days:
        found = tables(day)
        workflows, actions = found["batch_batchtransferworkflow"], list(found["batch_transferaction"].values())
        assert len({each["workflow_number"] for each in workflows.values()}) == len(workflows)
        for key, now in workflows.items():
            seen.setdefault(key, []).append(now)
            lifts = [each for each in actions if each["workflow_id"] == key]
            assert now["total_actions_planned"] == len(lifts) > 0 or now["status"] == "DRAFT"
            assert {each["status"] for each in lifts} <= {"PENDING", "COMPLETED", "SKIPPED"}
            done = [each["actual_execution_date"] for each in lifts if each["status"] == "COMPLETED"]
            ahead = [each["planned_date"] for each in lifts if each["status"] == "PENDING"]
            assert (now["status"] == "IN_PROGRESS") == (len(done) > 0 < len(ahead))
            assert max(done, default=day) <= day < min(ahead, default=date.max)
            assert now["actions_completed"] == len(done)
            by_sea = [each["notes"] for each in lifts if now["is_intercompany"] and each["status"] == "COMPLETED"]
            assert {note.removeprefix("By ") for note in by_sea} <= VESSELS
            assert (now["status"] in ("DRAFT", "PLANNED")) <= (now["planned_start_date"] > day)
    for versions in seen.values():
        stations = [ORDER.index(each["status"]) for each in versions]
        assert stations == sorted(stations)
        assert len({(each["workflow_number"], each["created_at"]) for each in versions}) == 1
        over = [each for each in versions if each["status"] in ("CANCELLED", "COMPLETED")]
        assert all(each == over[0] for each in over)
        by_days.add(len({each["actions_completed"] for each in versions if each["status"] == "IN_PROGRESS"}))
        called_off += any(each["status"] == "CANCELLED" for each in versions)
    assert called_off
    assert max(by_days) >= 2
    assert sum(len({each["status"] for each in versions}) > 1 for versions in seen.values()) >= 5


def test_a_thinning_is_drafted_planned_and_done_under_its_keys() -> None:
    plan = small_plan(seed=2, batches=3, stagger_days=120, way="lived", imperfections="usual")
    plan = replace(plan, batches=tuple(batch for batch in plan.batches if batch.geography == 0)[:1])
    late = case_of(plan).late_days[0]
    day = plan.stage_starts[plan.sea] + late
    assert late > 0
    seen, keys = [], set()
    for ahead in (40, 30, 10, 1, 0, -20):
        [record] = records(replace(plan, as_of=plan.first_day + timedelta(days=day - ahead)))
        rows = [row for _, made, *_ in thinnings.expand(record) for row in made.to_pylist()]
        made = sum(count for table, count in thinnings.expected(record).items() if "historical" not in table)
        assert len(rows) == made <= sum(thinnings.most_rows(life(record.case, record.batch)).values())
        if not rows:
            seen.append("")
            continue
        workflow, lifts = rows[0], rows[1:]
        seen.append(workflow["status"])
        keys.add((workflow["id"], workflow["workflow_number"], *(each["id"] for each in lifts)))
        assert workflow["source_lifecycle_stage_id"] == workflow["dest_lifecycle_stage_id"]
        assert workflow["total_actions_planned"] == len(lifts)
        assert all(each["transferred_count"] < each["source_population_before"] for each in lifts)
        told = {each["notes"] for each in lifts}
        late_ring = record.farm.container_name[record.batch.containers[-1][-1]]
        assert seen[-1] != "PLANNED" or told == {f"To {late_ring}"}
        if workflow["status"] == "COMPLETED":
            assert workflow["total_transferred_count"] == record.history.assignments.fish_in[-1]
    assert seen == ["", "DRAFT", "PLANNED", "PLANNED", "COMPLETED", "COMPLETED"]
    assert len({(key, number) for key, number, *_ in keys}) == 1


def test_of_two_plans_for_the_same_fish_one_holds() -> None:
    for days in range(0, 90, 5):
        ahead = [
            (each["batch_id"], each["dest_lifecycle_stage_id"])
            for each in tables(AS_OF + timedelta(days=days))["batch_batchtransferworkflow"].values()
            if each["status"] in ("DRAFT", "PLANNED")
        ]
        assert len(set(ahead)) == len(ahead)


def test_without_the_block_nothing_lies_ahead_and_nothing_else_changes() -> None:
    catalog, farm = company()
    ways = Ways(planned=Way(), lived=catalog.ways.lived.model_copy(update={"transfer_plans": None}))
    bare = Case(catalog.model_copy(update={"ways": ways}), farm, PLAN)
    without = [record for record in records_of(bare, pipeline.simulate(bare)) if isinstance(record, BatchRecord)]
    found, usual = (
        [
            (row["workflow_number"], row["status"])
            for record in of
            for model, rows, *_ in transfers.expand(record)
            if model is BatchTransferWorkflow
            for row in rows.to_pylist()
        ]
        for of in (without, records(PLAN))
    )
    assert found == [(number, status) for number, status in usual if status in ("IN_PROGRESS", "COMPLETED")]
    assert len(usual) > len(found) > 0


@pytest.fixture(scope="module")
def advanced(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[str, str]]:
    """A database carried on over a month in steps, and one made at once: a transfer to sea is under way."""
    catalog, farm = company()
    stepwise, once = new_database(), new_database()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(stepwise, Case(catalog, farm, PLAN), 1), Silent())
        for day in (AS_OF + timedelta(days=1), AS_OF + timedelta(days=15), TO_SEA - timedelta(days=1)):
            PLANS.append(carry_on(Case(catalog, farm, PLANS[-1]), day))
            advancing.advance(stepwise, catalog, farm, PLANS[-1].as_of, 1, Silent())
        runs.execute(runs.Job(once, Case(catalog, farm, PLANS[-1]), 1), Silent())
        yield stepwise, once


PLANS: list[Plan] = [PLAN]


def test_carried_on_plans_become_what_happened(advanced: tuple[str, str]) -> None:
    stepwise, once = advanced
    assert contents(stepwise) == contents(once)
    assert [verdict.name for verdict in checks.verify(stepwise, 2, Silent()) if verdict.offending] == []


def test_a_transfer_and_its_activity_know_each_other(advanced: tuple[str, str]) -> None:
    with psycopg.connect(advanced[0]) as connection:
        found = connection.execute(
            "SELECT w.status, a.status, count(*), bool_and(a.transfer_workflow_id = w.id AND a.batch_id = w.batch_id)"
            " FROM batch_batchtransferworkflow w JOIN planning_plannedactivity a ON a.id = w.planned_activity_id"
            " GROUP BY 1, 2 ORDER BY 1"
        ).fetchall()
        one_way = connection.execute(
            "SELECT count(*) FROM planning_plannedactivity a JOIN batch_batchtransferworkflow w"
            " ON w.id = a.transfer_workflow_id WHERE w.planned_activity_id IS DISTINCT FROM a.id"
        ).fetchone()
    both = {("COMPLETED", "COMPLETED"), ("PLANNED", "PENDING"), ("IN_PROGRESS", "IN_PROGRESS")}
    assert {(ours, theirs) for ours, theirs, *_ in found} >= both
    assert all(right for *_, right in found)
    assert one_way == (0,)


BREAKS = [
    "UPDATE batch_batchtransferworkflow SET cancellation_reason = '' WHERE status = 'CANCELLED'",
    "UPDATE batch_batchtransferworkflow SET total_actions_planned = 1 WHERE status = 'PLANNED'",
    "UPDATE batch_batchtransferworkflow SET actions_completed = 1 WHERE status = 'PLANNED'",
    "UPDATE batch_transferaction SET status = 'PENDING' WHERE status = 'SKIPPED'",
    "UPDATE batch_transferaction SET planned_date = NULL WHERE status = 'PENDING'",
    "UPDATE batch_transferaction SET transferred_count = transferred_count + 1 WHERE status = 'PENDING'",
    "UPDATE batch_batchcontainerassignment SET departure_date = assignment_date WHERE id IN"
    " (SELECT source_assignment_id FROM batch_transferaction WHERE status = 'PENDING')",
    "UPDATE batch_batchtransferworkflow SET actual_start_date = actual_start_date + 30 WHERE status = 'IN_PROGRESS'",
    "UPDATE batch_batchtransferworkflow SET completion_percentage = 99 WHERE status = 'IN_PROGRESS'",
    "UPDATE batch_transferaction SET planned_date = planned_date - 1 WHERE status = 'PENDING'",
    "UPDATE batch_transferaction SET source_population_before = source_population_before + 1 WHERE status = 'PENDING'",
    "UPDATE batch_transferaction SET source_assignment_id = (SELECT max(id) FROM batch_batchcontainerassignment)"
    " WHERE status = 'PENDING'",
]


@pytest.mark.parametrize("statement", BREAKS)
def test_the_law_notices(advanced: tuple[str, str], statement: str) -> None:
    law = next(check for check in checks.checks() if check.name == "transfers_ahead")
    with psycopg.connect(advanced[1]) as connection:
        checks.prepare(connection)
        assert not checks.judge(connection, law).offending
        assert connection.execute(statement.encode()).rowcount
        assert checks.judge(connection, law).offending
        connection.rollback()
