"""Tables of the truth that a record hides: beside AquaMind's own, in the ledger's schema, and with its ids."""

from collections.abc import Iterable
from typing import Any

from django.db import models


class TruthSensorFault(models.Model):
    """A fault of a sensor over readings in a row: what it was, from which to which, and how far off they are."""

    id = models.BigAutoField(primary_key=True)
    batch_id = models.BigIntegerField()
    batch_container_assignment_id = models.BigIntegerField()
    container_id = models.BigIntegerField()
    sensor_id = models.BigIntegerField()
    parameter_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, help_text="missing, stuck, spike or drift")
    begins = models.DateTimeField(help_text="its first reading")
    ends = models.DateTimeField(help_text="its last reading so far")
    readings = models.IntegerField(help_text="that are missing or wrong")
    size = models.FloatField(null=True, help_text="what is added: by a spike, or by a drift in the end")

    class Meta:
        app_label = "datagen"
        managed = False
        db_table = "datagen.truth_sensor_fault"


MODELS = (TruthSensorFault,)
"""Made with the ledger (`datagen/storage/ledger.py`), as its schema is not AquaMind's."""


def of(tables: Iterable[str]) -> list[Any]:
    """The models of those of these tables that are the truth's."""
    wanted = set(tables)
    return [model for model in MODELS if model._meta.db_table in wanted]
