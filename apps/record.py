"""How far the record in the database reaches."""

from datetime import date

from django.db import connection
from django.utils import timezone


def last_days() -> dict[int, date]:
    """The as-of day of the run that recorded it, by batch (id); of batches that no run did, none: those are live."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('datagen.unit') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return {}
        cursor.execute(
            "SELECT batch.id, run.as_of FROM batch_batch batch JOIN datagen.unit ON unit = batch_number"
            " JOIN datagen.run ON run.id = unit.run"
        )
        return dict(cursor.fetchall())


def last_day(batch_id: int | None = None) -> date:
    """The as-of day of a batch, else the latest of all; today where there is none, for then the record is live."""
    days = last_days()
    own = None if batch_id is None else days.get(batch_id)
    return own or max(days.values(), default=timezone.now().date())
