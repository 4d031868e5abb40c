"""Fish moved from the fullest rings into one that stood empty: a workflow with a lift out of each of them.

Where the way has a block `transfer_plans`, it is drafted and planned ahead, as the fish stand.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from apps.batch.models import BatchTransferWorkflow, TransferAction
from datagen.arrays import Dates, Floats, Ints
from datagen.events import transfers
from datagen.events.context import BatchRecord, Changing, LongestLife, Rows, Was, life, nearest_rows
from datagen.events.orders import NEVER
from datagen.planning.thinning import lifts
from datagen.storage.arrow import record_batch

WORKFLOWS, ACTIONS = BatchTransferWorkflow._meta.db_table, TransferAction._meta.db_table


def most_rows(life: LongestLife) -> dict[str, int]:
    spec = life.way.thinning
    if spec is None:
        return {}
    return {
        WORKFLOWS: 1,
        "batch_historicalbatchtransferworkflow": transfers.MOST_CHANGES,
        ACTIONS: spec.from_rings,
    }


def expected(record: BatchRecord) -> dict[str, int]:
    status = _status(record)
    if not status:
        return {}
    lived, actions = record.case.way.transfer_plans is not None, len(_source(record))
    # Planned, begun, done; of what is pending there is no version yet, not even of its creation.
    changes = {"DRAFT": 0, "PLANNED": 1, "COMPLETED": 2 + lived}[status]
    return {
        WORKFLOWS: 1,
        "batch_historicalbatchtransferworkflow": changes,
        ACTIONS: actions,
        "batch_historicaltransferaction": -actions if status == "PLANNED" else 0,
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    status = _status(record)
    if not status:
        return
    yield _workflow(record, status)
    if status == "COMPLETED":
        yield _actions(record)
    elif len(_source(record)):
        yield _pending(record)


def _day(record: BatchRecord) -> int:
    """Day of the record on which the batch is thinned."""
    return record.start_day + record.stage_starts[record.sea] + record.case.late_days[record.index]


def _noted(record: BatchRecord) -> tuple[int, int]:
    """Days on which it is drafted, and planned; where there are no plans, it was noted two weeks ahead."""
    day, plans = _day(record), record.case.way.transfer_plans
    # Nobody thinks of rings before all fish are at sea.
    earliest = record.start_day + record.stage_starts[record.sea]
    ahead = (14, 14) if plans is None else (plans.drafted_days, plans.planned_days)
    return max(day - ahead[0], earliest), max(day - ahead[1], earliest)


def _status(record: BatchRecord) -> str:
    """What its workflow is on the as-of day; none where there is no workflow."""
    if len(record.history.thinnings.day):
        return "COMPLETED"
    if not record.case.late_days[record.index] or record.case.way.transfer_plans is None:
        return ""
    drafted, planned = _noted(record)
    if not drafted <= record.last_day < _day(record):
        return ""
    return "PLANNED" if planned <= record.last_day else "DRAFT"


def _lifts(record: BatchRecord, day: int) -> tuple[Ints, Ints, Floats]:
    """Out of which stays fish would be lifted as they stood on a day, how many, and how heavy."""
    stays, days = record.history.assignments, record.history.days
    rings = np.flatnonzero(stays.stage == record.sea)[: len(record.batch.containers[record.sea]) - 1]
    row, spec = nearest_rows(record, rings, np.full(len(rings), day)), record.case.way.thinning
    assert spec is not None
    capacity = record.farm.container_max_biomass_kg[stays.container[rings]]
    fish = days.fish[row]
    if day == record.last_day:
        # By the book, as they stand.
        fish = stays.fish_out[rings] + record.booked.lying[rings]
    source, taken = lifts(fish, days.weight_g[row], capacity, spec.from_rings)
    return rings[source], taken, stays.weight_out_g[rings[source]]


def _source(record: BatchRecord) -> Ints:
    """The stays that fish are lifted out of: none of a draft."""
    status = _status(record)
    if status == "COMPLETED":
        return record.history.thinnings.source
    return _lifts(record, record.last_day)[0] if status == "PLANNED" else np.zeros(0, np.int64)


def _ids(record: BatchRecord) -> tuple[int, int]:
    """Keys of the workflow and of its first action: after those of transfers, and of plans of them called off."""
    before = transfers.most_rows(life(record.case, record.batch))
    return record.first_id[WORKFLOWS] + before[WORKFLOWS], record.first_id[ACTIONS] + before[ACTIONS]


def _moments(record: BatchRecord) -> tuple[Dates, Dates, Dates, Dates]:
    """When it is drafted, planned, begun and done."""
    (drafted, planned), day = _noted(record), _day(record)
    return (
        record.at(drafted, 9)[None],
        record.at(planned, 15)[None],
        record.at(day, 7)[None],
        record.at(day, 17)[None],
    )


def _workflow(record: BatchRecord, status: str) -> Changing:
    day, actions = _day(record), len(_source(record))
    drafted, planned, _, ended = _moments(record)
    managers = record.staff("MGR")
    who = int(managers[(record.index + record.sea) % len(managers)])
    rows = record_batch(
        BatchTransferWorkflow,
        1,
        id=_ids(record)[0],
        batch_id=record.batch_id,
        workflow_number=f"TRF-{record.batch.number}-D{day - record.start_day:03d}",
        workflow_type="CONTAINER_REDISTRIBUTION",
        status=status,
        planned_start_date=record.date(day)[None],
        planned_completion_date=record.date(day)[None],
        source_lifecycle_stage_id=record.farm.stage_id[record.sea],
        dest_lifecycle_stage_id=record.farm.stage_id[record.sea],
        total_actions_planned=actions,
        **(_done(record, who) if status == "COMPLETED" else transfers.NOTHING_YET),
        is_intercompany=False,
        notes=f"Thinning into {record.farm.container_name[record.batch.containers[record.sea][-1]]}",
        initiated_by_id=who,
        created_at=drafted,
        updated_at={"DRAFT": drafted, "PLANNED": planned, "COMPLETED": ended}[status],
    )
    return BatchTransferWorkflow, rows, _versions(record, status, actions)


def _done(record: BatchRecord, who: int) -> dict[str, Any]:
    """What the workflow says of its moves when all are made."""
    moves, date = record.history.thinnings, record.date(_day(record))[None]
    return {
        "actual_start_date": date,
        "actual_completion_date": date,
        "total_source_count": int((moves.moved + moves.died).sum()),
        "total_transferred_count": int(moves.moved.sum()),
        "total_mortality_count": int(moves.died.sum()),
        "total_biomass_kg": float(transfers.moved_kg(moves).sum()),
        "actions_completed": len(moves.source),
        "completion_percentage": 100.0,
        "completed_by_id": who,
    }


def _versions(record: BatchRecord, status: str, actions: int) -> tuple[Was, ...]:
    """What the workflow was before: drafted, planned, begun."""
    drafted, planned, begun, ended = _moments(record)
    lived, done = record.case.way.transfer_plans is not None, status == "COMPLETED"
    as_planned = len(_lifts(record, min(_noted(record)[1], record.last_day))[0]) if lived else actions
    was_planned = {
        **transfers.NOTHING_YET,
        "status": "PLANNED",
        "total_actions_planned": as_planned,
        "updated_at": planned,
    }
    first = {"status": "DRAFT", "total_actions_planned": 0} if lived else {}
    was_begun = {**was_planned, "status": "IN_PROGRESS", "actual_start_date": record.date(_day(record))[None]}
    return (
        Was(drafted, {**was_planned, **first, "updated_at": drafted}),
        Was(planned if lived and status != "DRAFT" else NEVER, was_planned),
        Was(begun if done else NEVER, {**was_begun, "total_actions_planned": actions, "updated_at": begun}),
        Was(ended if done else NEVER),
    )


def _actions(record: BatchRecord) -> Rows:
    moves, (workflow, first) = record.history.thinnings, _ids(record)
    luck = record.stream("thinning, weighing").standard_normal((len(moves.day), 3))
    places = record.history.assignments.container[moves.source]
    notes = [f"Thinned out of {record.farm.container_name[place]}" for place in places]
    return transfers.lifted(record, moves, first, np.full(len(moves.day), workflow), luck, notes)


def _pending(record: BatchRecord) -> Changing:
    """As the fish stand, as long as it is pending: that makes no versions."""
    source, fish, weight_g = _lifts(record, record.last_day)
    stays, (workflow, first), count = record.history.assignments, _ids(record), len(source)
    planned = record.at(_noted(record)[1], 15)
    late = record.farm.container_name[record.batch.containers[record.sea][-1]]
    rows = record_batch(
        TransferAction,
        count,
        id=first + np.arange(count),
        workflow_id=workflow,
        action_number=np.arange(count) + 1,
        status="PENDING",
        source_assignment_id=record.assignment_id[source],
        source_population_before=stays.fish_out[source] + record.booked.lying[source],
        transferred_count=fish,
        transferred_biomass_kg=np.round(fish * weight_g / 1000.0, 2),
        planned_date=record.date(np.full(count, _day(record))),
        transfer_method="PUMP",
        notes=f"To {late}",
        created_at=planned,
        updated_at=planned,
    )
    return TransferAction, rows, (Was(np.full(count, NEVER[0])),)
