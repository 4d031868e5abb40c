"""A batch, the delivery of its eggs, and its stays in containers."""

from collections.abc import Iterator

import numpy as np

from apps.batch.models import Batch, BatchContainerAssignment, CreationAction
from datagen.arrays import Ints
from datagen.events.context import BatchRecord, Changing, LongestLife, MixedRecord, Rows, Was
from datagen.events.growth_samples import last_weighing_day
from datagen.events.orders import (
    MOST_CHANGES,
    NEVER,
    changes,
    created_at,
    most_orders,
    notes,
    orders,
    planned,
    workflow_id,
    workflows,
)
from datagen.storage.arrow import record_batch

MOST_OVERDUE_DAYS = 10
"""Invented."""


def most_rows(life: LongestLife) -> dict[str, int]:
    stays = int(life.containers.sum())
    return {
        "batch_batch": 1,
        "batch_batchcontainerassignment": stays,
        "batch_creationworkflow": most_orders(life),
        "batch_creationaction": int(life.containers[0]),
        # Begins where it was planned before, comes to each later stage, and is harvested.
        "batch_historicalbatch": len(life.containers) + (life.way.orders is not None),
        "batch_historicalbatchcontainerassignment": stays,
        "batch_historicalbatchcreationworkflow": MOST_CHANGES * most_orders(life),
    }


def expected(record: BatchRecord) -> dict[str, int]:
    assignments, mixed = record.history.assignments, isinstance(record, MixedRecord)
    return {
        "batch_batch": 1,
        "batch_batchcontainerassignment": len(assignments.batch),
        "batch_creationworkflow": 0 if mixed else len(orders(record)),
        "batch_creationaction": len(record.history.deliveries.eggs),
        "batch_historicalbatch": (record.case.way.orders is not None and not mixed)
        + len(stages_reached(record))
        - 1
        + completed(record),
        "batch_historicalbatchcontainerassignment": int(assignments.left.sum()),
        "batch_historicalbatchcreationworkflow": 0 if mixed else changes(record),
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    yield _batch(record)
    yield _assignments(record)
    if not isinstance(record, MixedRecord):
        yield from workflows(record)
        yield _deliveries(record, workflow_id(record))


def completed(record: BatchRecord) -> bool:
    """Whether every ring of the batch has been harvested by the as-of day."""
    assignments = record.history.assignments
    at_sea = assignments.stage == record.sea
    return bool(at_sea.any() and assignments.left[at_sea].all())


def stages_reached(record: BatchRecord) -> Ints:
    """The stages that the batch has come to: the last of its fish."""
    return np.setdiff1d(record.history.assignments.stage, record.history.waiting.stage)


def _batch(record: BatchRecord) -> Changing:
    assignments = record.history.assignments
    done = completed(record)
    ended = int(assignments.departure_day.max())
    changed = min(ended, record.last_day)
    expected = forecast = record.harvested_day
    if not done:
        # Whose day has passed is planned anew: nothing is overdue for long.
        expected = max(expected, record.last_day - int(record.stream("days overdue").integers(MOST_OVERDUE_DAYS)))
    stage = int(stages_reached(record).max())
    rows = record_batch(
        Batch,
        1,
        id=record.batch_id,
        batch_number=record.batch.number,
        species_id=record.farm.species_id,
        lifecycle_stage_id=int(record.farm.stage_id[stage]),
        status="COMPLETED" if done else "ACTIVE",
        batch_type="MIXED" if isinstance(record, MixedRecord) else "STANDARD",
        pinned_projection_run_id=record.first_id["scenario_projection_run"],
        start_date=record.date(record.start_day)[None],
        expected_end_date=record.date(expected)[None],
        actual_end_date=record.date(ended)[None] if done else None,
        notes=notes(record),
        created_at=created_at(record),
        updated_at=record.at(changed, 18)[None],
    )
    harvested = Was(record.at(ended, 18)[None] if done else NEVER)
    return Batch, rows, (*planned(record), *_stages_reached(record, forecast), harvested)


def _stages_reached(record: BatchRecord, forecast: int) -> Iterator[Was]:
    """What the batch was from its start on, and from the day on which the last of its fish came to each later stage."""
    stays, reached = record.history.assignments, stages_reached(record)
    mixed = isinstance(record, MixedRecord)
    for stage, stage_id in enumerate(record.farm.stage_id):
        if stage not in reached:
            if not mixed:
                yield Was(NEVER)
            continue
        places = int((record.early(stage) >= 0).sum())
        day = int(stays.first_day[stays.stage == stage][:places].max())
        # Fish are moved during the day.
        at = record.at(day, 17 if stage and not mixed else 7)[None]
        columns = {
            "lifecycle_stage_id": int(stage_id),
            "status": "ACTIVE",
            "expected_end_date": record.date(forecast)[None],
            "actual_end_date": None,
            "updated_at": at,
        }
        yield Was(at, columns)


def _assignments(record: BatchRecord) -> Changing:
    """Of a closed stay the fish placed in it, of an open one the fish alive by the book on the as-of day."""
    a = record.history.assignments
    # Of the dead, those that nobody has collected yet are still in the book.
    fish = np.where(a.left, a.fish_in, a.fish_out + record.booked.lying)
    weight_g = np.where(a.left, a.weight_in_g, a.weight_out_g)
    departure = record.date(a.departure_day)
    departure[~a.left] = np.datetime64("NaT", "D")
    last_weighed = last_weighing_day(record)
    weighed = record.date(last_weighed)
    weighed[last_weighed < 0] = np.datetime64("NaT", "D")
    placed = record.at(a.first_day, 7)
    rows = record_batch(
        BatchContainerAssignment,
        len(fish),
        id=record.assignment_id,
        batch_id=record.batch_id,
        container_id=record.container_id,
        lifecycle_stage_id=record.farm.stage_id[a.stage],
        population_count=fish,
        avg_weight_g=weight_g,
        biomass_kg=fish * np.round(weight_g, 2) / 1000.0,
        assignment_date=record.date(a.first_day),
        departure_date=departure,
        last_weighing_date=weighed,
        is_active=~a.left,
        created_at=placed,
        updated_at=record.at(np.minimum(a.departure_day, record.last_day), 18),
    )
    begun = {
        "population_count": a.fish_in,
        "avg_weight_g": a.weight_in_g,
        "biomass_kg": a.fish_in * np.round(a.weight_in_g, 2) / 1000.0,
        "departure_date": None,
        "last_weighing_date": None,
        "is_active": True,
        "updated_at": placed,
    }
    closed = np.where(a.left, record.at(a.departure_day, 18), np.datetime64("NaT", "us"))
    return BatchContainerAssignment, rows, (Was(placed, begun), Was(closed))


def _deliveries(record: BatchRecord, workflow_id: int) -> Rows:
    received, operators, day = record.history.deliveries, record.staff("OPR"), record.date(record.start_day)
    count, rng = len(received.eggs), record.stream("creation")
    hour = 8 + np.arange(count) * 0.25
    return CreationAction, record_batch(
        CreationAction,
        count,
        id=record.ids(CreationAction, count),
        workflow_id=workflow_id,
        action_number=np.arange(1, count + 1),
        status="COMPLETED",
        dest_assignment_id=record.assignment_id[received.assignment],
        egg_count_planned=received.eggs,
        egg_count_actual=received.eggs,
        mortality_on_arrival=received.dead,
        expected_delivery_date=day,
        actual_delivery_date=day,
        delivery_method=["BOAT", "TRANSPORT"][record.index % 2],
        water_temp_on_arrival=record.catalog.biology.eggs.temp_c + 0.3 * rng.standard_normal(count),
        egg_quality_score=4 + (rng.random(count) < 0.6).astype(int),
        execution_duration_minutes=rng.integers(12, 30, count),
        executed_by_id=operators[rng.integers(len(operators), size=count)],
        created_at=record.at(record.start_day, hour),
        updated_at=record.at(record.start_day, hour),
    )
