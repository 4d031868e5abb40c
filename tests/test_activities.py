"""Planned activities: twenty for every growing batch, true to what happened, and never doubled."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from apps.batch.models import Batch, BatchContainerAssignment, BatchTransferWorkflow
from apps.health.models import Treatment
from apps.planning.models import ActivityTemplate, PlannedActivity
from apps.planning.seeding import COLUMNS, FINISHED_DAYS, HABITS, _habit_days, activities
from datagen.runs.analysis import plan_activities
from tests.worlds import AS_OF

# The guide's, but for days on which the fish are vaccinated and deloused.
GUIDE = {
    "TRANSFER": [90, 180, 270, 360, 450],
    "VACCINATION": [280],
    "FEED_CHANGE": [90, 135, 180, 315, 405, 550],
    "SAMPLING": [175, 275, 355, 600, 780],
    "TREATMENT": [600, 708],
    "HARVEST": [800],
}


@pytest.fixture(autouse=True)
def _seeded(on_small_record: str) -> Iterator[None]:
    with transaction.atomic():
        reseed(AS_OF)
        yield
        transaction.set_rollback(True)


def reseed(as_of: date) -> int:
    """In Django's own transaction, which is rolled back."""
    return plan_activities(connection.connection, as_of)


def contents() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM planning_plannedactivity ORDER BY id")
        return cursor.fetchall()


def test_the_templates_are_the_guides() -> None:
    days = defaultdict(list)
    for template in ActivityTemplate.objects.filter(trigger_type="DAY_OFFSET").order_by("day_offset"):
        days[template.activity_type].append(template.day_offset)
    assert days == GUIDE
    assert ActivityTemplate.objects.get(activity_type="HARVEST").weight_threshold_g == 5000


def test_every_active_batch_has_each_template_once_and_no_other_has_any() -> None:
    planned = defaultdict(list)
    for activity in PlannedActivity.objects.select_related("batch").order_by("due_date"):
        planned[activity.batch_id].append(activity)
        assert activity.scenario.batch_id == activity.batch_id
    assert set(planned) == set(Batch.objects.filter(status="ACTIVE").values_list("pk", flat=True))
    assert len(planned) == 3
    for own in planned.values():
        for kind, days in GUIDE.items():
            found = [activity for activity in own if activity.activity_type == kind]
            assert len(found) == len(days)
            for activity, day in zip(found, days, strict=True):
                if kind == "HARVEST":
                    assert activity.due_date == activity.batch.expected_end_date
                else:
                    assert abs((activity.due_date - activity.batch.start_date).days - day) <= 40


def test_most_is_done_on_its_day_or_just_before_and_nothing_always_late() -> None:
    done = PlannedActivity.objects.filter(status="COMPLETED")
    late = [(activity.completed_at.date() - activity.due_date).days for activity in done]
    assert len(late) > 20
    assert 0.65 < sum(-3 <= days <= 0 for days in late) / len(late) < 0.92
    assert max(late) <= 10
    assert abs(sum(late) / len(late)) < 1.5
    for kind in ("TRANSFER", "FEED_CHANGE", "SAMPLING"):
        days = {(each.completed_at.date() - each.due_date).days for each in done.filter(activity_type=kind)}
        assert len(days) > 1, kind


def test_seeding_again_changes_nothing() -> None:
    before = contents()
    assert reseed(AS_OF) == len(before) == 60
    assert contents() == before


def test_seeding_leaves_what_others_planned() -> None:
    before = contents()
    own = PlannedActivity.objects.order_by("pk")[0]
    own.pk = None
    own.save()
    assert reseed(AS_OF) == 60
    assert contents()[:-1] == before
    assert PlannedActivity.objects.order_by("pk").last() == own


def test_nothing_is_planned_where_no_batch_grows() -> None:
    Batch.objects.update(status="COMPLETED")
    assert reseed(AS_OF) == len(contents()) == 0


def test_the_future_is_pending_and_the_past_tells_when_and_by_whom() -> None:
    for activity in PlannedActivity.objects.all():
        if activity.due_date > AS_OF + timedelta(days=3):
            assert activity.status in ("PENDING", "IN_PROGRESS")
        done = activity.status == "COMPLETED"
        assert (activity.completed_at is not None) == (activity.completed_by_id is not None) == done
        assert not done or activity.completed_at.date() <= AS_OF
    overdue = PlannedActivity.objects.filter(status="PENDING", due_date__lte=AS_OF)
    assert all((AS_OF - activity.due_date).days <= 10 for activity in overdue.exclude(activity_type="TREATMENT"))


def test_done_activities_are_those_of_the_record() -> None:
    transfers = PlannedActivity.objects.filter(activity_type="TRANSFER", status="COMPLETED")
    assert transfers.count() == BatchTransferWorkflow.objects.filter(batch__status="ACTIVE").count() == 8
    for activity in transfers:
        workflow = activity.transfer_workflow
        assert (workflow.batch_id, workflow.actual_completion_date) == (activity.batch_id, activity.completed_at.date())
    operations = PlannedActivity.objects.filter(activity_type__in=("VACCINATION", "TREATMENT"), status="COMPLETED")
    assert {activity.activity_type for activity in operations} == {"VACCINATION", "TREATMENT"}
    for activity in operations:
        kinds = Treatment.objects.filter(
            batch=activity.batch_id, treatment_date__date=activity.completed_at.date()
        ).values_list("treatment_type", flat=True)
        assert ("vaccination" in kinds) == (activity.activity_type == "VACCINATION")
        assert kinds
    for activity in PlannedActivity.objects.filter(activity_type="SAMPLING", status="COMPLETED"):
        assert activity.container_id is not None
        assert activity.batch.batch_assignments.filter(
            growth_samples__sample_date=activity.completed_at.date()
        ).exists()


def test_what_is_planned_earlier_is_overdue_until_it_is_done() -> None:
    """Ten days after its day the first transfer of the youngest fish, which is not in the record, is late."""
    youngest = Batch.objects.order_by("-start_date")[0]
    due = youngest.start_date + timedelta(days=90)
    reseed(due + timedelta(days=10))
    overdue = PlannedActivity.objects.filter(batch=youngest, status="PENDING", due_date__lte=due)
    assert set(overdue.values_list("activity_type", flat=True)) >= {"TRANSFER"}


def test_nothing_is_done_that_lies_ahead_of_the_day_asked_for() -> None:
    day = AS_OF - timedelta(days=200)
    reseed(day)
    assert not PlannedActivity.objects.filter(completed_at__date__gt=day).exists()
    assert PlannedActivity.objects.filter(status="COMPLETED").exists()


def test_habits_are_drawn_in_their_shares() -> None:
    drawn = [_habit_days(f"batch {number}") for number in range(2000)]
    below = 0.0
    for upto, earliest, latest in HABITS:
        share = sum(earliest <= days <= latest for days in drawn) / len(drawn)
        assert share == pytest.approx(upto - below, abs=0.03)
        below = upto


def test_the_next_harvest_of_a_geography_is_planned_for_its_first_ring() -> None:
    """So AquaMind shows its other rings as projected, or as what nobody has planned yet."""
    rings = BatchContainerAssignment.objects.filter(is_active=True, container__area__isnull=False)
    of_batch = defaultdict(list)
    for batch, ring in rings.order_by("container").values_list("batch", "container"):
        of_batch[batch].append(ring)
    harvests = PlannedActivity.objects.filter(activity_type="HARVEST").values_list("batch", "container")
    planned = {batch: ring for batch, ring in harvests if ring is not None}
    assert planned
    assert planned.items() <= {batch: of_rings[0] for batch, of_rings in of_batch.items()}.items()
    assert len(of_batch[next(iter(planned))]) > 1


def test_what_was_finished_of_late_has_its_activities_done_or_called_off() -> None:
    """Of the harvest when it was over; none where the batch was finished longer ago."""
    oldest = Batch.objects.get(status="COMPLETED")
    place = {name: COLUMNS.index(name) for name in ("batch_id", "activity_type", "status", "due_date", "completed_at")}
    gone = oldest.actual_end_date + timedelta(days=FINISHED_DAYS)
    assert all(row[place["batch_id"]] != oldest.pk for row in activities(gone, lived=True))
    own = [row for row in activities(gone - timedelta(days=1), lived=True) if row[place["batch_id"]] == oldest.pk]
    assert len(own) == 20
    assert {row[place["status"]] for row in own} <= {"COMPLETED", "CANCELLED"}
    assert sum(row[place["status"]] == "COMPLETED" for row in own) > 12
    [harvest] = [row for row in own if row[place["activity_type"]] == "HARVEST"]
    assert harvest[place["completed_at"]].date() == oldest.actual_end_date
    assert abs((harvest[place["completed_at"]].date() - harvest[place["due_date"]]).days) <= 10
    assert all(row[place["completed_at"]].date() <= oldest.actual_end_date for row in own if row[place["completed_at"]])


def test_nobody_plans_for_some_batches_where_a_plan_is_lived() -> None:
    youngest = Batch.objects.filter(status="ACTIVE").latest("pk")
    place = COLUMNS.index("batch_id")
    with transaction.atomic():
        Batch.objects.filter(pk=youngest.pk).update(batch_number="FAR-2021-001")
        assert sum(row[place] == youngest.pk for row in activities(AS_OF)) == 20
        lived = {row[place] for row in activities(AS_OF, lived=True)}
        assert lived
        assert youngest.pk not in lived
        transaction.set_rollback(True)
