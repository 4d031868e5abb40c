"""The models that projections rest on: temperature, growth, feed conversion, mortality, limits."""

from decimal import Decimal

from django.conf import settings
from django.db import models


class Stage(models.TextChoices):
    """The stages as projections name them."""

    EGG = "egg"
    ALEVIN = "alevin"
    FRY = "fry"
    PARR = "parr"
    SMOLT = "smolt"
    POST_SMOLT = "post_smolt"
    HARVEST = "harvest"


class TemperatureProfile(models.Model):
    """A course of water temperature by day, on which growth is projected."""

    profile_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="scenario_temperatureprofile_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class TemperatureReading(models.Model):
    """The temperature of one day of a profile, counted from the scenario's start."""

    reading_id = models.BigAutoField(primary_key=True)
    profile = models.ForeignKey("TemperatureProfile", models.CASCADE, related_name="readings", db_index=False)
    temperature = models.FloatField()
    day_number = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "day_number"], name="temperaturereading_profile_day_number_uniq"
            ),
        ]


class TGCModel(models.Model):
    """A thermal growth model: growth per day-degree at a place and release period (TGC x1000)."""

    model_id = models.BigAutoField(primary_key=True)
    profile = models.ForeignKey("TemperatureProfile", models.PROTECT, related_name="tgc_models")
    name = models.CharField(max_length=255)
    location = models.CharField(max_length=255)
    release_period = models.CharField(max_length=255)
    tgc_value = models.FloatField()
    exponent_n = models.FloatField(default=1.0)
    exponent_m = models.FloatField(default=1 / 3)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="scenario_tgcmodel_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class TGCModelStage(models.Model):
    """The growth coefficient of a stage where it differs from its model's."""

    tgc_model = models.ForeignKey("TGCModel", models.CASCADE, related_name="stage_overrides", db_index=False)
    lifecycle_stage = models.CharField(max_length=20, choices=Stage)
    tgc_value = models.DecimalField(max_digits=6, decimal_places=4)
    temperature_exponent = models.DecimalField(max_digits=4, decimal_places=2, default=Decimal("1.00"))
    weight_exponent = models.DecimalField(max_digits=4, decimal_places=2, default=Decimal("0.33"))

    class Meta:
        db_table = "scenario_tgc_model_stage"
        constraints = [
            models.UniqueConstraint(
                fields=["tgc_model", "lifecycle_stage"], name="tgcmodelstage_tgc_model_lifecycle_stage_uniq"
            ),
        ]


class FCRModel(models.Model):
    """A feed conversion model: feed per growth, stage by stage."""

    model_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="scenario_fcrmodel_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class FCRModelStage(models.Model):
    """The feed conversion and planned days of one stage in a model."""

    model = models.ForeignKey("FCRModel", models.CASCADE, related_name="stages", db_index=False)
    stage = models.ForeignKey("batch.LifeCycleStage", models.PROTECT, related_name="fcr_stages")
    fcr_value = models.FloatField()
    duration_days = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "stage"], name="fcrmodelstage_model_stage_uniq"),
        ]


class FCRModelStageOverride(models.Model):
    """The feed conversion of a weight range within a stage."""

    fcr_stage = models.ForeignKey("FCRModelStage", models.CASCADE, related_name="overrides")
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    fcr_value = models.DecimalField(max_digits=5, decimal_places=3)

    class Meta:
        db_table = "scenario_fcr_model_stage_override"


class MortalityModel(models.Model):
    """A mortality model: the percentage of fish that die in a day or a week."""

    class Frequency(models.TextChoices):
        DAILY = "daily"
        WEEKLY = "weekly"

    model_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.DAILY)
    rate = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="scenario_mortalitymodel_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class MortalityModelStage(models.Model):
    """The mortality of a stage where it differs from its model's."""

    mortality_model = models.ForeignKey(
        "MortalityModel", models.CASCADE, related_name="stage_overrides", db_index=False
    )
    lifecycle_stage = models.CharField(max_length=20, choices=Stage)
    daily_rate_percent = models.DecimalField(max_digits=5, decimal_places=3)
    weekly_rate_percent = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)

    class Meta:
        db_table = "scenario_mortality_model_stage"
        constraints = [
            models.UniqueConstraint(
                fields=["mortality_model", "lifecycle_stage"],
                name="mortalitymodelstage_mortality_model_lifecycle_stage_uniq",
            ),
        ]


class BiologicalConstraints(models.Model):
    """A named set of limits within which a stage is plausible."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="created_constraints", null=True, blank=True
    )
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scenario_biological_constraints"
        verbose_name_plural = "biological constraints"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="scenario_biological_constraints_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class StageConstraint(models.Model):
    """The plausible weights, temperatures and days of one stage."""

    constraint_set = models.ForeignKey(
        "BiologicalConstraints", models.CASCADE, related_name="stage_constraints", db_index=False
    )
    lifecycle_stage = models.CharField(max_length=20, choices=Stage)
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    min_temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    max_temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    typical_duration_days = models.IntegerField(null=True, blank=True)
    max_freshwater_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        db_table = "scenario_stage_constraint"
        constraints = [
            models.UniqueConstraint(
                fields=["constraint_set", "lifecycle_stage"], name="stageconstraint_constraint_set_lifecycle_stage_uniq"
            ),
        ]
