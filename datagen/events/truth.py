"""Tables of the truth that a record hides: beside AquaMind's own, in the ledger's schema, and with its ids."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from apps.batch.models import Batch, BatchContainerAssignment
from apps.environmental.models import EnvironmentalParameter
from apps.infrastructure.models import Container, Hall, Sensor


def _refers_to(model: type[models.Model]) -> "models.ForeignKey[Any, Any]":
    """Without a constraint, so that it never stands in the way."""
    return models.ForeignKey(model, models.DO_NOTHING, related_name="+", db_constraint=False)


class _Truth(models.Model):
    """A row of a batch's truth."""

    id = models.BigAutoField(primary_key=True)
    batch = _refers_to(Batch)

    class Meta:
        abstract = True
        app_label = "datagen"
        managed = False


class _OfContainer(_Truth):
    """One of what lay in a container."""

    assignment = _refers_to(BatchContainerAssignment)
    container = _refers_to(Container)

    class Meta(_Truth.Meta):
        abstract = True


class TruthSensorFault(_Truth):
    """A fault of a sensor over readings in a row: what it was, from which to which, and how far off they are."""

    batch_container_assignment = _refers_to(BatchContainerAssignment)
    container = _refers_to(Container)
    sensor = _refers_to(Sensor)
    parameter = _refers_to(EnvironmentalParameter)
    kind = models.CharField(max_length=10, help_text="missing, stuck, spike or drift")
    begins = models.DateTimeField(help_text="its first reading")
    ends = models.DateTimeField(help_text="its last reading so far")
    readings = models.IntegerField(help_text="that are missing or wrong")
    size = models.FloatField(null=True, help_text="what is added: by a spike, or by a drift in the end")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_sensor_fault"


class TruthDeaths(_OfContainer):
    """A day of a container on which something else was booked than what died, and what lay there in the end."""

    day = models.DateField()
    died = models.IntegerField(help_text="fish on that day")
    booked = models.IntegerField(help_text="fish that the record has on that day: collected on a round")
    lying = models.IntegerField(help_text="dead fish not collected by the day's end")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_deaths"


class TruthStock(_OfContainer):
    """How many fish the book of a ring has that are not there: miscounted when they came, and vanished since."""

    day = models.DateField(help_text="the last that is told of: of the harvest, or of the record so far")
    miscounted = models.IntegerField(
        help_text="fish booked when they came and not there; below 0, there and not booked"
    )
    vanished = models.IntegerField(help_text="fish gone since then of which nobody knows")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_stock"


class TruthHallFailure(_Truth):
    """A failure of what treats the water of a hall, which all its tanks show: no fault of sensors."""

    hall = _refers_to(Hall)
    kind = models.CharField(max_length=10, help_text="biofilter or pump")
    begins = models.DateTimeField(help_text="the first reading that it falls on")
    ends = models.DateTimeField(help_text="the last one so far; what it did to the water may last longer")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_hall_failure"


class TruthLiceCount(_OfContainer):
    """A count of lice of one type that was mistyped, and that nobody has noticed; its id is that of the count."""

    counted = models.IntegerField(help_text="lice that were found")
    recorded = models.IntegerField(help_text="lice that the record has")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_lice_count"


class TruthState(_OfContainer):
    """Fish and weight of a container on a day as they were, whatever was counted, weighed or worked out of it."""

    day = models.DateField()
    fish = models.IntegerField(help_text="alive in the morning")
    weight_g = models.FloatField(help_text="mean in the morning")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_state"


class TruthOutbreak(_OfContainer):
    """What killed fish of a ring over days beside everyday deaths: a disease of its batch, or an event of its area."""

    name = models.CharField(max_length=100, help_text="of the disease or event, as in ways.yaml")
    cause = models.CharField(max_length=15, help_text="of the deaths that it brings")
    begins = models.DateField(help_text="the first day on which it kills here")
    ends = models.DateField(help_text="the last one so far")
    share = models.FloatField(help_text="of the fish that it would kill in all, if nothing else did")

    class Meta(_Truth.Meta):
        db_table = "datagen.truth_outbreak"


MODELS = (
    TruthSensorFault, TruthDeaths, TruthStock, TruthHallFailure, TruthLiceCount, TruthState, TruthOutbreak,
)  # fmt: skip
"""Made with the ledger (`datagen/storage/ledger.py`), as its schema is not AquaMind's."""


def of(tables: Iterable[str]) -> list[Any]:
    """The models of those of these tables that are the truth's."""
    wanted = set(tables)
    return [model for model in MODELS if model._meta.db_table in wanted]
