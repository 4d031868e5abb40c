"""The water and weather that fish live in: parameters, readings, daylight, waves."""

from django.conf import settings
from django.db import models


class EnvironmentalParameter(models.Model):
    """A measurable property of water, such as temperature, with its limits."""

    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=20)
    description = models.TextField(blank=True, default="")
    min_value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    max_value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    optimal_min = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    optimal_max = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class EnvironmentalReading(models.Model):
    """One value of one parameter, read in a container at a moment."""

    batch = models.ForeignKey(
        "batch.Batch", models.SET_NULL, related_name="environmental_readings", null=True, blank=True, db_index=False
    )
    container = models.ForeignKey(
        "infrastructure.Container",
        models.SET_NULL,
        related_name="environmental_readings",
        null=True,
        blank=True,
        db_index=False,
    )
    # No index: no reading is sought by parameter or recorder alone; an index costs 16 s of loading at 60M rows.
    parameter = models.ForeignKey("EnvironmentalParameter", models.PROTECT, db_index=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False)
    sensor = models.ForeignKey("infrastructure.Sensor", models.SET_NULL, related_name="readings", null=True, blank=True)
    batch_container_assignment = models.ForeignKey(
        "batch.BatchContainerAssignment",
        models.SET_NULL,
        related_name="environmental_readings",
        null=True,
        blank=True,
        db_index=False,
    )
    value = models.DecimalField(max_digits=10, decimal_places=4)
    reading_time = models.DateTimeField()
    is_manual = models.BooleanField(default=False)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["batch_container_assignment", "parameter", "reading_time"], name="reading_assignment_param_time"
            ),
            models.Index(fields=["batch", "parameter", "reading_time"], name="reading_batch_param_time"),
            models.Index(fields=["container", "parameter", "reading_time"], name="reading_container_param_time"),
        ]


class PhotoperiodData(models.Model):
    """The length of daylight over a sea area on a day."""

    area = models.ForeignKey("infrastructure.Area", models.CASCADE, related_name="photoperiod_data", db_index=False)
    date = models.DateField()
    day_length_hours = models.DecimalField(max_digits=5, decimal_places=2)
    light_intensity = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    is_interpolated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "photoperiod data"
        constraints = [
            models.UniqueConstraint(fields=["area", "date"], name="photoperioddata_area_date_uniq"),
        ]


class WeatherData(models.Model):
    """The weather and waves over a sea area at a moment."""

    area = models.ForeignKey("infrastructure.Area", models.CASCADE, related_name="weather_data", db_index=False)
    timestamp = models.DateTimeField()
    temperature = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_speed = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    wind_direction = models.IntegerField(null=True, blank=True)
    precipitation = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    wave_height = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wave_period = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wave_direction = models.IntegerField(null=True, blank=True)
    cloud_cover = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "weather data"
        indexes = [
            models.Index(fields=["area", "timestamp"], name="weather_area_time"),
        ]


class StageTransitionEnvironmental(models.Model):
    """The water that fish met when a transfer took them to the next stage."""

    batch_transfer_workflow = models.ForeignKey(
        "batch.BatchTransferWorkflow", models.CASCADE, related_name="environmental_conditions"
    )
    temperature = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    oxygen = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    salinity = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    ph = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    additional_parameters = models.JSONField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "stage transition conditions"
