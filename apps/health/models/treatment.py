"""Vaccinations and other treatments."""

from django.conf import settings
from django.db import models


class VaccinationType(models.Model):
    """A vaccine with its maker and dose."""

    name = models.CharField(max_length=100)
    manufacturer = models.CharField(max_length=100, blank=True, default="")
    dosage = models.CharField(max_length=100, blank=True, default="")
    description = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="health_vaccinationtype_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class Treatment(models.Model):
    """A vaccination, medication or delousing of the fish of a container, after which harvest must wait."""

    class TreatmentType(models.TextChoices):
        MEDICATION = "medication"
        VACCINATION = "vaccination"
        PHYSICAL = "physical"
        OTHER = "other"

    class Outcome(models.TextChoices):
        PENDING = "pending"
        SUCCESSFUL = "successful"
        PARTIAL = "partial"
        UNSUCCESSFUL = "unsuccessful"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="treatments")
    batch_assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.SET_NULL, related_name="treatments", null=True, blank=True
    )
    container = models.ForeignKey(
        "infrastructure.Container", models.SET_NULL, related_name="treatments", null=True, blank=True
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="treatments")
    vaccination_type = models.ForeignKey(
        "VaccinationType", models.SET_NULL, related_name="treatments", null=True, blank=True
    )
    sampling_event = models.ForeignKey(
        "HealthSamplingEvent", models.SET_NULL, related_name="linked_treatments", null=True, blank=True
    )
    journal_entry = models.ForeignKey(
        "JournalEntry", models.SET_NULL, related_name="linked_treatments", null=True, blank=True
    )
    treatment_date = models.DateTimeField()
    treatment_type = models.CharField(max_length=20, choices=TreatmentType)
    description = models.TextField(blank=True, default="")
    dosage = models.CharField(max_length=100, blank=True, default="")
    duration_days = models.PositiveIntegerField(default=0)
    withholding_period_days = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.PENDING)
    includes_weighing = models.BooleanField(default=False)
