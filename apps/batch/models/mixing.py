"""Which batches were put together in a container, and what each brought; AquaMind has the tables since 2026-03-25."""

from django.db import models


class BatchMixEvent(models.Model):
    """Fish of several batches in one container, from a moment on a batch of their own."""

    mixed_batch = models.ForeignKey("Batch", models.PROTECT, related_name="mix_events")
    container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="mix_events", db_index=False)
    workflow_action = models.ForeignKey(
        "TransferAction", models.SET_NULL, related_name="mix_events", null=True, blank=True
    )
    mixed_at = models.DateTimeField()
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class BatchMixEventComponent(models.Model):
    """What came out of one stay of one batch: brought, or there before."""

    mix_event = models.ForeignKey("BatchMixEvent", models.CASCADE, related_name="components")
    source_assignment = models.ForeignKey(
        "BatchContainerAssignment", models.PROTECT, related_name="mix_event_components"
    )
    source_batch = models.ForeignKey("Batch", models.PROTECT, related_name="mix_event_contributions")
    population_count = models.PositiveIntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    percentage = models.DecimalField(max_digits=5, decimal_places=2)
    is_transferred_in = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
