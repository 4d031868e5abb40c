"""How far the record in the database reaches."""

from datetime import date

from django.db import connection
from django.utils import timezone


def last_day() -> date:
    """The latest as-of day of the runs that filled the database; today where none did, for then the record is live."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('datagen.run') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT max(as_of) FROM datagen.run")
            if (as_of := cursor.fetchone()[0]) is not None:
                return as_of
    return timezone.now().date()
