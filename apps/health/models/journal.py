"""The health journal and the samples sent to laboratories."""

from django.conf import settings
from django.db import models


class JournalEntry(models.Model):
    """A note in the health journal of a batch: something seen, diagnosed or done."""

    class Category(models.TextChoices):
        OBSERVATION = "observation"
        ISSUE = "issue"
        ACTION = "action"
        DIAGNOSIS = "diagnosis"
        TREATMENT = "treatment"
        VACCINATION = "vaccination"
        SAMPLE = "sample"

    class Severity(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="journal_entries")
    container = models.ForeignKey(
        "infrastructure.Container", models.SET_NULL, related_name="journal_entries", null=True, blank=True
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="journal_entries")
    entry_date = models.DateTimeField()
    category = models.CharField(max_length=20, choices=Category)
    severity = models.CharField(max_length=10, choices=Severity, null=True, blank=True)
    description = models.TextField(blank=True, default="")
    resolution_status = models.BooleanField(default=False)
    resolution_notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "journal entries"


class SampleType(models.Model):
    """A kind of sample sent to a laboratory, such as gill tissue."""

    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="health_sampletype_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class HealthLabSample(models.Model):
    """A sample sent to a laboratory, with what came back."""

    batch_container_assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.CASCADE, related_name="lab_samples"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="recorded_lab_samples", null=True, blank=True
    )
    sample_type = models.ForeignKey("SampleType", models.PROTECT, related_name="lab_samples")
    sample_date = models.DateField()
    date_sent_to_lab = models.DateField(null=True, blank=True)
    date_results_received = models.DateField(null=True, blank=True)
    lab_reference_id = models.CharField(max_length=100, null=True, blank=True)
    findings_summary = models.TextField(null=True, blank=True)
    quantitative_results = models.JSONField(null=True, blank=True)
    attachment = models.FileField(upload_to="health_healthlabsample", null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
