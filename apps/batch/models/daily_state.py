"""The daily state of every assignment, shown by the Growth Analysis chart."""

from django.db import models


class ActualDailyAssignmentState(models.Model):
    """What a container held on one day, worked out from the record, with each number's source and confidence."""

    class AnchorType(models.TextChoices):
        GROWTH_SAMPLE = "growth_sample"
        TRANSFER = "transfer"
        VACCINATION = "vaccination"
        MANUAL = "manual"

    assignment = models.ForeignKey(
        "BatchContainerAssignment", models.CASCADE, related_name="daily_states", db_index=False
    )
    batch = models.ForeignKey("Batch", models.CASCADE, related_name="daily_states", db_index=False)
    container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="daily_states")
    # No index: six stages in a million rows: a scan is as fast as an index would be.
    lifecycle_stage = models.ForeignKey("LifeCycleStage", models.PROTECT, related_name="daily_states", db_index=False)
    date = models.DateField()
    day_number = models.PositiveIntegerField()
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    population = models.PositiveIntegerField()
    biomass_kg = models.DecimalField(max_digits=12, decimal_places=2)
    temp_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    mortality_count = models.PositiveIntegerField()
    feed_kg = models.DecimalField(max_digits=10, decimal_places=2)
    observed_fcr = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    anchor_type = models.CharField(max_length=20, choices=AnchorType, null=True, blank=True)
    sources = models.JSONField(default=dict, blank=True)
    confidence_scores = models.JSONField(default=dict, blank=True)
    last_computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "date"], name="unique_assignment_date"),
        ]
        indexes = [
            models.Index(fields=["batch", "date"], name="daily_state_batch_date"),
        ]
