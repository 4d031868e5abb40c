"""Transfers that people have drafted or planned by the as-of day, and plans of transfers that they called off.

Where the way has no block `transfer_plans`, there are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from apps.batch.models import BatchTransferWorkflow, TransferAction
from datagen.arrays import Bools, Floats, Ints, Objects
from datagen.catalog.stages import Stages
from datagen.catalog.ways import Way
from datagen.catalog.ways.work import TransferPlans
from datagen.events.context import BatchRecord, Changing, LongestLife, Was, nearest_rows
from datagen.events.orders import NEVER
from datagen.simulation.agenda import LEAST_LEFT
from datagen.simulation.pouring import large_containers, pour, sort_out, sorted_g
from datagen.storage.arrow import record_batch

LEFT_EMPTY = "Left empty until fish are thinned: "
"""What is noted of a transfer to sea beside the ring that gets its fish later."""


@dataclass(frozen=True)
class Draft:
    """A transfer into a stage as people think of it, which holds until it is done or called off; days of the record.

    It `begins` on the day of its first lifts, and `day` is that of its last.

    Keys count from the batch's first: a plan that is carried out has the workflow and actions of the transfer itself.
    """

    stage: int
    begins: int
    day: int
    drafted: int
    planned: int
    workflow: int
    first_action: int
    called_off: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Lifts:
    """What is to be moved from container to container, as the fish stand; assignments of the batch, from 0."""

    source: Ints
    dest: Ints
    day: Ints
    before: Ints
    fish: Ints
    weight_g: Floats
    selection: Objects


def most_rows(life: LongestLife) -> dict[str, int]:
    """Of plans that are called off: as many again as there are transfers."""
    workflows = 0 if life.way.transfer_plans is None else len(life.containers) - 1
    actions = int(most_actions(life.way, life.stages, life.containers).sum())
    return {"batch_batchtransferworkflow": workflows, "batch_transferaction": actions if workflows else 0}


def most_actions(way: Way, stages: Stages, containers: Ints) -> Ints:
    """Of a transfer into each stage but the first, of a batch with so many containers; graded fish have more lifts."""
    graded = np.zeros(len(containers), np.int64)
    if way.grading is not None:
        graded[stages.index(way.grading.into)] = 1
    most: Ints = containers[:-1] * (1 + graded[1:]) + containers[1:]
    return most


def expected(record: BatchRecord) -> dict[str, int]:
    known = _known(record)
    statuses = [_status(record, each) for each in known]
    actions = [len(_lifts(record, each).source) for each in known]
    pending = sum(count for status, count in zip(statuses, actions, strict=True) if status == "PLANNED")
    return {
        "batch_batchtransferworkflow": len(known),
        "batch_transferaction": sum(actions),
        # Planned, perhaps called off; of what is pending there is no version yet, not even of its creation.
        "batch_historicalbatchtransferworkflow": sum({"PLANNED": 1, "CANCELLED": 2}.get(each, 0) for each in statuses),
        "batch_historicaltransferaction": -pending,
    }


def expand(record: BatchRecord) -> Iterator[Changing]:
    for draft in _known(record):
        lifts = _lifts(record, draft)
        yield _workflow(record, draft, lifts)
        if len(lifts.source):
            yield _actions(record, draft, lifts)


def carried_out(record: BatchRecord, stages: Ints) -> list[Draft]:
    """The plan of the transfer into each of these stages by which it was done, where the way has plans."""
    if record.case.way.transfer_plans is None:
        return []
    return [next(each for each in _drafts(record, stage) if not each.called_off) for stage in stages]


def left_empty(record: BatchRecord) -> str:
    """What is noted of the transfer to sea of a batch of which one ring gets its fish later."""
    late = record.case.late_days[record.index]
    return f"{LEFT_EMPTY}{record.farm.container_name[record.batch.containers[record.sea][-1]]}" if late else ""


def actions_planned(record: BatchRecord, draft: Draft) -> int:
    """How many moves a plan had when it was made, as the fish stood then."""
    stays, days = record.history.assignments, record.history.days
    source = np.flatnonzero(stays.stage == draft.stage - 1)
    fish = days.fish[nearest_rows(record, source, np.full(len(source), draft.planned))]
    return int(np.count_nonzero(_poured(record, draft, fish)))


def _poured(record: BatchRecord, draft: Draft, fish: Ints) -> Ints:
    """As the transfer will be if the fish are so many then."""
    if record.graded(draft.stage):
        return sort_out(fish, len(record.batch.containers[draft.stage]))
    early, part, to_sea = record.early(draft.stage), 0.0, draft.stage == record.sea
    into = int((early >= 0).sum())
    if to_sea and record.mix is not None and record.mix.mixed is not None:
        part = record.mix.mixed.part
    shares = record.case.stocked[record.index] if to_sea else None
    # What is to be mixed with others goes to no container of the batch.
    return pour(fish, into, LEAST_LEFT if early[early >= 0].any() else 0.0, part, shares)[:, :into]


def _known(record: BatchRecord) -> list[Draft]:
    """Those of the as-of day, by key: drafted by then, and not carried out."""
    if record.case.way.transfer_plans is None:
        return []
    drafts = [draft for stage in range(1, record.sea + 1) for draft in _drafts(record, stage)]
    known = [
        draft
        for draft in drafts
        if draft.drafted <= record.last_day and (draft.called_off or draft.begins > record.last_day)
    ]
    return sorted(known, key=lambda draft: draft.workflow)


def _drafts(record: BatchRecord, stage: int) -> list[Draft]:
    """The plan of a transfer that is carried out, and before it one that was called off, if there was."""
    spec, starts = record.case.way.transfer_plans, record.stage_starts
    assert spec is not None
    # Nobody plans to move fish that have yet to come.
    day, earliest = record.start_day + starts[stage], record.start_day + starts[stage - 1]
    rng = record.stream(record.stages.key[stage], "transfer, plans")
    luck, earlier, which = rng.random(), int(rng.integers(spec.earlier_min, spec.earlier_max + 1)), rng.random()
    before = day - earlier
    begins = before - int(record.early(stage).max())
    called_off = begins - spec.notice_days
    if luck >= spec.called_off_share or called_off <= max(begins - spec.planned_days, earliest):
        return [_draft(record, spec, stage, day, earliest)]
    again = _draft(record, spec, stage, day, called_off)
    first = _draft(record, spec, stage, before, earliest)
    sizes = np.array([len(containers) for containers in record.batch.containers])
    most = most_actions(record.case.way, record.stages, sizes)
    actions = np.cumsum(most)
    return [
        replace(
            first,
            called_off=called_off,
            reason=spec.reasons[int(which * len(spec.reasons))],
            workflow=record.sea + first.workflow,
            first_action=int(actions[-1] + actions[stage - 1] - most[stage - 1]),
        ),
        again,
    ]


def _draft(record: BatchRecord, spec: TransferPlans, stage: int, day: int, earliest: int) -> Draft:
    """Of fish to be moved by a day; nothing is thought of it before the earliest day."""
    begins = day - int(record.early(stage).max())
    drafted, planned = max(begins - spec.drafted_days, earliest), max(begins - spec.planned_days, earliest)
    return Draft(stage, begins, day, drafted, planned, stage - 1, int((record.history.moves.stage < stage).sum()))


def _status(record: BatchRecord, draft: Draft) -> str:
    if draft.called_off is not None and draft.called_off <= record.last_day:
        return "CANCELLED"
    return "PLANNED" if draft.planned <= record.last_day else "DRAFT"


def _lifts(record: BatchRecord, draft: Draft) -> _Lifts:
    """None of a draft; of a plan, as the fish stand today, or stood when it was called off."""
    stays, status = record.history.assignments, _status(record, draft)
    source = np.flatnonzero(stays.stage == draft.stage - 1)
    if status == "DRAFT":
        source = source[:0]
    if draft.called_off is not None and status == "CANCELLED":
        row = nearest_rows(record, source, np.full(len(source), draft.called_off))
        fish, weight_g = record.history.days.fish[row], record.history.days.weight_g[row]
    else:
        fish, weight_g = stays.fish_out[source], stays.weight_out_g[source]
    moved = _poured(record, draft, fish)
    i, j = np.nonzero(moved)
    lifted = moved[i, j]
    # What a lift finds is what those before it out of the same container have left.
    before = fish[i] - (np.cumsum(moved, axis=1) - moved)[i, j]
    day = draft.day - record.early(draft.stage)[j]
    each_g, large = weight_g[i], None
    if record.graded(draft.stage):
        each_g = sorted_g(moved, weight_g, float(record.stages.weight_cv[draft.stage - 1]))[i, j]
        large = j < large_containers(moved.shape[1])
    dest = np.array(record.batch.containers[draft.stage])[j]
    return _Lifts(source[i], dest, day, before, lifted, each_g, selected(len(j), large))


def selected(lifts: int, large: Bools | None) -> Objects:
    """How the fish of each lift were chosen, where it is said which are of the large ones."""
    if large is None:
        return np.full(lifts, "AVERAGE", object)
    return np.where(large, "LARGEST", "SMALLEST").astype(object)


def _workflow(record: BatchRecord, draft: Draft, lifts: _Lifts) -> Changing:
    status = _status(record, draft)
    to_sea = draft.stage == record.sea
    managers = record.staff("MGR")
    noted = {"DRAFT": draft.drafted, "PLANNED": draft.planned, "CANCELLED": draft.called_off}[status]
    assert noted is not None
    drafted, planned = record.at(draft.drafted, 9)[None], record.at(draft.planned, 15)[None]
    rows = record_batch(
        BatchTransferWorkflow,
        1,
        id=record.first_id["batch_batchtransferworkflow"] + draft.workflow,
        batch_id=record.batch_id,
        workflow_number=f"TRF-{record.batch.number}-D{draft.day - record.start_day:03d}",
        workflow_type="LIFECYCLE_TRANSITION",
        status=status,
        planned_start_date=record.date(draft.begins)[None],
        planned_completion_date=record.date(draft.day)[None],
        source_lifecycle_stage_id=record.farm.stage_id[draft.stage - 1],
        dest_lifecycle_stage_id=record.farm.stage_id[draft.stage],
        total_actions_planned=len(lifts.source),
        is_intercompany=to_sea,
        source_subsidiary="FW" if to_sea else None,
        dest_subsidiary="FM" if to_sea else None,
        notes=left_empty(record) if to_sea else "",
        cancellation_reason=draft.reason if status == "CANCELLED" else "",
        initiated_by_id=int(managers[(record.index + draft.stage) % len(managers)]),
        created_at=drafted,
        updated_at=record.at(noted, 9 if status == "DRAFT" else 15)[None],
    )
    as_planned = {
        "status": "PLANNED",
        "total_actions_planned": 0 if status == "DRAFT" else actions_planned(record, draft),
        "cancellation_reason": "",
        "updated_at": planned,
    }
    as_drafted = {**as_planned, "status": "DRAFT", "total_actions_planned": 0, "updated_at": drafted}
    if status == "DRAFT":
        planned = NEVER
    called_off = record.at(draft.called_off or 0, 15)[None] if status == "CANCELLED" else NEVER
    was = (Was(drafted, as_drafted), Was(planned, as_planned), Was(NEVER), Was(called_off))
    return BatchTransferWorkflow, rows, was


def _actions(record: BatchRecord, draft: Draft, lifts: _Lifts) -> Changing:
    """As the fish stand, as long as it is pending: that makes no versions."""
    count = len(lifts.source)
    off = _status(record, draft) == "CANCELLED"
    first = record.first_id["batch_transferaction"] + draft.first_action
    names = record.farm.container_name
    noted = record.at((draft.called_off or draft.planned) if off else draft.planned, 15)
    rows = record_batch(
        TransferAction,
        count,
        id=first + np.arange(count),
        workflow_id=record.first_id["batch_batchtransferworkflow"] + draft.workflow,
        action_number=np.arange(count) + 1,
        status="SKIPPED" if off else "PENDING",
        source_assignment_id=record.assignment_id[lifts.source],
        source_population_before=lifts.before,
        transferred_count=lifts.fish,
        transferred_biomass_kg=np.round(lifts.fish * lifts.weight_g / 1000.0, 2),
        planned_date=record.date(lifts.day),
        transfer_method="GRAVITY" if draft.stage <= 1 else "PUMP",
        selection_method=lifts.selection,
        notes=[f"To {names[container]}" for container in lifts.dest],
        created_at=record.at(draft.planned, 15),
        updated_at=noted,
    )
    return TransferAction, rows, (Was(np.full(count, noted if off else NEVER[0])),)
