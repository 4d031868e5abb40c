"""A ladder fills a database: every rung stands where it should, laws hold, and the coverage of tests is told."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from datagen import checks, runs
from datagen.case import Case
from datagen.checks.coverage import Item, coverage
from datagen.planning.any_preset import plan_of
from datagen.planning.presets import PRESETS
from tests.worlds import AS_OF, Silent, company

AGES = (25, 82, 85, 88, 175, 358, 448, 860)


@pytest.fixture(scope="module")
def ladder(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The URL of a database with few rungs and two finished batches in each geography."""
    assert PRESETS["uat"].ladder is not None
    preset = replace(PRESETS["uat"], ladder=replace(PRESETS["uat"].ladder, ages=AGES, finished=2))
    dsn = new_database()
    with django_db_blocker.unblock():
        plan, _ = plan_of(*company(), preset, AS_OF, 1)
        runs.execute(runs.Job(dsn, Case(*company(), plan), 2), Silent())
        yield dsn


def test_laws_hold_and_each_rung_is_where_it_should_be(ladder: str) -> None:
    assert [verdict for verdict in checks.verify(ladder, 2, Silent()) if verdict.offending] == []
    with psycopg.connect(ladder) as connection:
        found = connection.execute(
            "SELECT max(state.day_number), batch.status, stage.name, count(DISTINCT event.id) FROM batch_batch batch"
            " JOIN batch_lifecyclestage stage ON stage.id = batch.lifecycle_stage_id"
            " JOIN batch_actualdailyassignmentstate state ON state.batch_id = batch.id"
            " LEFT JOIN harvest_harvestevent event ON event.batch_id = batch.id"
            " WHERE batch.status = 'ACTIVE' GROUP BY batch.id, stage.id ORDER BY 1"
        ).fetchall()
        finished = connection.execute("SELECT count(*) FROM batch_batch WHERE status = 'COMPLETED'").fetchone()
    stages = ["Egg&Alevin"] * 4 + ["Fry", "Smolt", "Post-Smolt", "Adult"]
    rungs = [(age, "ACTIVE", stage, 0) for age, stage in zip(AGES, stages, strict=True)]
    assert found == sorted(rungs * 2)
    assert finished == (4,)


def test_coverage_tells_what_is_there_and_what_is_not(ladder: str) -> None:
    def failed(as_of: date) -> dict[str, float | None]:
        return {item.title: item.found for item in coverage(ladder, as_of) if not item.passed}

    moves = "Batches in the last 10 days before"
    few = {"Active batches": 16, "Active batches, Parr": 0, f"{moves} Smolt": 0}
    few |= {f"Active batches, {stage}": 2 for stage in ("Fry", "Smolt", "Post-Smolt", "Adult")}
    assert failed(AS_OF) == few
    days = ("Days since the latest daily state", "Days since the latest meal", "Days since the latest reading")
    fresh = "Share of active batches with fresh daily states"
    assert failed(AS_OF + timedelta(days=3)).keys().isdisjoint(days)
    stale = failed(AS_OF + timedelta(days=4))
    assert {title: stale[title] for title in (*days, fresh)} == {**dict.fromkeys(days, 4), fresh: 0.0}
    assert coverage(ladder, AS_OF)[0] == Item("Active batches", "at least 30", 16, False)
