"""What is expected of each container from its last daily state on; AquaMind has had the tables since 2026-03-25."""

from django.db import models


class LiveForwardProjection(models.Model):
    """Weight and fish of an assignment on one day ahead, worked out on the day that it was computed."""

    computed_date = models.DateField()
    projection_date = models.DateField()
    day_number = models.PositiveIntegerField()
    projected_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    projected_population = models.PositiveIntegerField()
    projected_biomass_kg = models.DecimalField(max_digits=12, decimal_places=2)
    temperature_used_c = models.DecimalField(max_digits=5, decimal_places=2)
    tgc_value_used = models.DecimalField(max_digits=8, decimal_places=4)
    temp_profile_id = models.PositiveIntegerField(null=True, blank=True)
    temp_profile_name = models.CharField(max_length=255)
    temp_bias_c = models.DecimalField(max_digits=5, decimal_places=2)
    temp_bias_window_days = models.PositiveIntegerField()
    temp_bias_clamp_min_c = models.DecimalField(max_digits=5, decimal_places=2)
    temp_bias_clamp_max_c = models.DecimalField(max_digits=5, decimal_places=2)
    assignment = models.ForeignKey("BatchContainerAssignment", models.CASCADE, related_name="live_projections")
    batch = models.ForeignKey("Batch", models.CASCADE, related_name="live_projections")
    container = models.ForeignKey(
        "infrastructure.Container", models.PROTECT, related_name="live_projections", db_index=False
    )


class ContainerForecastSummary(models.Model):
    """When fish of an active assignment will be ready to move on and to be harvested, and whether that is planned."""

    assignment = models.OneToOneField(
        "BatchContainerAssignment", models.CASCADE, primary_key=True, related_name="forecast_summary"
    )
    current_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    current_population = models.PositiveIntegerField()
    current_biomass_kg = models.DecimalField(max_digits=12, decimal_places=2)
    state_date = models.DateField()
    state_day_number = models.PositiveIntegerField()
    state_confidence = models.DecimalField(max_digits=3, decimal_places=2)
    projected_harvest_date = models.DateField(null=True, blank=True)
    projected_harvest_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    days_to_harvest = models.PositiveIntegerField(null=True, blank=True)
    harvest_threshold_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    projected_transfer_date = models.DateField(null=True, blank=True)
    projected_transfer_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    days_to_transfer = models.PositiveIntegerField(null=True, blank=True)
    transfer_threshold_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    original_harvest_date = models.DateField(null=True, blank=True)
    harvest_variance_days = models.IntegerField(null=True, blank=True)
    has_planned_harvest = models.BooleanField(default=False)
    has_planned_transfer = models.BooleanField(default=False)
    needs_planning_attention = models.BooleanField(default=False)
    temp_profile_name = models.CharField(max_length=255)
    temp_bias_c = models.DecimalField(max_digits=5, decimal_places=2)
    temp_bias_window_days = models.PositiveIntegerField()
    last_computed = models.DateTimeField(auto_now=True)
    computed_date = models.DateField(null=True, blank=True)
