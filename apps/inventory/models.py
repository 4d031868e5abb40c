"""Feed: products, deliveries, what silos and barges hold, meals, and summaries of feed conversion."""

from django.conf import settings
from django.db import models


class Confidence(models.TextChoices):
    """How far a summary can be trusted, by the age of its last weighing."""

    VERY_HIGH = "VERY_HIGH"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Feed(models.Model):
    """A feed product: pellet size and composition."""

    class SizeCategory(models.TextChoices):
        MICRO = "MICRO"
        SMALL = "SMALL"
        MEDIUM = "MEDIUM"
        LARGE = "LARGE"

    name = models.CharField(max_length=100)
    brand = models.CharField(max_length=100)
    size_category = models.CharField(max_length=20, choices=SizeCategory)
    pellet_size_mm = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    protein_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    fat_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    carbohydrate_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class FeedPurchase(models.Model):
    """A delivery of one feed from a supplier at one price."""

    feed = models.ForeignKey("Feed", models.PROTECT, related_name="purchases")
    purchase_date = models.DateField()
    quantity_kg = models.DecimalField(max_digits=10, decimal_places=2)
    cost_per_kg = models.DecimalField(max_digits=10, decimal_places=2)
    supplier = models.CharField(max_length=100)
    batch_number = models.CharField(max_length=100)
    expiry_date = models.DateField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity_kg__gte=0), name="feed_purchase_quantity_not_negative"),
        ]

    def __str__(self) -> str:
        return self.batch_number


class FeedContainerStock(models.Model):
    """What is left of one delivery in one silo or barge; the oldest is fed first."""

    feed_container = models.ForeignKey(
        "infrastructure.FeedContainer", models.PROTECT, related_name="feed_batch_stocks", db_index=False
    )
    feed_purchase = models.ForeignKey("FeedPurchase", models.PROTECT, related_name="container_stocks")
    quantity_kg = models.DecimalField(max_digits=10, decimal_places=2)
    entry_date = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity_kg__gte=0), name="feed_stock_quantity_not_negative"),
        ]
        indexes = [
            models.Index(fields=["feed_container", "entry_date"], name="feed_stock_container_entry"),
        ]


class FeedingEvent(models.Model):
    """One meal given to one container, with the feed used and its cost."""

    class Method(models.TextChoices):
        MANUAL = "MANUAL"
        AUTOMATIC = "AUTOMATIC"
        BROADCAST = "BROADCAST"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="feeding_events", db_index=False)
    batch_assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.SET_NULL, related_name="feeding_events", null=True, blank=True
    )
    container = models.ForeignKey(
        "infrastructure.Container", models.PROTECT, related_name="feeding_events", db_index=False
    )
    # No index: nobody looks a meal up by feed or recorder alone; an index costs a quarter of a second a million rows.
    feed = models.ForeignKey("Feed", models.PROTECT, related_name="feeding_events", db_index=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False)
    feeding_date = models.DateField()
    feeding_time = models.TimeField()
    amount_kg = models.DecimalField(max_digits=10, decimal_places=4)
    batch_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    feeding_percentage = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    method = models.CharField(max_length=20, choices=Method, default=Method.MANUAL)
    notes = models.TextField(blank=True, default="")
    feed_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_kg__gte=0), name="feeding_amount_not_negative"),
        ]
        indexes = [
            models.Index(fields=["batch", "feeding_date"], name="feeding_batch_date"),
            models.Index(fields=["container", "feeding_date"], name="feeding_container_date"),
        ]


class ContainerFeedingSummary(models.Model):
    """Feed, growth and feed conversion of one assignment over a period."""

    class EstimationMethod(models.TextChoices):
        MEASURED = "MEASURED"
        INTERPOLATED = "INTERPOLATED"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="container_feeding_summaries", db_index=False)
    container_assignment = models.ForeignKey(
        "batch.BatchContainerAssignment", models.CASCADE, related_name="feeding_summaries", db_index=False
    )
    period_start = models.DateField()
    period_end = models.DateField()
    total_feed_kg = models.DecimalField(max_digits=10, decimal_places=2)
    starting_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    ending_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    growth_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    fcr = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    confidence_level = models.CharField(max_length=20, choices=Confidence, default=Confidence.LOW)
    estimation_method = models.CharField(max_length=20, choices=EstimationMethod, null=True, blank=True)
    data_points = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "container feeding summaries"
        constraints = [
            models.UniqueConstraint(
                fields=["container_assignment", "period_start", "period_end"],
                name="containerfeedingsummary_container_assignment_period_start_period_end_uniq",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "period_start", "period_end"], name="container_summary_batch_period"),
        ]


class BatchFeedingSummary(models.Model):
    """Feed, growth and feed conversion of a whole batch over a period."""

    class EstimationMethod(models.TextChoices):
        MEASURED = "MEASURED"
        MIXED = "MIXED"
        INTERPOLATED = "INTERPOLATED"

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="feeding_summaries", db_index=False)
    period_start = models.DateField()
    period_end = models.DateField()
    total_feed_kg = models.DecimalField(max_digits=10, decimal_places=2)
    average_feeding_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    total_feed_consumed_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    total_biomass_gain_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    fcr = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    estimation_method = models.CharField(max_length=20, choices=EstimationMethod, null=True, blank=True)
    container_count = models.PositiveIntegerField(default=0)
    overall_confidence_level = models.CharField(max_length=20, choices=Confidence, default=Confidence.LOW)
    total_ending_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    total_growth_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    total_starting_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    weighted_avg_fcr = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    average_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "batch feeding summaries"
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "period_start", "period_end"],
                name="batchfeedingsummary_batch_period_start_period_end_uniq",
            ),
        ]
