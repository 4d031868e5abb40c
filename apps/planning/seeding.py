"""Planned activities of batches: the templates' days, and what the record says became of them."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, Max, Min

from apps.batch.models import Batch, BatchContainerAssignment, BatchTransferWorkflow, CreationAction, GrowthSample
from apps.harvest.models import HarvestEvent
from apps.health.models import Treatment
from apps.planning.models import ActivityTemplate, ActivityType, PlannedActivity
from apps.record import last_day
from apps.scenario.models import Scenario

NEAR_DAYS: dict[str, int] = {ActivityType.VACCINATION: 30, ActivityType.TREATMENT: 45, ActivityType.SAMPLING: 3}
"""How long before its template's day an operation still counts as the planned one; after it, the next one does."""

LATEST_DAYS = 45
"""How long after its template's day a treatment still counts as the planned one: later, no lice have called for it."""

HABITS = ((0.80, -3, 0), (0.97, 1, 5), (1.0, 6, 10))
"""Up to which share of the activities are done so many days after the day that was planned last: the planners follow
the fish, so most are on time; invented. A planned day lies that far before what happened."""

FINISHED_DAYS = 730
"""How long ago a batch may be finished whose activities are there, where a plan is lived: punctuality is judged by what
is done; invented. None in the guide's, which asks for those of active batches."""

UNPLANNED = 0.1
"""Share of batches for which nobody has planned anything, where a plan is lived; invented."""

CANCELLED = 0.03
"""Share of feed changes and samplings that are called off; invented."""

RING_BY_RING = 0.4
"""Share of batches whose rings are planned one by one as boats are booked, so far the first; invented."""

STAGE = "LIFECYCLE_TRANSITION"
"""The type of transfers that templates foresee: of fish that come to another stage."""

OPEN = {"DRAFT": "PENDING", "PLANNED": "PENDING", "IN_PROGRESS": "IN_PROGRESS"}
"""What an activity is while its transfer is so far."""

PAUSE_DAYS = 14
"""Treatments further apart than this belong to different operations."""

COLUMNS = (
    "id",
    "batch_id",
    "scenario_id",
    "activity_type",
    "due_date",
    "status",
    "completed_at",
    "completed_by_id",
    "created_by_id",
    "transfer_workflow_id",
    "container_id",
    "notes",
    "created_at",
    "updated_at",
)


@dataclass
class Past:
    """What happened to a batch, and when."""

    transfers: dict[int | None, tuple[date | None, int, int | None]] = field(default_factory=dict)
    open_transfers: dict[int | None, tuple[date, int, str]] = field(default_factory=dict)
    operations: dict[str, list[tuple[date, date, int | None]]] = field(default_factory=lambda: defaultdict(list))
    harvest_began: bool = False
    first_ring: int | None = None
    operator: int | None = None

    def operated(self, kind: str, day: date) -> None:
        """A treatment of this kind, after all of earlier days: one of the last operation, or the first of another."""
        vaccinated = kind == Treatment.TreatmentType.VACCINATION
        known = self.operations[ActivityType.VACCINATION if vaccinated else ActivityType.TREATMENT]
        if known and (day - known[-1][1]).days <= PAUSE_DAYS:
            known[-1] = (known[-1][0], day, None)
        else:
            known.append((day, day, None))


@dataclass(frozen=True)
class _Outcome:
    """What became of an activity, and for which day it was planned last."""

    due: date
    status: str = PlannedActivity.Status.PENDING
    done: date | None = None
    workflow: int | None = None
    by: int | None = None
    container: int | None = None


@dataclass(frozen=True)
class Known:
    """What planned activities rest on: templates, batches with scenario and its maker, and their pasts."""

    templates: list[ActivityTemplate]
    batches: Sequence[tuple[Batch, int, int]]
    pasts: Mapping[int, "Past"]


def activities(as_of: date | None, lived: bool = False) -> list[tuple[Any, ...]]:
    """Rows (`COLUMNS`) of all planned activities: those of today's active batches with a scenario.

    Where a plan is lived, of most of them, and of most that were finished in the last `FINISHED_DAYS`.

    What became of them is known up to the last day of each batch's record, unless another day is given.
    Depends on the record alone, keys too: each batch has as many as there are templates, by its own key.
    """

    @cache
    def until(batch: int) -> date:
        return as_of or last_day(batch)

    return of_known(_from_database(until, lived), until)


def of_known(known: Known, as_of: Callable[[int], date]) -> list[tuple[Any, ...]]:
    """The same, by whatever is known; and up to which day of each batch (id)."""
    return [
        row
        for batch, scenario, creator in known.batches
        for row in _activities(batch, scenario, creator, known.templates, known.pasts[batch.pk], as_of(batch.pk))
    ]


def has_plan(batch: Batch, day: date, lived: bool) -> bool:
    """Whether something is planned for a batch, or was for one that was harvested of late.

    The templates' days are those of a life from eggs on, which one that began as a mix of others has not had.
    """
    if batch.batch_type == Batch.BatchType.MIXED:
        return False
    if not lived:
        return batch.status == Batch.Status.ACTIVE
    ended = batch.actual_end_date if batch.status == Batch.Status.COMPLETED else None
    of_late = batch.status == Batch.Status.ACTIVE or bool(ended and 0 <= (day - ended).days < FINISHED_DAYS)
    return of_late and is_planned(batch.batch_number)


def is_planned(number: str) -> bool:
    """Whether anybody plans for a batch of this number, where a plan is lived."""
    return _draw(f"{number} planned") >= UNPLANNED


def _from_database(until: Callable[[int], date], lived: bool) -> Known:
    templates = list(
        ActivityTemplate.objects.filter(is_active=True, trigger_type="DAY_OFFSET").order_by("day_offset", "pk")
    )
    statuses = [Batch.Status.ACTIVE, Batch.Status.COMPLETED] if lived else [Batch.Status.ACTIVE]
    found = Batch.objects.filter(status__in=statuses).annotate(
        scenario=F("pinned_projection_run__scenario"), first_scenario=Min("scenarios")
    )
    creators = dict(Scenario.objects.values_list("pk", "created_by"))
    batches = [
        (batch, scenario, creators[scenario] or _anybody())
        for batch in found.order_by("pk")
        if (scenario := batch.scenario or batch.first_scenario) and has_plan(batch, until(batch.pk), lived)
    ]
    return Known(templates, batches, _pasts([batch.pk for batch, *_ in batches]))


def _pasts(keys: list[int]) -> dict[int, Past]:
    """Of these batches."""
    active = {"batch__in": keys}
    pasts: dict[int, Past] = defaultdict(Past)
    moves = BatchTransferWorkflow.objects.filter(workflow_type=STAGE, **active)
    for workflow in moves.filter(status="COMPLETED"):
        done = (workflow.actual_completion_date, workflow.pk, workflow.completed_by_id)
        pasts[workflow.batch_id].transfers[workflow.dest_lifecycle_stage_id] = done
    for workflow in moves.filter(status__in=OPEN).order_by("pk"):
        ahead = (workflow.planned_start_date, workflow.pk, OPEN[workflow.status])
        pasts[workflow.batch_id].open_transfers[workflow.dest_lifecycle_stage_id] = ahead
    operations = Treatment.objects.filter(**active).values_list("batch", "treatment_type", "treatment_date__date")
    for batch, kind, day in operations.distinct().order_by("treatment_date__date"):
        pasts[batch].operated(kind, day)
    samples = GrowthSample.objects.filter(assignment__batch__in=keys)
    sampled = samples.values_list("assignment__batch", "sample_date").annotate(Min("assignment__container"))
    for batch, day, container in sampled.order_by("sample_date"):
        pasts[batch].operations[ActivityType.SAMPLING].append((day, day, container))
    for batch in HarvestEvent.objects.filter(**active).values_list("batch", flat=True).distinct():
        pasts[batch].harvest_began = True
    for batch, ring in _first_rings(keys, pasts).items():
        pasts[batch].first_ring = ring
    operators = CreationAction.objects.filter(workflow__batch__in=keys)
    for batch, operator in operators.values_list("workflow__batch").annotate(Max("executed_by")):
        pasts[batch].operator = operator
    return pasts


def _first_rings(keys: list[int], pasts: dict[int, Past]) -> dict[int, int]:
    at_sea = BatchContainerAssignment.objects.filter(
        is_active=True, batch__in=keys, batch__status=Batch.Status.ACTIVE, container__area__isnull=False
    )
    rings = at_sea.order_by("batch__expected_end_date", "batch", "container")
    told = rings.values_list("container__area__geography", "batch", "batch__batch_number", "container")
    return first_rings(told, pasts)


def first_rings(rings: Iterable[tuple[int, int, str, int]], pasts: Mapping[int, Past]) -> dict[int, int]:
    """The first ring of batches that are planned ring by ring: of each geography the next to be harvested, and some.

    Of geographies, batches (id and number) and rings, the batch that is to be harvested first before the others.
    """
    found: dict[int, int] = {}
    begun: set[int] = set()
    for geography, batch, number, ring in rings:
        if batch in found or pasts[batch].harvest_began:
            continue
        if geography not in begun or _draw(f"{number} ring by ring") < RING_BY_RING:
            found[batch] = ring
        begun.add(geography)
    return found


def _activities(
    batch: Batch, scenario: int, creator: int, templates: list[ActivityTemplate], past: Past, as_of: date
) -> list[tuple[Any, ...]]:
    planned_at = datetime.combine(batch.start_date, time(11), UTC)
    rows = []
    taken: set[tuple[str, date]] = set()
    for key, template in enumerate(templates, (batch.pk - 1) * len(templates) + 1):
        outcome = _outcome(batch, template, past, as_of, taken)
        if batch.status == Batch.Status.COMPLETED and outcome.done is None:
            outcome = replace(outcome, status=PlannedActivity.Status.CANCELLED)
        done_at = outcome.done and datetime.combine(outcome.done, time(15), UTC)
        rows.append(
            (
                key,
                batch.pk,
                scenario,
                template.activity_type,
                outcome.due,
                str(outcome.status),
                done_at,
                (outcome.by or past.operator) if done_at else None,
                creator,
                outcome.workflow,
                outcome.container,
                template.notes_template or ": ".join(filter(None, (template.name, template.description))),
                planned_at,
                done_at or planned_at,
            )
        )
    return rows


def _anybody() -> int:
    return User.objects.order_by("pk").values_list("pk", flat=True)[0]


def _outcome(
    batch: Batch, template: ActivityTemplate, past: Past, as_of: date, taken: set[tuple[str, date]]
) -> _Outcome:
    """What is due in the future is pending; of the rest, the record tells, and habit where there is none."""
    status, kind = PlannedActivity.Status, template.activity_type
    name = f"{batch.batch_number} {template.name}"
    planned = batch.start_date + timedelta(days=template.day_offset or 0)
    late = timedelta(days=_habit_days(name))
    if kind == ActivityType.HARVEST:
        return _harvested(batch, past, planned, late)
    if kind == ActivityType.TRANSFER:
        done, workflow, by = past.transfers.get(template.target_lifecycle_stage_id, (None, None, None))
        if done is not None and done <= as_of:
            return _Outcome(done - late, status.COMPLETED, done, workflow, by)
        due, workflow, so_far = past.open_transfers.get(template.target_lifecycle_stage_id, (planned, None, "PENDING"))
        return _Outcome(due, so_far, workflow=workflow)
    if kind in NEAR_DAYS:
        return _operated(kind, past, planned, late, as_of, taken, name)
    if planned + late > min(as_of, batch.actual_end_date or as_of):
        return _Outcome(planned)
    return (
        _Outcome(planned, status.CANCELLED)
        if _called_off(name)
        else _Outcome(planned, status.COMPLETED, planned + late)
    )


def _harvested(batch: Batch, past: Past, planned: date, late: timedelta) -> _Outcome:
    """Over with its last ring; the next one is planned ring by ring, as boats are booked: so far the first."""
    status, due, ended = PlannedActivity.Status, batch.expected_end_date or planned, batch.actual_end_date
    if batch.status == Batch.Status.COMPLETED and ended:
        return _Outcome(ended - late, status.COMPLETED, ended)
    return _Outcome(due, status.IN_PROGRESS) if past.harvest_began else _Outcome(due, container=past.first_ring)


def _operated(
    kind: str, past: Past, planned: date, late: timedelta, as_of: date, taken: set[tuple[str, date]], name: str
) -> _Outcome:
    """The first operation near or after the template's day that no earlier activity has claimed."""
    status = PlannedActivity.Status
    if kind == ActivityType.SAMPLING and planned <= as_of and _called_off(name):
        return _Outcome(planned, status.CANCELLED)
    treatment = kind == ActivityType.TREATMENT
    for first, last, container in past.operations[kind]:
        if treatment and (first - planned).days > LATEST_DAYS:
            break
        if first <= as_of and (planned - last).days <= NEAR_DAYS[kind] and (kind, first) not in taken:
            taken.add((kind, first))
            if last > as_of or (treatment and last == as_of):
                return _Outcome(first - late, status.IN_PROGRESS)
            return _Outcome(last - late, status.COMPLETED, last, container=container)
    unneeded = treatment and (as_of - planned).days > LATEST_DAYS
    return _Outcome(planned, status.CANCELLED if unneeded else status.PENDING)


def _called_off(name: str) -> bool:
    return _draw(f"{name} called off") < CANCELLED


def _draw(name: str) -> float:
    """Between 0 and 1, by name, so that every seeding draws the same."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) / 2**64


def _habit_days(name: str) -> int:
    """Days between the planned day and the real one."""
    draw, below = _draw(name), 0.0
    for upto, earliest, latest in HABITS:
        if draw < upto:
            return earliest + int((draw - below) / (upto - below) * (latest - earliest + 1))
        below = upto
    raise ValueError(f"HABITS end below 1: {draw}")
