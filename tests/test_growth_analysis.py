"""Daily states against the simulation that they were never given, with faults in the record, and live as in bulk."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connection, transaction

from apps.batch.growth_analysis import MissingScenario, States, compute, read, recompute, temperature
from apps.batch.growth_analysis.states import ANCHORS, SOURCES
from apps.batch.models import (
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    CreationAction,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
)
from apps.infrastructure.models import Container
from aquamind import database
from datagen import pipeline
from datagen.case import Case
from datagen.runs import analysis
from datagen.storage import ledger
from tests.worlds import AS_OF, Silent, company, small_plan

COLUMNS = (
    "id, assignment_id, date, day_number, avg_weight_g, population, biomass_kg, temp_c, mortality_count, feed_kg,"
    " observed_fcr, anchor_type, sources, confidence_scores"
)
STATES = f"SELECT {COLUMNS} FROM batch_actualdailyassignmentstate WHERE batch_id = %s ORDER BY assignment_id, date"
Connection = psycopg.Connection[Any]


@pytest.fixture
def undone(on_small_record: str) -> Iterator[Connection]:
    """A connection whose changes are undone."""
    with database.connect(on_small_record) as own:
        yield own
        own.rollback()


@contextmanager
def undone_orm() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def grown_batch(own: Connection) -> int:
    """The oldest batch."""
    return own.execute("SELECT id FROM batch_batch ORDER BY start_date LIMIT 1").fetchone()[0]


def stay_of(own: Connection, batch_id: int, stage: str) -> tuple[int, int, date]:
    """A stay of a batch: assignment, container and first day."""
    return own.execute(
        "SELECT a.id, container_id, assignment_date FROM batch_batchcontainerassignment a"
        " JOIN batch_lifecyclestage s ON s.id = lifecycle_stage_id WHERE batch_id = %s AND s.name = %s"
        " ORDER BY a.id LIMIT 1",
        [batch_id, stage],
    ).fetchone()


def on(states: States, assignment_id: int, *days: date) -> np.ndarray:
    """Rows of an assignment's states on these days."""
    own = np.flatnonzero(states.assignment_id == assignment_id)
    return own[np.searchsorted(states.date[own], np.array(days, "datetime64[D]"))]


def sources(states: States, row: int) -> dict[str, str]:
    return json.loads(SOURCES[states.sources[row]])


def confidences(states: States, row: int) -> dict[str, float]:
    return json.loads(states.confidences[states.confidence[row]])


def test_states_are_what_was_lived(on_small_record: str) -> None:
    """Fish to the last one on every day of every stay; weights as well as samples of 30 fish can tell."""
    catalog, farm = company()
    plan = small_plan(batches=2, stagger_days=290, containers=2)
    histories = pipeline.simulate(Case(catalog, farm, plan))
    error = []
    with database.connect(on_small_record) as own:
        for index, batch in enumerate(plan.batches):
            lived = histories[batch.geography].batch(index).days
            [batch_id] = own.execute("SELECT id FROM batch_batch WHERE batch_number = %s", [batch.number]).fetchone()
            found = own.execute(STATES, [batch_id]).fetchall()
            population = np.array([row[5] for row in found])
            np.testing.assert_array_equal(population, lived.fish - lived.deaths)
            error.append(np.abs(np.array([float(row[4]) for row in found]) / lived.weight_g - 1.0))
            # Every one of these days was measured and recorded in full.
            assert {(row[12]["temp"], row[12]["mortality"]) for row in found} == {("measured", "actual")}
            np.testing.assert_allclose([float(row[7]) for row in found], lived.temp_c, atol=0.6)
    errors = np.concatenate(error)
    assert len(errors) > 3000
    assert np.median(errors) < 0.03
    assert np.percentile(errors, 99) < 0.10


def test_who_looks_stages_up_by_name_grows_fish_alike(on_small_record: str) -> None:
    """As AquaMind does: models are found by `LifeCycleStage.name`, and nothing is read but what is stored."""
    query = """
        SELECT stage.name, count(*), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY
            power(cbrt(before_g) + of_stage.tgc_value / 1000 * greatest(temp_c, 0), 3) / avg_weight_g)::numeric, 3)
        FROM (
            SELECT *, lag(avg_weight_g) OVER stay AS before_g, lag(population) OVER stay AS before
            FROM batch_actualdailyassignmentstate WINDOW stay AS (PARTITION BY assignment_id ORDER BY date)
        ) state
        JOIN batch_lifecyclestage stage ON stage.id = lifecycle_stage_id
        JOIN batch_batch batch ON batch.id = batch_id
        JOIN scenario_projection_run run ON run_id = pinned_projection_run_id
        JOIN scenario ON scenario.scenario_id = run.scenario_id
        JOIN scenario_tgc_model_stage of_stage
            ON of_stage.tgc_model_id = scenario.tgc_model_id AND of_stage.lifecycle_stage = stage.name
        WHERE anchor_type IS NULL AND population <= before
        GROUP BY 1
    """
    with database.connect(on_small_record) as own:
        found = own.execute(query).fetchall()
    catalog, _ = company()
    assert {stage for stage, days, _ in found if days > 100} == {stage.name for stage in catalog.biology.stages}
    assert {float(ratio) for _, _, ratio in found} == {1.0}


def test_the_first_transfer_neither_doubles_nor_loses_fish(undone: Connection) -> None:
    batch_id = grown_batch(undone)
    by_day = undone.execute(
        "SELECT sum(population), sum(mortality_count), sum(biomass_kg) * 1000 / sum(population)"
        " FROM batch_actualdailyassignmentstate WHERE batch_id = %s AND day_number IN (90, 91)"
        " GROUP BY day_number ORDER BY day_number",
        [batch_id],
    ).fetchall()
    [lost] = undone.execute(
        "SELECT total_mortality_count FROM batch_batchtransferworkflow WHERE batch_id = %s ORDER BY id LIMIT 1",
        [batch_id],
    ).fetchone()
    (eve, _, eve_g), (fish, died, weight_g) = by_day
    assert fish == eve - lost - died
    assert 0.95 < weight_g / eve_g < 1.15


def test_a_sample_off_by_a_factor_lasts_until_the_next(undone: Connection) -> None:
    batch_id = grown_batch(undone)
    assignment_id, _, _ = stay_of(undone, batch_id, "Parr")
    days = [
        row[0]
        for row in undone.execute(
            "SELECT sample_date FROM batch_growthsample WHERE assignment_id = %s ORDER BY 1", [assignment_id]
        )
    ]
    sound = compute(read(undone, batch_id, AS_OF))
    undone.execute(
        "UPDATE batch_growthsample SET avg_weight_g = avg_weight_g * 3 WHERE assignment_id = %s AND sample_date = %s",
        [assignment_id, days[4]],
    )
    faulty = compute(read(undone, batch_id, AS_OF))
    wrong, computed, right = on(faulty, assignment_id, days[4], days[4] + timedelta(days=1), days[5])
    assert faulty.avg_weight_g[wrong] == pytest.approx(3 * sound.avg_weight_g[wrong], rel=1e-3)
    assert ANCHORS[faulty.anchor[wrong]] == "growth_sample"
    assert confidences(faulty, wrong)["weight"] == 1.0
    assert sources(faulty, computed)["weight"] == "tgc_computed"
    assert confidences(faulty, computed)["weight"] == 0.8
    # Iwama & Tautz with the guide's 2.75 for Parr, from the wrong weight on.
    gain = 2.75 / 1000 * faulty.temp_c[computed]
    assert faulty.avg_weight_g[computed] == pytest.approx((faulty.avg_weight_g[wrong] ** (1 / 3) + gain) ** 3, abs=0.02)
    assert (faulty.avg_weight_g != sound.avg_weight_g).sum() == (days[5] - days[4]).days
    assert faulty.avg_weight_g[right] == sound.avg_weight_g[right]
    np.testing.assert_array_equal(faulty.population, sound.population)


def test_a_week_without_readings_is_interpolated(undone: Connection) -> None:
    batch_id = grown_batch(undone)
    assignment_id, container_id, first_day = stay_of(undone, batch_id, "Smolt")
    gap = [first_day + timedelta(days=20 + day) for day in range(7)]
    sound = compute(read(undone, batch_id, AS_OF))
    lost = undone.execute(
        "DELETE FROM environmental_environmentalreading WHERE batch_id = %s AND container_id = %s"
        " AND reading_time::date BETWEEN %s AND %s",
        [batch_id, container_id, gap[0], gap[-1]],
    )
    assert lost.rowcount == 7 * 6 * 7, "readings are six a day from each of seven sensors"
    faulty = compute(read(undone, batch_id, AS_OF))
    rows = on(faulty, assignment_id, *gap)
    before, after = sound.temp_c[[rows[0] - 1, rows[-1] + 1]]
    np.testing.assert_allclose(faulty.temp_c[rows], np.linspace(before, after, 9)[1:-1], atol=0.011)
    assert {sources(faulty, row)["temp"] for row in rows} == {"interpolated"}
    assert {confidences(faulty, row)["temp"] for row in rows} == {0.63}, "0.9 - 8 / 30"
    computed = [row for row in rows if faulty.anchor[row] < 0]
    assert {confidences(faulty, row)["weight"] for row in computed} == {0.63}
    # A week's water hardly differs from the line between its neighbours: nor do the weights.
    np.testing.assert_allclose(faulty.avg_weight_g, sound.avg_weight_g, rtol=0.01)
    np.testing.assert_array_equal(np.delete(faulty.temp_c, rows), np.delete(sound.temp_c, rows))


def test_temperature_falls_back_step_by_step() -> None:
    nan = np.nan
    measured = np.full((30, 3), nan)
    measured[[0, 2, 20], 0] = 8.0, 10.0, 6.0
    profile = np.append(np.full(29, 7.5), nan)
    filled = temperature.fill(measured.T.ravel(), np.repeat([0, 1, 2], 30), np.tile(profile, 3))
    temp_c, source, confidence = (column.reshape(3, 30).T for column in filled)
    by_day = [temperature.SOURCES[one] for one in source[:, 0]]
    assert by_day[:3] == ["measured", "interpolated", "measured"]
    assert temp_c[1, 0] == pytest.approx(9.0)
    assert confidence[1, 0] == pytest.approx(0.9 - 2 / 30)
    # Neighbours 18 days apart: none is within 7 days on both sides.
    assert by_day[3:12] == ["nearest_before"] * 9
    assert by_day[12:20] == ["nearest_after"] * 8
    assert by_day[21:] == ["nearest_before"] * 9
    assert set(temp_c[3:12, 0]) == {10.0}
    assert set(confidence[3:20, 0]) == {0.6}
    assert {temperature.SOURCES[one] for one in source[:29, 1]} == {"profile"}
    assert set(confidence[:29, 1]) == {0.5}
    assert temperature.SOURCES[source[29, 1]] == "none"
    assert confidence[29, 1] == 0.0
    assert np.isnan(temp_c[29, 1])


def test_a_window_recomputed_is_all_recomputed(undone: Connection) -> None:
    """What an operator may do in the middle of a life, ten days before a transfer: later stays follow too."""
    batch_id = grown_batch(undone)
    assignment_id, _, first_day = stay_of(undone, batch_id, "Fry")
    changed = first_day + timedelta(days=80)
    undone.execute(
        "INSERT INTO batch_mortalityevent (batch_id, assignment_id, event_date, count, biomass_kg, cause, description,"
        " created_at, updated_at) VALUES (%s, %s, %s, 500, 1, 'OTHER', '', now(), now())",
        [batch_id, assignment_id, changed],
    )
    undone.execute(
        "UPDATE batch_growthsample SET avg_weight_g = avg_weight_g * 1.2 WHERE assignment_id = %s AND sample_date > %s",
        [assignment_id, changed],
    )
    # The next stay's first weight then is the last state before.
    undone.execute(
        "UPDATE batch_transferaction SET measured_avg_weight_g = NULL WHERE source_assignment_id = %s", [assignment_id]
    )
    before = undone.execute(STATES, [batch_id]).fetchall()
    written = recompute(undone, batch_id, changed, AS_OF, AS_OF)
    window = undone.execute(STATES, [batch_id]).fetchall()
    assert written == sum(row[2] >= changed for row in window)
    everything = recompute(undone, batch_id, date.min, AS_OF, AS_OF)
    assert everything == len(before)
    assert window == undone.execute(STATES, [batch_id]).fetchall()
    assert window != before
    assert [row for row in window if row[2] < changed] == [row for row in before if row[2] < changed]


def test_a_window_rests_on_stored_states_of_the_stays_before(undone: Connection) -> None:
    """Only the stays in the window are read: the weight that fish came with is in the stored state of their source."""
    batch_id = grown_batch(undone)
    _, _, first_day = stay_of(undone, batch_id, "Parr")
    undone.execute("UPDATE batch_transferaction SET measured_avg_weight_g = NULL")
    recompute(undone, batch_id, date.min, AS_OF, AS_OF)
    whole = undone.execute(STATES, [batch_id]).fetchall()
    last = first_day + timedelta(days=30)
    part = read(undone, batch_id, AS_OF, (first_day, last))
    assert len(part.stays["id"]) == 10, "of five stages with ten tanks each"
    recompute(undone, batch_id, first_day, last, AS_OF)
    assert undone.execute(STATES, [batch_id]).fetchall() == whole


def test_analysing_again_changes_nothing(on_small_record: str) -> None:
    with database.connect(on_small_record, autocommit=True) as own:
        before = ledger.status(own)["tables"], own.execute(STATES, [grown_batch(own)]).fetchall()
        for batches in (None, [grown_batch(own)]):
            analysis.analyse(on_small_record, batches, 1, Silent())
            assert (ledger.status(own)["tables"], own.execute(STATES, [grown_batch(own)]).fetchall()) == before
        kept = own.execute("SELECT count(*) FROM datagen.dropped").fetchone()[0]
        assert kept == 0, "indexes are back"


def test_a_batch_without_a_scenario_is_said_and_counted(on_small_record: str, undone: Connection) -> None:
    batch_id = grown_batch(undone)
    undone.execute("UPDATE batch_batch SET pinned_projection_run_id = NULL WHERE id = %s", [batch_id])
    assert read(undone, batch_id, AS_OF) is not None, "its first scenario serves"
    undone.execute("UPDATE scenario SET batch_id = NULL WHERE batch_id = %s", [batch_id])
    with pytest.raises(MissingScenario, match="52 assignments"):
        read(undone, batch_id, AS_OF)


def test_the_bulk_run_counts_what_it_could_not_do(on_small_record: str) -> None:
    with database.connect(on_small_record, autocommit=True) as own:
        batch_id = grown_batch(own)
        [number] = own.execute("SELECT batch_number FROM batch_batch WHERE id = %s", [batch_id]).fetchone()
        before = own.execute(STATES, [batch_id]).fetchall()
        scenario = own.execute("SELECT pinned_projection_run_id FROM batch_batch WHERE id = %s", [batch_id]).fetchone()
        own.execute("UPDATE batch_batch SET pinned_projection_run_id = NULL WHERE id = %s", [batch_id])
        own.execute("UPDATE scenario SET batch_id = NULL, name = '#' || name WHERE batch_id = %s", [batch_id])
        try:
            done = analysis.analyse(on_small_record, [batch_id], 1, Silent())
            left = own.execute(STATES, [batch_id]).fetchall()
        finally:
            own.execute("UPDATE scenario SET batch_id = %s, name = substr(name, 2) WHERE name ^@ '#'", [batch_id])
            own.execute("UPDATE batch_batch SET pinned_projection_run_id = %s WHERE id = %s", [*scenario, batch_id])
        analysis.analyse(on_small_record, [batch_id], 1, Silent())
        assert own.execute(STATES, [batch_id]).fetchall() == before
    assert done.without_scenario == {number: 52}
    assert left == []


DAY = date(2025, 3, 1)


def handmade(stages: dict[str, str]) -> tuple[Batch, dict[str, BatchContainerAssignment]]:
    """A batch begun on DAY, with the first batch's scenario and one stay, for good, by name in the stage it names."""
    like = Batch.objects.order_by("start_date").first()
    batch = Batch.objects.create(
        batch_number="HAND", start_date=DAY, species=like.species, lifecycle_stage=like.lifecycle_stage,
        pinned_projection_run=like.pinned_projection_run,
    )  # fmt: skip
    places = iter(Container.objects.order_by("id"))
    stays = {
        name: BatchContainerAssignment.objects.create(
            batch=batch, container=next(places), lifecycle_stage=LifeCycleStage.objects.get(name=stage),
            population_count=777, avg_weight_g=50, biomass_kg=0, assignment_date=DAY,
        )
        for name, stage in stages.items()
    }  # fmt: skip
    return batch, stays


def deliver(batch: Batch, stay: BatchContainerAssignment, eggs: int, dead: int, status: str = "COMPLETED") -> None:
    workflow, _ = BatchCreationWorkflow.objects.get_or_create(
        batch=batch, workflow_number="CRT-HAND", egg_source_type="EXTERNAL", total_eggs_planned=0,
        planned_start_date=DAY, planned_completion_date=DAY,
    )  # fmt: skip
    CreationAction.objects.create(
        workflow=workflow, action_number=workflow.actions.count() + 1, status=status, dest_assignment=stay,
        egg_count_planned=eggs, egg_count_actual=eggs, mortality_on_arrival=dead, expected_delivery_date=DAY,
        actual_delivery_date=DAY,
    )  # fmt: skip


def move(
    batch: Batch,
    source: BatchContainerAssignment,
    dest: BatchContainerAssignment,
    day: int,
    fish: int,
    weight_g: float | None = None,
    **given: Any,
) -> None:
    like = BatchTransferWorkflow.objects.first()
    workflow, _ = BatchTransferWorkflow.objects.get_or_create(
        batch=batch, workflow_number="TRF-HAND", planned_start_date=DAY, initiated_by=like.initiated_by,
        source_lifecycle_stage=like.source_lifecycle_stage,
    )  # fmt: skip
    values = {"status": "COMPLETED", "mortality_during_transfer": 0} | given
    TransferAction.objects.create(
        workflow=workflow, action_number=workflow.actions.count() + 1, source_assignment=source, dest_assignment=dest,
        source_population_before=0, transferred_count=fish, transferred_biomass_kg=0, measured_avg_weight_g=weight_g,
        actual_execution_date=DAY + timedelta(days=day), **values,
    )  # fmt: skip


def states_of(batch: Batch, days: int) -> States:
    record = read(connection.connection, batch.pk, DAY + timedelta(days=days - 1))
    assert record is not None
    return compute(record)


def test_fish_are_those_that_were_put_in(on_small_record: str) -> None:
    """Neither its own count nor what is only planned is added to what a stay has received; what leaves is gone."""
    with undone_orm():
        batch, stays = handmade({"eggs": "Egg&Alevin", "later": "Egg&Alevin", "own": "Egg&Alevin"})
        deliver(batch, stays["eggs"], 1000, 40)
        deliver(batch, stays["eggs"], 5000, 0, "PENDING")
        move(batch, stays["eggs"], stays["later"], 2, 300, mortality_during_transfer=10)
        move(batch, stays["eggs"], stays["later"], 3, 200, status="PENDING")
        MortalityEvent.objects.create(
            batch=batch, assignment=stays["eggs"], event_date=DAY + timedelta(days=1), count=5, biomass_kg=0
        )
        states = states_of(batch, 4)
    by_stay = {name: states.population[states.assignment_id == stay.pk].tolist() for name, stay in stays.items()}
    assert by_stay == {"eggs": [960, 955, 645, 645], "later": [0, 0, 300, 300], "own": [777] * 4}
    assert states.mortality_count.sum() == 5


def test_deaths_are_modelled_where_none_are_recorded(on_small_record: str) -> None:
    with undone_orm():
        batch, stays = handmade({"eggs": "Egg&Alevin"})
        deliver(batch, stays["eggs"], 100_000, 0)
        record = read(connection.connection, batch.pk, DAY + timedelta(days=2))
        rate = record.scenario.death_rate[stays["eggs"].lifecycle_stage_id]
        states = compute(record)
    assert 0.0001 < rate < 0.01
    fish, expected = 100_000, []
    for _ in range(3):
        fish -= round(fish * rate)
        expected.append(fish)
    assert states.population.tolist() == expected
    assert (sources(states, 0)["mortality"], confidences(states, 0)["mortality"]) == ("model", 0.4)


def test_weights_of_those_moved_and_of_those_left(on_small_record: str) -> None:
    """The weighing of the largest tells that those left are smaller; fish among others share their mean weight."""
    with undone_orm():
        batch, stays = handmade({"source": "Egg&Alevin", "new": "Egg&Alevin", "mixed": "Egg&Alevin"})
        deliver(batch, stays["source"], 1000, 0)
        deliver(batch, stays["mixed"], 100, 0)
        MortalityEvent.objects.create(batch=batch, event_date=DAY, count=1, biomass_kg=0)
        new = BatchContainerAssignment.objects.filter(pk=stays["new"].pk)
        new.update(assignment_date=DAY + timedelta(days=2))
        move(batch, stays["source"], stays["new"], 2, 100, 80, selection_method="LARGEST")
        move(batch, stays["source"], stays["mixed"], 3, 300)
        states = states_of(batch, 5)
    # Eggs do not grow: weights are what weighings and mixing make of them.
    by_stay = {name: states.avg_weight_g[states.assignment_id == stay.pk].tolist() for name, stay in stays.items()}
    assert by_stay["source"] == [50, 50, 70.4, 70.4, 70.4]
    assert by_stay["new"] == [80, 80, 80]
    assert by_stay["mixed"] == [50, 50, 50, pytest.approx((100 * 50 + 300 * 70.4) / 400), pytest.approx(65.3)]
    row = np.flatnonzero(states.assignment_id == stays["new"].pk)[0]
    assert ANCHORS[states.anchor[row]] == "transfer"
    assert confidences(states, row)["weight"] == 0.95


def test_fcr_is_observed_where_there_is_growth(on_small_record: str) -> None:
    with database.connect(on_small_record) as own:
        found = own.execute(STATES, [grown_batch(own)]).fetchall()
    seen = 0
    for before, row in itertools.pairwise(found):
        gain = float(row[6] - before[6])
        if before[1] != row[1] or row[9] == 0 or gain <= 1:
            assert row[10] is None
        else:
            assert float(row[10]) == pytest.approx(min(float(row[9]) / gain, 10.0), abs=0.0006)
            seen += 1
    assert seen > 500
