"""Baseline scenarios: the published day step, one for every batch, near to what its fish became."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection

from apps.batch.models import Batch
from datagen.biology.projection import project
from datagen.catalog.stages import stages
from datagen.events import batches, scenarios
from datagen.events.context import BatchRecord
from datagen.planning.presets import PRESETS, make_plan
from tests.worlds import AS_OF, company, records, small_plan

DAYS = 900


def tables(record: BatchRecord) -> dict[str, pa.RecordBatch]:
    return {model._meta.db_table: rows for model, rows in scenarios.expand(record)}


@pytest.fixture(scope="module")
def guide() -> list[BatchRecord]:
    """Every batch of the guide's own plan, of which a third are begun, lived."""
    catalog, farm = company()
    return records(make_plan(catalog, farm, replace(PRESETS["guide"], stagger_days=39), AS_OF, 1)[0])


def test_the_day_step_is_the_published_one() -> None:
    """8 g at 10 C with TGC 2: the cube root goes from 2 to 4 in 100 days; Faroe, 19 months from 100 g: 5-6 kg."""
    days = np.ones(100)
    grown = project(8.0, 1000.0, 10.0 * days, 2.0 * days, 1.5 * days, 0.0 * days)
    assert grown.weight_g[-1] == pytest.approx(64.0)
    assert grown.biomass_kg[-1] == pytest.approx(64.0)
    assert grown.feed_kg.sum() == pytest.approx(1.5 * 56.0)
    dying = project(8.0, 1000.0, 10.0 * days, 0.0 * days, 1.5 * days, 1.0 * days)
    assert dying.fish[1] == pytest.approx(980.1)
    assert dying.feed_kg.sum() == 0.0
    days = np.ones(570)
    assert 5000 < project(100.0, 1.0, 8.3 * days, 2.7 * days, days, 0.0 * days).weight_g[-1] < 6000


def test_stages_follow_by_time_and_the_last_one_goes_on() -> None:
    of_day = stages(company()[0]).of_day(np.array([0, 89, 90, 449, 450, 900, 5000]))
    assert of_day.tolist() == [0, 0, 1, 4, 5, 5, 5]


def test_every_batch_has_a_pinned_scenario_of_900_days_from_its_first(guide: list[BatchRecord]) -> None:
    seen: set[int] = set()
    for record in guide:
        rows = tables(record)
        [scenario], [run] = rows["scenario"].to_pylist(), rows["scenario_projection_run"].to_pylist()
        assert (scenario["start_date"], scenario["duration_days"]) == (record.batch.start, DAYS)
        assert scenario["initial_count"] == record.batch.eggs
        assert run["scenario_id"] == scenario["scenario_id"]
        [pinned] = [rows for model, rows, *_ in batches.expand(record) if model is Batch]
        assert pinned["pinned_projection_run_id"].to_pylist() == [run["run_id"]]
        days = rows["scenario_scenarioprojection"]
        assert days["day_number"].to_pylist() == list(range(1, DAYS + 1))
        assert days["projection_date"][0].as_py() == record.batch.start
        assert set(days["projection_run_id"].to_pylist()) == {run["run_id"]}
        assert run["total_projections"] == DAYS
        assert run["final_weight_g"] == days["average_weight"][-1].as_py()
        ids = set(days["projection_id"].to_pylist())
        assert len(ids) == DAYS
        assert not ids & seen
        seen |= ids
    assert len(guide) == 48


def worst_deviation(record: BatchRecord) -> float:
    """The largest share by which the projected weight missed the fish's, from day 120 to the first harvest."""
    history = record.history
    day = record.row_day - record.start_day
    fish = np.bincount(day, weights=history.days.fish)
    weight_g = np.bincount(day, weights=history.days.fish * history.days.weight_g) / fish
    end = int(min(history.harvests.day, default=record.last_day)) - record.start_day
    projected = np.array(tables(record)["scenario_scenarioprojection"]["average_weight"])
    # A projection is of the evening, a container-day's weight of the morning.
    return float(np.abs(projected[119 : end - 1] / weight_g[120:end] - 1).max())


def test_projection_and_fish_of_a_typical_batch_stay_together(guide: list[BatchRecord]) -> None:
    grown = [record for record in guide if record.last_day - record.start_day > 130]
    worst = np.array([worst_deviation(record) for record in grown])
    assert np.median(worst) < 0.15
    assert (worst < 0.15).mean() > 0.6
    assert worst.max() < 0.4


def test_projected_deaths_are_those_of_the_simulation(guide: list[BatchRecord]) -> None:
    survived = []
    for record in guide:
        if len(record.history.harvests.fish):
            day = int(record.history.harvests.day.min()) - record.start_day
            projected = tables(record)["scenario_scenarioprojection"]["population"][day - 1].as_py()
            survived.append(projected / record.history.harvests.fish.sum())
    assert np.median(survived) == pytest.approx(1.0, abs=0.04)


def test_a_scenario_does_not_depend_on_the_as_of_day() -> None:
    plan = small_plan(batches=1, containers=2)
    later = replace(plan, as_of=plan.as_of + timedelta(days=60))
    for early, late in zip(records(plan), records(later), strict=True):
        assert tables(early) == tables(late)


STORED = """
    SELECT model.model_id, stage.order, override.tgc_value
    FROM scenario_tgcmodel model
    JOIN scenario_tgc_model_stage override ON override.tgc_model_id = model.model_id
    JOIN batch_lifecyclestage stage ON stage.name = override.lifecycle_stage
"""


@pytest.mark.usefixtures("on_small_record")
def test_projections_follow_from_the_stored_models_alone() -> None:
    """Whoever runs a scenario again from its profile, models and model changes gets the stored projection."""
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        tgc = {(model, order): float(value) for model, order, value in cursor.fetchall()}
        cursor.execute(
            "SELECT scenario_id, scenario.start_date, initial_count, initial_weight, scenario.tgc_model_id, profile_id,"
            " fcr_model_id, pinned_projection_run_id"
            " FROM scenario JOIN scenario_tgcmodel ON model_id = tgc_model_id JOIN batch_batch b ON b.id = batch_id"
        )
        found = cursor.fetchall()
        assert len(found) == 4
        for scenario, start, count, weight_g, model, profile, fcr_model, run in found:
            cursor.execute(
                "SELECT temperature FROM scenario_temperaturereading WHERE profile_id = %s ORDER BY day_number",
                [profile],
            )
            temp_c = np.array([value for (value,) in cursor.fetchall()])
            assert len(temp_c) >= DAYS
            cursor.execute(
                "SELECT duration_days, fcr_value FROM scenario_fcrmodelstage JOIN batch_lifecyclestage s"
                " ON s.id = stage_id WHERE model_id = %s ORDER BY s.order",
                [fcr_model],
            )
            durations, fcr = np.array(cursor.fetchall()).T
            ends = np.cumsum(durations.astype(int))
            stage = np.minimum(np.searchsorted(ends, np.arange(DAYS), side="right"), len(ends) - 1)
            models = np.full(DAYS, model)
            cursor.execute(
                "SELECT change_day, new_tgc_model_id FROM scenario_scenariomodelchange WHERE scenario_id = %s"
                " ORDER BY change_day",
                [scenario],
            )
            for day, other in cursor.fetchall():
                models[day - 1 :] = other
                month = (start + timedelta(days=day - 1)).month
                assert month in (1, 4, 7, 10) or day == 91
            cursor.execute(
                "SELECT daily_rate_percent FROM scenario_mortality_model_stage"
                " JOIN batch_lifecyclestage s ON s.name = lifecycle_stage ORDER BY s.order"
            )
            percent = np.array([float(value) for (value,) in cursor.fetchall()])
            by_day = np.array([tgc[m, s + 1] for m, s in zip(models.tolist(), stage.tolist(), strict=True)])
            again = project(weight_g, count, temp_c[:DAYS], by_day, fcr[stage], percent[stage])
            cursor.execute(
                "SELECT average_weight, population, daily_feed, temperature FROM scenario_scenarioprojection"
                " WHERE projection_run_id = %s ORDER BY day_number",
                [run],
            )
            stored = np.array(cursor.fetchall()).T
            for ours, theirs in zip((again.weight_g, again.fish, again.feed_kg, temp_c[:DAYS]), stored, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
