"""Notices what an operator records, changes or deletes that daily states are worked out from."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Expression, F, Model, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.signals import post_save, pre_delete, pre_save

from apps.batch import live
from apps.batch.models import Batch


@dataclass(frozen=True)
class Watched:
    """Where a model keeps its batch and its day, and which of its rows tell about fish."""

    batch: str
    day: F | Expression
    telling: dict[str, Any] = field(default_factory=dict)

    def changes(self, model: type[Model], pk: Any) -> QuerySet[Model, tuple[int, date]]:
        """The batch and day of a row as it is stored now, none if it does not tell; whatever the instance carries."""
        rows = model._base_manager.filter(pk=pk, **self.telling).annotate(told_day=self.day)
        told: QuerySet[Model, tuple[int, date]] = rows.filter(told_day__isnull=False).values_list(
            self.batch, "told_day"
        )
        return told


WATCHED = {
    "batch.GrowthSample": Watched("assignment__batch_id", F("sample_date")),
    "batch.MortalityEvent": Watched("batch_id", F("event_date")),
    "batch.TransferAction": Watched(
        "workflow__batch_id", Coalesce("actual_execution_date", "planned_date"), {"status": "COMPLETED"}
    ),
    "harvest.HarvestEvent": Watched("batch_id", TruncDate("event_date")),
    "harvest.HarvestLot": Watched("event__batch_id", TruncDate("event__event_date")),
    "health.Treatment": Watched("batch_id", TruncDate("treatment_date"), {"includes_weighing": True}),
}


TOLD = "_told_before_save"
"""Where an instance that is saved keeps what its row said before."""


def watch() -> None:
    """Connect the signals; loading by COPY sends none."""
    for label in WATCHED:
        model = apps.get_model(label)
        for signal, receiver in ((pre_save, before_save), (post_save, after_save), (pre_delete, before_delete)):
            signal.connect(receiver, model, dispatch_uid=f"daily states of {label}")


def before_save(sender: type[Model], instance: Model, raw: bool, **_: Any) -> None:
    """Keep what the row says until now: it may move to another day, container or batch."""
    told = [] if raw or instance._state.adding else _told(sender, instance)
    setattr(instance, TOLD, told)


def after_save(sender: type[Model], instance: Model, raw: bool, **_: Any) -> None:
    if not raw:
        _note(getattr(instance, TOLD) + _told(sender, instance))


def before_delete(sender: type[Model], instance: Model, origin: Model | QuerySet[Model] | None, **_: Any) -> None:
    # With its batch go the states themselves.
    deleted = origin.model if isinstance(origin, QuerySet) else type(origin)
    if deleted is not Batch:
        _note(_told(sender, instance))


def _told(model: type[Model], instance: Model) -> list[tuple[int, date]]:
    return list(WATCHED[model._meta.label].changes(model, instance.pk)) if live.listening() else []


def _note(told: list[tuple[int, date]]) -> None:
    """In one hook: outside of a transaction each would be a commit of its own."""
    if told:
        live.note(told)
