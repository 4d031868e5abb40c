"""What is recorded about the fish of an assignment: deaths and weighings."""

from django.db import models


class MortalityEvent(models.Model):
    """The fish found dead in a container on a day, by cause."""

    class Cause(models.TextChoices):
        DISEASE = "DISEASE"
        HANDLING = "HANDLING"
        PREDATION = "PREDATION"
        ENVIRONMENTAL = "ENVIRONMENTAL"
        UNKNOWN = "UNKNOWN"
        OTHER = "OTHER"

    batch = models.ForeignKey("Batch", models.CASCADE, related_name="mortality_events")
    assignment = models.ForeignKey(
        "BatchContainerAssignment", models.SET_NULL, related_name="mortality_events", null=True, blank=True
    )
    event_date = models.DateField()
    count = models.PositiveIntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    cause = models.CharField(max_length=20, choices=Cause, default=Cause.UNKNOWN)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class GrowthSample(models.Model):
    """A weighing of some fish of a container on a day, with the statistics of the sample."""

    assignment = models.ForeignKey("BatchContainerAssignment", models.CASCADE, related_name="growth_samples")
    sample_date = models.DateField()
    sample_size = models.PositiveIntegerField()
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    avg_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_deviation_weight = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_deviation_length = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    condition_factor = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class IndividualGrowthObservation(models.Model):
    """One fish of a growth sample, weighed and measured."""

    growth_sample = models.ForeignKey(
        "GrowthSample", models.CASCADE, related_name="individual_observations", db_index=False
    )
    fish_identifier = models.CharField(max_length=50)
    weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    length_cm = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["growth_sample", "fish_identifier"],
                name="individualgrowthobservation_growth_sample_fish_identifier_uniq",
            ),
        ]

    def __str__(self) -> str:
        return self.fish_identifier
