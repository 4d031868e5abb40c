"""Health checks: parameters, their scores, and the fish that were scored."""

from django.conf import settings
from django.db import models


class HealthParameter(models.Model):
    """A sign that is scored on a fish at a health check, such as the state of its gills."""

    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    description = models.TextField(null=True, blank=True)
    max_score = models.IntegerField(default=3)
    min_score = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="health_healthparameter_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class ParameterScoreDefinition(models.Model):
    """What one score of a health parameter means, in clinical words."""

    parameter = models.ForeignKey("HealthParameter", models.CASCADE, related_name="score_definitions", db_index=False)
    score_value = models.IntegerField()
    label = models.CharField(max_length=50)
    description = models.TextField(blank=True, default="")
    display_order = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parameter", "score_value"], name="parameterscoredefinition_parameter_score_value_uniq"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class HealthSamplingEvent(models.Model):
    """A health check of some fish of a container on a day, with the sample's statistics."""

    assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.CASCADE, related_name="health_sampling_events"
    )
    sampled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="health_sampling_events_conducted",
        null=True,
        blank=True,
    )
    sampling_date = models.DateField()
    number_of_fish_sampled = models.PositiveIntegerField()
    notes = models.TextField(null=True, blank=True)
    avg_k_factor = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    avg_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    calculated_sample_size = models.PositiveIntegerField(null=True, blank=True)
    max_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    min_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_dev_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_dev_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class IndividualFishObservation(models.Model):
    """One fish of a health check, weighed and measured."""

    sampling_event = models.ForeignKey(
        "HealthSamplingEvent", models.CASCADE, related_name="individual_fish_observations", db_index=False
    )
    fish_identifier = models.CharField(max_length=50)
    length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sampling_event", "fish_identifier"],
                name="individualfishobservation_sampling_event_fish_identifier_uniq",
            ),
        ]

    def __str__(self) -> str:
        return self.fish_identifier


class FishParameterScore(models.Model):
    """The score of one fish for one health parameter."""

    individual_fish_observation = models.ForeignKey(
        "IndividualFishObservation", models.CASCADE, related_name="parameter_scores", db_index=False
    )
    # No index: nine parameters in two million rows: a scan is as fast as an index would be.
    parameter = models.ForeignKey("HealthParameter", models.PROTECT, related_name="fish_scores", db_index=False)
    score = models.SmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["individual_fish_observation", "parameter"],
                name="fishparameterscore_individual_fish_observation_parameter_uniq",
            ),
        ]
