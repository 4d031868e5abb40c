"""Transfers between stages: a workflow each, with one action for every move from container to container."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from apps.batch.models import BatchTransferWorkflow, TransferAction
from apps.environmental.models import StageTransitionEnvironmental
from datagen.arrays import Bools, Dates, Floats, Ints, Objects
from datagen.biology import size
from datagen.biology.water import oxygen_saturation_mg_l
from datagen.events import transfers_ahead
from datagen.events.body import bodies
from datagen.events.context import BatchRecord, Changing, LongestLife, Rows, Was, nearest_rows
from datagen.events.orders import NEVER
from datagen.simulation.history import Moves
from datagen.simulation.pouring import large_containers
from datagen.storage.arrow import record_batch

WEIGHED_FISH = 50
"""Fish weighed at each move; invented."""

MOST_CHANGES = 3
"""Of a workflow that was drafted: it is planned, begins, and is complete or called off."""

NOTHING_YET = {
    "actual_start_date": None,
    "actual_completion_date": None,
    "total_source_count": 0,
    "total_transferred_count": 0,
    "total_mortality_count": 0,
    "total_biomass_kg": 0.0,
    "actions_completed": 0,
    "completion_percentage": 0.0,
    "finance_transaction_id": None,
    "completed_by_id": None,
}
"""What a workflow says of its moves before the first is made."""


def most_rows(life: LongestLife) -> dict[str, int]:
    stages, ahead = len(life.containers), transfers_ahead.most_rows(life)
    workflows = stages - 1 + ahead["batch_batchtransferworkflow"]
    return {
        "batch_batchtransferworkflow": workflows,
        "batch_historicalbatchtransferworkflow": MOST_CHANGES * workflows,
        "batch_transferaction": int(transfers_ahead.most_actions(life.way, life.stages, life.containers).sum())
        + ahead["batch_transferaction"],
        "environmental_stagetransitionenvironmental": stages - 1,
    }


def expected(record: BatchRecord) -> dict[str, int]:
    moves = record.history.moves
    waiting, workflows = record.history.waiting, len(np.unique(moves.stage))
    ahead, begun = transfers_ahead.expected(record), len(np.unique(waiting.stage))
    changes = MOST_CHANGES - (record.case.way.transfer_plans is None)
    return {
        **ahead,
        "batch_batchtransferworkflow": workflows + ahead["batch_batchtransferworkflow"],
        "batch_historicalbatchtransferworkflow": changes * workflows
        - begun
        + ahead["batch_historicalbatchtransferworkflow"],
        "batch_transferaction": len(moves.stage) + len(waiting.stage) + ahead["batch_transferaction"],
        # Of what is pending there is no version yet, not even of its creation.
        "batch_historicaltransferaction": ahead["batch_historicaltransferaction"] - len(waiting.stage),
        "environmental_stagetransitionenvironmental": workflows - begun,
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    moves = record.history.moves
    if len(moves.stage):
        yield _workflows(record)
        yield _actions(record)
        if len(record.history.waiting.stage):
            yield _waiting(record)
        if over(record).any():
            yield _waters(record)
    yield from transfers_ahead.expand(record)


def over(record: BatchRecord) -> Bools:
    """Whether each move is of a transfer that is over."""
    return ~np.isin(record.history.moves.stage, record.history.waiting.stage)


def _workflows(record: BatchRecord) -> Changing:
    moves = record.history.moves
    stages, first, done = np.unique(moves.stage, return_index=True, return_counts=True)
    complete, begins, last = over(record)[first], moves.day[first], moves.day[first + done - 1]
    actions = done + (record.history.waiting.stage[:, None] == stages).sum(axis=0)
    due = record.start_day + np.array(record.stage_starts)[stages]
    to_sea = stages == record.sea
    managers = record.staff("MGR")
    who = managers[(record.index + stages) % len(managers)]
    plans = transfers_ahead.carried_out(record, stages)
    # Where there are no plans, it was noted two weeks ahead.
    noted = record.at(np.array([plan.drafted for plan in plans] or begins - 14), 9)
    told = record.at(last, 17)
    ended = np.where(complete, told, np.datetime64("NaT", "us"))
    rows = record_batch(
        BatchTransferWorkflow,
        len(stages),
        id=record.first_id["batch_batchtransferworkflow"] + stages - 1,
        batch_id=record.batch_id,
        workflow_number=[f"TRF-{record.batch.number}-D{day:03d}" for day in due - record.start_day],
        workflow_type="LIFECYCLE_TRANSITION",
        status=np.where(complete, "COMPLETED", "IN_PROGRESS"),
        planned_start_date=record.date(begins),
        planned_completion_date=record.date(due),
        actual_start_date=record.date(begins),
        actual_completion_date=ended.astype("datetime64[D]"),
        source_lifecycle_stage_id=record.farm.stage_id[stages - 1],
        dest_lifecycle_stage_id=record.farm.stage_id[stages],
        **_sums(moves, first, complete),
        total_actions_planned=actions,
        actions_completed=done,
        completion_percentage=100.0 * done / actions,
        **_between_companies(record, to_sea, complete),
        notes=[transfers_ahead.left_empty(record) if sea else "" for sea in to_sea],
        initiated_by_id=who,
        completed_by_id=np.ma.masked_where(~complete, who),
        created_at=noted,
        updated_at=told,
    )
    return BatchTransferWorkflow, rows, (*_planned(record, plans, noted, record.at(begins, 7), actions), Was(ended))


def _sums(moves: Moves, first: Ints, complete: Bools) -> dict[str, Any]:
    """Fish and biomass of transfers whose first moves these are: worked out when a transfer is over."""
    moved, died, kg = (
        np.add.reduceat(values, first) * complete for values in (moves.moved, moves.died, moved_kg(moves))
    )
    return {
        "total_source_count": moved + died,
        "total_transferred_count": moved,
        "total_mortality_count": died,
        "total_biomass_kg": kg,
    }


def _between_companies(record: BatchRecord, to_sea: Bools, complete: Bools) -> dict[str, Any]:
    """Fish that go to sea are sold by the freshwater company to the farming one."""
    # The first transaction of the batch is that of its transfer to sea.
    transaction_id = np.full(len(to_sea), record.first_id["finance_intercompanytransaction"])
    return {
        "is_intercompany": to_sea,
        "source_subsidiary": ["FW" if sea else None for sea in to_sea],
        "dest_subsidiary": ["FM" if sea else None for sea in to_sea],
        "finance_transaction_id": np.ma.masked_where(~(to_sea & complete), transaction_id),
    }


def _planned(
    record: BatchRecord, plans: list[transfers_ahead.Draft], noted: Dates, begun: Dates, actions: Ints
) -> tuple[Was, ...]:
    """What workflows were before they were complete: drafted, planned, begun."""
    count = len(noted)
    moves = np.array([transfers_ahead.actions_planned(record, plan) for plan in plans] or actions)
    planned = record.at(np.array([plan.planned for plan in plans]), 15) if plans else np.full(count, NEVER[0])
    first = {"status": "DRAFT", "total_actions_planned": 0} if plans else {"total_actions_planned": actions}
    as_planned = {**NOTHING_YET, "status": "PLANNED", "total_actions_planned": moves, "updated_at": planned}
    as_begun = {**NOTHING_YET, "status": "IN_PROGRESS", "actual_start_date": begun.astype("datetime64[D]")}
    return (
        Was(noted, {**as_planned, **first, "updated_at": noted}),
        Was(planned, as_planned),
        Was(begun, {**as_begun, "updated_at": begun}),
    )


def moved_kg(moves: Moves) -> Floats:
    """Biomass of each move [kg], as recorded: to hundredths."""
    return np.round(moves.moved * moves.weight_g / 1000.0, 2)


def _actions(record: BatchRecord) -> Rows:
    moves = record.history.moves
    luck = record.stream("transfer weighing").standard_normal((len(moves.stage), 3))
    workflow_id = record.first_id["batch_batchtransferworkflow"] + moves.stage - 1
    return lifted(record, moves, record.first_id["batch_transferaction"], workflow_id, luck, _notes(record))


def weighed(weight_g: Floats, cv: Floats, k: Floats, luck: Floats) -> dict[str, Any]:
    """What is measured of fish that are moved: a mean of 50 errs by its standard error."""
    measured_g = weight_g * (1.0 + cv / np.sqrt(WEIGHED_FISH) * np.clip(luck, -3, 3))
    return {
        "measured_avg_weight_g": measured_g,
        "measured_std_dev_weight_g": measured_g * cv,
        "measured_sample_size": WEIGHED_FISH,
        "measured_avg_length_cm": size.lengths_cm(measured_g, k),
    }


def minutes(moved: Ints, luck: Floats) -> Ints:
    """How long the lifts of so many fish take; invented."""
    taken: Ints = np.clip(15 + moved // 4000 + (5 * luck).astype(int), 5, 600)
    return taken


def lifted(
    record: BatchRecord, moves: Moves, first_id: int, workflow_id: Ints, luck: Floats, notes: Sequence[str]
) -> Rows:
    """An action for each of these moves, of which fish are weighed, with some luck [moves, 3]."""
    count, stage = len(moves.stage), record.history.assignments.stage
    number, of_day = _number(moves.stage), _number(moves.day)
    row = nearest_rows(record, moves.source, moves.day)
    of = bodies(record, row)
    selection, cv = _selection(record, moves, of.weight_cv)
    days = record.history.days
    temp_c = days.temp_c[row]
    oxygen_mg_l = days.oxygen_pct[row] / 100 * oxygen_saturation_mg_l(temp_c, days.salinity_psu[row])
    operators = record.staff("OPR")
    hour = 7.0 + np.minimum(of_day - 1, 40) * 0.25
    return TransferAction, record_batch(
        TransferAction,
        count,
        id=first_id + np.arange(count),
        workflow_id=workflow_id,
        action_number=number,
        status="COMPLETED",
        source_assignment_id=record.assignment_id[moves.source],
        dest_assignment_id=record.assignment_id[moves.dest],
        source_population_before=moves.before,
        transferred_count=moves.moved,
        mortality_during_transfer=moves.died,
        transferred_biomass_kg=moved_kg(moves),
        planned_date=record.date(moves.day),
        actual_execution_date=record.date(moves.day),
        transfer_method=np.where(stage[moves.dest] <= 1, "GRAVITY", "PUMP"),
        water_temp_c=temp_c,
        oxygen_level=oxygen_mg_l + 0.1 * luck[:, 1],
        execution_duration_minutes=minutes(moves.moved, luck[:, 2]),
        **weighed(moves.weight_g, cv, of.k, luck[:, 0]),
        selection_method=selection,
        notes=notes,
        executed_by_id=operators[(record.index + number) % len(operators)],
        created_at=record.at(moves.day, hour),
        updated_at=record.at(moves.day, hour),
    )


def _large(record: BatchRecord, moves: Moves) -> tuple[Bools, Bools]:
    """Whether the fish of each move were sorted by size, and whether they go where the large ones do."""
    a, into = record.history.assignments, record.case.graded[record.index]
    graded = (a.stage[moves.dest] == into) & (a.stage[moves.source] < into)
    place = moves.dest - np.searchsorted(a.stage, into)
    return graded, place < large_containers(len(record.batch.containers[into]))


def _selection(record: BatchRecord, moves: Moves, cv: Floats) -> tuple[Objects, Floats]:
    """How the fish of each move were chosen, and how these differ in weight where those of their source do so."""
    (graded, large), into = _large(record, moves), record.case.graded[record.index]
    if not graded.any():
        return transfers_ahead.selected(len(cv), None), cv
    places = len(record.batch.containers[into])
    share, spread = large_containers(places) / places, float(record.stages.weight_cv[into - 1])
    parts = np.where(large, size.largest(share, spread)[1], size.smallest(1.0 - share, spread)[1])
    selection = np.where(graded, transfers_ahead.selected(len(cv), large), "AVERAGE")
    return selection.astype(object), np.where(graded, parts, cv)


def _notes(record: BatchRecord) -> list[str]:
    """Of each move by which vessel it was made, or which fish of a hall that was graded."""
    graded, large = _large(record, record.history.moves)
    return [
        f"Graded: {'large' if big else 'small'}" if sorted_out else vessel
        for sorted_out, big, vessel in zip(graded.tolist(), large.tolist(), _vessels(record), strict=True)
    ]


def _vessels(record: BatchRecord) -> list[str]:
    """Of each move by which vessel it was made, where batches go to sea over days: one a day, in turn."""
    moves, place = record.history.moves, record.farm.geography_name[record.batch.geography]
    vessels = [
        each.name for each in record.catalog.carriers.carriers if (each.type, each.geography) == ("VESSEL", place)
    ]
    if not vessels or record.case.way.sea_transfer is None:
        return [""] * len(moves.stage)
    return [
        f"By {vessels[(record.index + day) % len(vessels)]}" if stage == record.sea else ""
        for stage, day in zip(moves.stage.tolist(), moves.day.tolist(), strict=True)
    ]


def _number(values: Ints) -> Ints:
    """The place of each among its equals, from 1; equals stand together."""
    _, first, count = np.unique(values, return_index=True, return_counts=True)
    numbers: Ints = np.arange(len(values)) - np.repeat(first, count) + 1
    return numbers


def _waiting(record: BatchRecord) -> Changing:
    """What is still to be done of the transfer that is under way, as the fish stand: that makes no versions."""
    waiting, moves = record.history.waiting, record.history.moves
    count, done = len(waiting.stage), int((moves.stage == waiting.stage[0]).sum())
    plans = transfers_ahead.carried_out(record, waiting.stage[:1])
    planned = record.at(plans[0].planned, 15) if plans else record.at(record.stage_day(int(waiting.stage[0])), 7)
    rows = record_batch(
        TransferAction,
        count,
        id=record.first_id["batch_transferaction"] + len(moves.stage) + np.arange(count),
        workflow_id=record.first_id["batch_batchtransferworkflow"] + waiting.stage - 1,
        action_number=done + 1 + np.arange(count),
        status="PENDING",
        source_assignment_id=record.assignment_id[waiting.source],
        source_population_before=waiting.before,
        transferred_count=waiting.fish,
        transferred_biomass_kg=np.round(waiting.fish * waiting.weight_g / 1000.0, 2),
        planned_date=record.date(waiting.day),
        transfer_method="PUMP",
        notes=[f"To {record.farm.container_name[container]}" for container in waiting.dest],
        created_at=planned,
        updated_at=planned,
    )
    return TransferAction, rows, (Was(np.full(count, NEVER[0])),)


def _waters(record: BatchRecord) -> Rows:
    """The water that the fish met on the days of each transfer: the mean of the containers that they came to."""
    moves, days, water = record.history.moves, record.history.days, record.catalog.water
    done = over(record)
    stages, of = np.unique(moves.stage[done], return_inverse=True)
    row = nearest_rows(record, moves.dest[done], moves.day[done])
    arrivals = np.bincount(of)
    temp_c, salinity_psu, oxygen_pct = (
        np.bincount(of, values[row]) / arrivals for values in (days.temp_c, days.salinity_psu, days.oxygen_pct)
    )
    tank_ph = next((sensor.level for sensor in water.sensors if sensor.parameter == "pH"), None)
    day = np.zeros(len(stages), np.int64)
    day[of] = moves.day[done]
    noted = record.at(day, 18)
    return StageTransitionEnvironmental, record_batch(
        StageTransitionEnvironmental,
        len(stages),
        id=record.first_id["environmental_stagetransitionenvironmental"] + stages - 1,
        batch_transfer_workflow_id=record.first_id["batch_batchtransferworkflow"] + stages - 1,
        temperature=temp_c,
        oxygen=oxygen_pct / 100.0 * oxygen_saturation_mg_l(temp_c, salinity_psu),
        salinity=salinity_psu,
        ph=np.array([water.sea_ph if stage == record.sea else tank_ph for stage in stages], float),
        created_at=noted,
        updated_at=noted,
    )
