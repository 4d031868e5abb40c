from django.db import migrations

KEYS = (("environmental_environmentalreading", "reading_time"), ("environmental_weatherdata", '"timestamp"'))


def key(table: str, columns: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {table}_pkey PRIMARY KEY ({columns})"


class Migration(migrations.Migration):
    """AquaMind keys these tables by id and time; Django's models keep `id` alone, which is unique all the same."""

    dependencies = [("environmental", "0001_initial")]

    operations = [
        migrations.RunSQL(key(table, f"id, {time}"), key(table, "id")) for table, time in KEYS
    ]
