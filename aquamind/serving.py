"""The site served from this process: the pages, the admin and their static files, without a reload or a build step."""

import logging
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application
from django.db import connection

from datagen.errors import UserError


def serve(host: str, port: int, started: Callable[[int], None]) -> None:
    """Serve until interrupted, a thread a request; `started` is told the port, which 0 leaves to the system."""
    if "batch_batch" not in connection.introspection.table_names():
        raise UserError("database", connection.settings_dict["NAME"], "It has no tables yet. Run `aquamind run` first")
    connection.close()
    # Django tells of errors only by mail unless it debugs.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    settings.ALLOWED_HOSTS.append(host)
    try:
        with suppress(KeyboardInterrupt):
            site = StaticFilesHandler(get_wsgi_application())  # type: ignore[no-untyped-call]
            basehttp.run(  # type: ignore[no-untyped-call]
                host, port, site, ipv6=":" in host, threading=True, on_bind=started
            )
    except OSError as error:
        raise UserError(
            "port", port, f"Cannot listen on {host}: {error.strerror}. Choose another with --port"
        ) from None
