"""Slaughter: events, lots by grade, waste."""

from django.db import models

from apps.choices import Subsidiary


class ProductGrade(models.Model):
    """A quality grade of slaughtered fish."""

    code = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="harvest_productgrade_code_key"),
        ]

    def __str__(self) -> str:
        return self.name


class HarvestEvent(models.Model):
    """The slaughter of the fish of one container."""

    assignment = models.ForeignKey("batch.BatchContainerAssignment", models.CASCADE, related_name="harvest_events")
    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="harvest_events")
    dest_geography = models.ForeignKey(
        "infrastructure.Geography", models.SET_NULL, related_name="destination_harvest_events", null=True, blank=True
    )
    event_date = models.DateTimeField()
    dest_subsidiary = models.CharField(max_length=3, choices=Subsidiary, null=True, blank=True)
    document_ref = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.document_ref


class HarvestLot(models.Model):
    """The fish of one grade from one harvest event."""

    event = models.ForeignKey("HarvestEvent", models.CASCADE, related_name="lots")
    product_grade = models.ForeignKey("ProductGrade", models.PROTECT, related_name="lots")
    live_weight_kg = models.DecimalField(max_digits=12, decimal_places=3)
    gutted_weight_kg = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    fillet_weight_kg = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    unit_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(live_weight_kg__gte=0), name="harvest_lot_weight_not_negative"),
        ]


class HarvestWaste(models.Model):
    """What a harvest event threw away, by category."""

    event = models.ForeignKey("HarvestEvent", models.CASCADE, related_name="waste_entries")
    category = models.CharField(max_length=50)
    weight_kg = models.DecimalField(max_digits=12, decimal_places=3)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "harvest waste"
