"""Lice counted and deaths explained by health staff."""

from django.conf import settings
from django.db import models


class MortalityReason(models.Model):
    """A reason for death as health staff record it."""

    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="health_mortalityreason_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class MortalityRecord(models.Model):
    """Dead fish recorded by health staff with their reason."""

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="mortality_records")
    container = models.ForeignKey(
        "infrastructure.Container", models.SET_NULL, related_name="mortality_records", null=True, blank=True
    )
    reason = models.ForeignKey("MortalityReason", models.PROTECT, related_name="mortality_records")
    assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.SET_NULL, related_name="mortality_records", null=True, blank=True
    )
    event_date = models.DateTimeField()
    count = models.PositiveIntegerField()
    notes = models.TextField(blank=True, default="")


class LiceType(models.Model):
    """A kind of sea louse: species, sex and stage of development."""

    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"
        UNKNOWN = "unknown"

    species = models.CharField(max_length=100)
    gender = models.CharField(max_length=20, choices=Gender, default=Gender.UNKNOWN)
    development_stage = models.CharField(max_length=50)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["species", "gender", "development_stage"], name="licetype_species_gender_development_stage_uniq"
            ),
        ]


class LiceCount(models.Model):
    """The lice of one type counted on a sample of fish of a ring."""

    class DetectionMethod(models.TextChoices):
        AUTOMATED = "automated"
        MANUAL = "manual"
        VISUAL = "visual"
        CAMERA = "camera"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="lice_counts")
    # No index: counts are read by batch or assignment.
    container = models.ForeignKey(
        "infrastructure.Container", models.SET_NULL, related_name="lice_counts", null=True, blank=True, db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lice_counts", db_index=False)
    lice_type = models.ForeignKey(
        "LiceType", models.SET_NULL, related_name="lice_counts", null=True, blank=True, db_index=False
    )
    assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.SET_NULL, related_name="lice_counts", null=True, blank=True
    )
    count_date = models.DateTimeField()
    adult_female_count = models.PositiveIntegerField(default=0)
    adult_male_count = models.PositiveIntegerField(default=0)
    juvenile_count = models.PositiveIntegerField(default=0)
    fish_sampled = models.PositiveIntegerField()
    notes = models.TextField(blank=True, default="")
    confidence_level = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    count_value = models.PositiveIntegerField(null=True, blank=True)
    detection_method = models.CharField(max_length=50, choices=DetectionMethod, null=True, blank=True)
