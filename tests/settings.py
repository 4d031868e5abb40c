"""The project's settings on a PostgreSQL server of the tests' own.

Named before Django reads its databases: nothing here may ever reach the project's own server, start it, or reach one
that the environment names. The server itself runs once a test asks for it.
"""

import os
import tempfile
from pathlib import Path

from aquamind.server import EmbeddedServer

TEMPLATE = "migrated"
SERVER = EmbeddedServer(Path(tempfile.gettempdir()) / f"aquamind-tests-{os.getpid()}")
os.environ["DATABASE_URL"] = SERVER.url(TEMPLATE)

from aquamind.settings import *  # noqa: E402, F403

# Programs that tests start are a user's, with a user's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "aquamind.settings"
