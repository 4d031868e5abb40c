from django.db import migrations


class Migration(migrations.Migration):
    """AquaMind keys daily states by id and date; Django's model keeps `id` alone, which is unique all the same."""

    dependencies = [("batch", "0002_links_to_later_apps")]

    operations = [
        migrations.RunSQL(
            """ALTER TABLE batch_actualdailyassignmentstate
               DROP CONSTRAINT batch_actualdailyassignmentstate_pkey,
               ADD CONSTRAINT batch_actualdailyassignmentstate_pkey PRIMARY KEY (id, date)""",
            """ALTER TABLE batch_actualdailyassignmentstate
               DROP CONSTRAINT batch_actualdailyassignmentstate_pkey,
               ADD CONSTRAINT batch_actualdailyassignmentstate_pkey PRIMARY KEY (id)""",
        ),
    ]
