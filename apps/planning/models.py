"""What is to be done to a batch and when."""

from django.conf import settings
from django.db import models


class ActivityType(models.TextChoices):
    """What is done to a batch."""

    VACCINATION = "VACCINATION"
    TREATMENT = "TREATMENT"
    CULL = "CULL"
    HARVEST = "HARVEST"
    SALE = "SALE"
    FEED_CHANGE = "FEED_CHANGE"
    TRANSFER = "TRANSFER"
    MAINTENANCE = "MAINTENANCE"
    SAMPLING = "SAMPLING"
    OTHER = "OTHER"


class ActivityTemplate(models.Model):
    """A standard activity of every batch and what triggers it."""

    class TriggerType(models.TextChoices):
        DAY_OFFSET = "DAY_OFFSET"
        WEIGHT_THRESHOLD = "WEIGHT_THRESHOLD"
        STAGE_TRANSITION = "STAGE_TRANSITION"

    target_lifecycle_stage = models.ForeignKey(
        "batch.LifeCycleStage", models.SET_NULL, related_name="target_templates", null=True, blank=True
    )
    name = models.CharField(max_length=200)
    description = models.TextField(null=True, blank=True)
    activity_type = models.CharField(max_length=50, choices=ActivityType)
    trigger_type = models.CharField(max_length=20, choices=TriggerType, default=TriggerType.DAY_OFFSET)
    day_offset = models.IntegerField(null=True, blank=True)
    weight_threshold_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    notes_template = models.TextField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="planning_activitytemplate_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class PlannedActivity(models.Model):
    """Something to be done to a batch by a day, under a scenario."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        IN_PROGRESS = "IN_PROGRESS"
        COMPLETED = "COMPLETED"
        CANCELLED = "CANCELLED"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="planned_activities", db_index=False)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="completed_planned_activities", null=True, blank=True
    )
    container = models.ForeignKey("infrastructure.Container", models.SET_NULL, null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="created_planned_activities")
    scenario = models.ForeignKey("scenario.Scenario", models.CASCADE, related_name="planned_activities", db_index=False)
    transfer_workflow = models.ForeignKey("batch.BatchTransferWorkflow", models.SET_NULL, null=True, blank=True)
    activity_type = models.CharField(max_length=50, choices=ActivityType)
    due_date = models.DateField()
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    notes = models.TextField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "planned activities"
        indexes = [
            models.Index(fields=["batch", "status"], name="activity_batch_status"),
            models.Index(fields=["scenario", "due_date"], name="activity_scenario_due"),
        ]
