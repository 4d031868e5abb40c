"""Parent fish, breeding and where eggs come from."""

from django.conf import settings
from django.db import models


class MaintenanceTask(models.Model):
    """Upkeep of a broodstock container, planned or done."""

    class TaskType(models.TextChoices):
        CLEANING = "cleaning"
        REPAIR = "repair"
        INSPECTION = "inspection"
        UPGRADE = "upgrade"

    container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="maintenance_tasks")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="created_maintenance_tasks", null=True, blank=True
    )
    task_type = models.CharField(max_length=50, choices=TaskType)
    scheduled_date = models.DateTimeField()
    completed_date = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class BroodstockFish(models.Model):
    """A parent fish with its traits."""

    class HealthStatus(models.TextChoices):
        HEALTHY = "healthy"
        MONITORED = "monitored"
        SICK = "sick"
        DECEASED = "deceased"

    container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="broodstock_fish")
    traits = models.JSONField(default=dict, blank=True)
    health_status = models.CharField(max_length=20, choices=HealthStatus, default=HealthStatus.HEALTHY)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "broodstock fish"


class FishMovement(models.Model):
    """The move of a parent fish from one container to another."""

    fish = models.ForeignKey("BroodstockFish", models.CASCADE, related_name="movements")
    from_container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="fish_movements_from")
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="fish_movements", null=True, blank=True
    )
    to_container = models.ForeignKey("infrastructure.Container", models.PROTECT, related_name="fish_movements_to")
    movement_date = models.DateTimeField()
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class BreedingPlan(models.Model):
    """A breeding season's aims."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="breeding_plans", null=True, blank=True
    )
    name = models.CharField(max_length=100)
    start_date = models.DateTimeField()
    end_date = models.DateTimeField()
    objectives = models.TextField(blank=True, default="")
    breeder_instructions = models.TextField(blank=True, default="")
    geneticist_notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class BreedingTraitPriority(models.Model):
    """How much a trait weighs in a breeding plan."""

    class Trait(models.TextChoices):
        GROWTH_RATE = "growth_rate"
        DISEASE_RESISTANCE = "disease_resistance"
        SIZE = "size"
        FERTILITY = "fertility"

    plan = models.ForeignKey("BreedingPlan", models.CASCADE, related_name="trait_priorities", db_index=False)
    trait_name = models.CharField(max_length=50, choices=Trait)
    priority_weight = models.FloatField(default=0.5)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "breeding trait priorities"
        constraints = [
            models.UniqueConstraint(fields=["plan", "trait_name"], name="breedingtraitpriority_plan_trait_name_uniq"),
        ]


class BreedingPair(models.Model):
    """A male and a female paired under a breeding plan."""

    female_fish = models.ForeignKey("BroodstockFish", models.PROTECT, related_name="breeding_pairs_as_female")
    male_fish = models.ForeignKey("BroodstockFish", models.PROTECT, related_name="breeding_pairs_as_male")
    plan = models.ForeignKey("BreedingPlan", models.CASCADE, related_name="breeding_pairs", db_index=False)
    pairing_date = models.DateTimeField()
    progeny_count = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "male_fish", "female_fish"], name="breedingpair_plan_male_fish_female_fish_uniq"
            ),
        ]


class EggProduction(models.Model):
    """A lot of eggs, of our own parent fish or bought."""

    class SourceType(models.TextChoices):
        INTERNAL = "internal"
        EXTERNAL = "external"

    destination_station = models.ForeignKey(
        "infrastructure.FreshwaterStation", models.SET_NULL, related_name="egg_productions", null=True, blank=True
    )
    pair = models.ForeignKey("BreedingPair", models.SET_NULL, related_name="egg_productions", null=True, blank=True)
    egg_batch_id = models.CharField(max_length=50)
    egg_count = models.IntegerField()
    production_date = models.DateTimeField()
    source_type = models.CharField(max_length=20, choices=SourceType)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["egg_batch_id"], name="broodstock_eggproduction_egg_batch_id_key"),
        ]

    def __str__(self) -> str:
        return self.egg_batch_id


class EggSupplier(models.Model):
    """A company that sells eggs."""

    name = models.CharField(max_length=100)
    contact_details = models.TextField(blank=True, default="")
    certifications = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="broodstock_eggsupplier_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class ExternalEggBatch(models.Model):
    """Where a bought lot of eggs comes from."""

    egg_production = models.OneToOneField("EggProduction", models.CASCADE, related_name="external_batch")
    supplier = models.ForeignKey("EggSupplier", models.PROTECT, related_name="egg_batches")
    batch_number = models.CharField(max_length=50)
    provenance_data = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "external egg batches"

    def __str__(self) -> str:
        return self.batch_number


class BatchParentage(models.Model):
    """The egg lot that a batch grew from."""

    batch = models.ForeignKey("batch.Batch", models.CASCADE, related_name="parentage", db_index=False)
    egg_production = models.ForeignKey("EggProduction", models.PROTECT, related_name="batch_assignments")
    assignment_date = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "egg_production"], name="batchparentage_batch_egg_production_uniq"
            ),
        ]
