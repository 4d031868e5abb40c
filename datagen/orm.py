"""Django, set up once: whatever imports models imports this before."""

import os

import dj_database_url
import django
from django.apps import apps
from django.conf import settings
from django.db import connection

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aquamind.settings")
    # Models ask for a connection as they are made, which would start the embedded server for who only plans or expands.
    settings.DATABASES = {"default": dj_database_url.parse("postgresql:///")}
    django.setup()


def use(dsn: str) -> None:
    """Make the models usable on this database, also where Django was used on another one before."""
    os.environ["DATABASE_URL"] = dsn
    wanted = dj_database_url.parse(dsn)
    if any(connection.settings_dict[name] != value for name, value in wanted.items()):
        connection.close()
        connection.settings_dict.update(wanted)
