"""Batches, their species and stages, and the containers they stay in."""

from django.db import models


class Species(models.Model):
    """A species of fish with the water it thrives in."""

    name = models.CharField(max_length=100)
    scientific_name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    optimal_temperature_min = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    optimal_temperature_max = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    optimal_oxygen_min = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    optimal_ph_min = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    optimal_ph_max = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "species"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="batch_species_name_key"),
            models.UniqueConstraint(fields=["scientific_name"], name="batch_species_scientific_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class LifeCycleStage(models.Model):
    """A stage in the life of a species, from egg to adult, with the sizes expected in it."""

    species = models.ForeignKey("Species", models.PROTECT, related_name="lifecycle_stages", db_index=False)
    name = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField()
    description = models.TextField(blank=True, default="")
    expected_weight_min_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    expected_weight_max_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    expected_length_min_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    expected_length_max_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    typical_duration_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="batch_lifecyclestage_name_key"),
            models.UniqueConstraint(fields=["species", "order"], name="lifecyclestage_species_order_uniq"),
        ]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """A generation of fish that starts together from eggs and is followed until harvest."""

    class Status(models.TextChoices):
        PLANNED = "PLANNED"
        RECEIVING = "RECEIVING"
        ACTIVE = "ACTIVE"
        COMPLETED = "COMPLETED"
        TERMINATED = "TERMINATED"
        CANCELLED = "CANCELLED"

    class BatchType(models.TextChoices):
        STANDARD = "STANDARD"
        MIXED = "MIXED"

    lifecycle_stage = models.ForeignKey("LifeCycleStage", models.PROTECT, related_name="batches")
    species = models.ForeignKey("Species", models.PROTECT, related_name="batches")
    pinned_projection_run = models.ForeignKey(
        "scenario.ProjectionRun", models.SET_NULL, related_name="pinned_batches", null=True, blank=True
    )
    batch_number = models.CharField(max_length=50)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)
    start_date = models.DateField()
    expected_end_date = models.DateField(null=True, blank=True)
    actual_end_date = models.DateField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    batch_type = models.CharField(max_length=20, choices=BatchType, default=BatchType.STANDARD)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["batch_number"], name="batch_batch_batch_number_key"),
            models.CheckConstraint(
                condition=models.Q(actual_end_date__gte=models.F("start_date")), name="batch_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.batch_number


class BatchContainerAssignment(models.Model):
    """The stay of a batch in one container; closed, it counts the fish placed there, and open, the fish alive."""

    batch = models.ForeignKey("Batch", models.CASCADE, related_name="batch_assignments")
    container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="container_assignments")
    lifecycle_stage = models.ForeignKey("LifeCycleStage", models.PROTECT, related_name="container_assignments")
    population_count = models.PositiveIntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    assignment_date = models.DateField()
    is_active = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    departure_date = models.DateField(null=True, blank=True)
    last_weighing_date = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "container"], condition=models.Q(is_active=True), name="unique_active_batch_container"
            ),
            models.CheckConstraint(
                condition=models.Q(departure_date__gte=models.F("assignment_date")),
                name="assignment_departs_after_arrival",
            ),
        ]


class BatchComposition(models.Model):
    """The share that one batch has in a mixed batch."""

    mixed_batch = models.ForeignKey("Batch", models.CASCADE, related_name="components")
    source_batch = models.ForeignKey("Batch", models.PROTECT, related_name="mixed_into")
    percentage = models.DecimalField(max_digits=5, decimal_places=2)
    population_count = models.PositiveIntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
