"""Scenarios, their runs and the projected days."""

from django.conf import settings
from django.db import models


class Scenario(models.Model):
    """A projection set up for a batch: start, fish, and the models of growth, feed and mortality."""

    scenario_id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey("batch.Batch", models.SET_NULL, related_name="scenarios", null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="created_scenarios", null=True, blank=True
    )
    fcr_model = models.ForeignKey("FCRModel", models.PROTECT, related_name="scenarios")
    mortality_model = models.ForeignKey("MortalityModel", models.PROTECT, related_name="scenarios")
    tgc_model = models.ForeignKey("TGCModel", models.PROTECT, related_name="scenarios")
    biological_constraints = models.ForeignKey("BiologicalConstraints", models.SET_NULL, null=True, blank=True)
    name = models.CharField(max_length=255)
    start_date = models.DateField()
    duration_days = models.IntegerField()
    initial_count = models.IntegerField()
    genotype = models.CharField(max_length=255)
    supplier = models.CharField(max_length=255)
    initial_weight = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scenario"

    def __str__(self) -> str:
        return self.name


class ScenarioModelChange(models.Model):
    """A change to other models on a day of a scenario."""

    change_id = models.BigAutoField(primary_key=True)
    new_fcr_model = models.ForeignKey(
        "FCRModel", models.SET_NULL, related_name="scenario_changes", null=True, blank=True
    )
    new_mortality_model = models.ForeignKey(
        "MortalityModel", models.SET_NULL, related_name="scenario_changes", null=True, blank=True
    )
    new_tgc_model = models.ForeignKey(
        "TGCModel", models.SET_NULL, related_name="scenario_changes", null=True, blank=True
    )
    scenario = models.ForeignKey("Scenario", models.CASCADE, related_name="model_changes")
    change_day = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class ProjectionRun(models.Model):
    """One calculation of a scenario, kept with its parameters so that it can be compared and pinned."""

    run_id = models.BigAutoField(primary_key=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="projection_runs", null=True, blank=True
    )
    scenario = models.ForeignKey("Scenario", models.CASCADE, related_name="projection_runs", db_index=False)
    run_date = models.DateTimeField()
    run_number = models.PositiveIntegerField()
    label = models.CharField(max_length=100)
    parameters_snapshot = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True, default="")
    total_projections = models.PositiveIntegerField(default=0)
    final_weight_g = models.FloatField(null=True, blank=True)
    final_biomass_kg = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scenario_projection_run"
        constraints = [
            models.UniqueConstraint(fields=["scenario", "run_number"], name="projectionrun_scenario_run_number_uniq"),
        ]

    def __str__(self) -> str:
        return self.label


class ScenarioProjection(models.Model):
    """The projected fish, weight and feed of one day of a run."""

    projection_id = models.BigAutoField(primary_key=True)
    # No index: a projection is always read by its run.
    current_stage = models.ForeignKey(
        "batch.LifeCycleStage", models.PROTECT, related_name="scenario_projections", db_index=False
    )
    projection_run = models.ForeignKey(
        "ProjectionRun", models.CASCADE, related_name="projections", null=True, blank=True, db_index=False
    )
    projection_date = models.DateField()
    day_number = models.IntegerField()
    average_weight = models.FloatField()
    population = models.FloatField()
    biomass = models.FloatField()
    daily_feed = models.FloatField()
    cumulative_feed = models.FloatField()
    temperature = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["projection_run", "day_number"], name="projection_run_day"),
        ]
