"""AquaMind's audit trail: beside each table that people edit one of every version of its rows, made from its model."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

NOT_KEPT = frozenset(
    ("primary_key", "unique", "db_index", "auto_now", "auto_now_add", "choices", "validators", "verbose_name")
)
"""Of a column, what is no matter of a version: it is unique no more, and holds what it held then."""

TRACKED = (
    "auth.User",
    "batch.Batch",
    "batch.BatchComposition",
    "batch.BatchContainerAssignment",
    "batch.BatchCreationWorkflow",
    "batch.BatchMixEvent",
    "batch.BatchMixEventComponent",
    "batch.BatchTransferWorkflow",
    "batch.CreationAction",
    "batch.GrowthSample",
    "batch.IndividualGrowthObservation",
    "batch.LifeCycleStage",
    "batch.MortalityEvent",
    "batch.Species",
    "batch.TransferAction",
    "broodstock.BatchParentage",
    "broodstock.BreedingPair",
    "broodstock.BreedingPlan",
    "broodstock.BreedingTraitPriority",
    "broodstock.BroodstockFish",
    "broodstock.EggProduction",
    "broodstock.EggSupplier",
    "broodstock.ExternalEggBatch",
    "broodstock.FishMovement",
    "broodstock.MaintenanceTask",
    "environmental.EnvironmentalParameter",
    "environmental.PhotoperiodData",
    "environmental.StageTransitionEnvironmental",
    "finance.FactHarvest",
    "finance.IntercompanyPolicy",
    "finance.IntercompanyTransaction",
    "finance.NavExportBatch",
    "finance.NavExportLine",
    "harvest.HarvestEvent",
    "harvest.HarvestLot",
    "harvest.HarvestWaste",
    "harvest.ProductGrade",
    "health.FishParameterScore",
    "health.HealthLabSample",
    "health.HealthParameter",
    "health.HealthSamplingEvent",
    "health.IndividualFishObservation",
    "health.JournalEntry",
    "health.LiceCount",
    "health.LiceType",
    "health.MortalityRecord",
    "health.ParameterScoreDefinition",
    "health.Treatment",
    "infrastructure.Area",
    "infrastructure.Container",
    "infrastructure.ContainerType",
    "infrastructure.FeedContainer",
    "infrastructure.FreshwaterStation",
    "infrastructure.Geography",
    "infrastructure.Hall",
    "infrastructure.Sensor",
    "inventory.BatchFeedingSummary",
    "inventory.ContainerFeedingSummary",
    "inventory.Feed",
    "inventory.FeedContainerStock",
    "inventory.FeedingEvent",
    "inventory.FeedPurchase",
    "planning.PlannedActivity",
    "users.UserProfile",
)
"""Those of our models of which AquaMind keeps versions."""


class Version(models.Model):
    """What every table of versions has: when, how and by whom a row became what it is there."""

    class Kind(models.TextChoices):
        CREATED = "+"
        CHANGED = "~"
        DELETED = "-"

    history_id = models.AutoField(primary_key=True)
    history_date = models.DateTimeField()
    history_change_reason = models.CharField(max_length=100, null=True)
    history_type = models.CharField(max_length=1, choices=Kind)
    history_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, db_index=False
    )

    class Meta:
        abstract = True


def _versions(model: Any) -> Any:
    """The model of a model's versions: the same columns, referring to what may be gone by now."""
    label, name = model._meta.app_label, model._meta.model_name
    meta = type("Meta", (), {"app_label": "history", "db_table": f"{label}_historical{name}"})
    fields = {field.name: _as_it_was(field) for field in model._meta.local_concrete_fields}
    doc = f"Versions of {model._meta.verbose_name}: {' '.join((model.__doc__ or '').split())}"
    return type(
        f"Historical{model.__name__}", (Version,), {**fields, "Meta": meta, "__module__": __name__, "__doc__": doc}
    )


def _as_it_was(field: Any) -> Any:
    if field.is_relation:
        return models.ForeignKey(
            field.remote_field.model,
            models.DO_NOTHING,
            related_name="+",
            null=field.null,
            db_column=field.column,
            db_constraint=False,
            db_index=False,
        )
    _, _, arguments, options = field.deconstruct()
    kept = {name: value for name, value in options.items() if name not in NOT_KEPT}
    if field.primary_key:
        return models.BigIntegerField() if isinstance(field, models.BigAutoField) else models.IntegerField()
    if isinstance(field, models.FileField):
        return models.CharField(max_length=field.max_length, null=field.null, blank=field.blank)
    return type(field)(*arguments, **kept)


# Asked for while Django still loads models; the apps before this one are there.
VERSIONS: dict[Any, Any] = {
    tracked: _versions(tracked) for tracked in (apps.get_model(label, require_ready=False) for label in TRACKED)
}
"""By the tracked model."""
