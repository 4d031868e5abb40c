"""Django, set up once: whatever imports models imports this before."""

import os

import dj_database_url
import django
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aquamind.settings")
django.setup()  # type: ignore[no-untyped-call]


def use(dsn: str) -> None:
    """Make the models usable on this database, also where Django was used on another one before."""
    os.environ["DATABASE_URL"] = dsn
    wanted = dj_database_url.parse(dsn)
    if any(connection.settings_dict[name] != value for name, value in wanted.items()):
        connection.close()
        connection.settings_dict.update(wanted)
