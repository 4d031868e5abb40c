"""The site served from this process: the pages, the admin and their static files, without a reload or a build step."""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.exceptions import SuspiciousFileOperation
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import Http404

from aquamind.errors import UserError
from aquamind.settings import DEVELOPMENT_KEY


def serve(host: str, port: int, started: Callable[[int], None]) -> None:
    """Serve until interrupted, a thread a request; `started` is told the port, which 0 leaves to the system."""
    _check_host(host)
    if "batch_batch" not in connection.introspection.table_names():
        raise UserError("database", connection.settings_dict["NAME"], "It has no tables yet. Run `aquamind run` first")
    connection.close()
    # Django tells of errors only by mail unless it debugs.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    settings.ALLOWED_HOSTS.append(host)
    try:
        with suppress(KeyboardInterrupt):
            site = _StaticFiles(get_wsgi_application())
            basehttp.run(host, port, site, ipv6=":" in host, threading=True, on_bind=lambda port: started(int(port)))
    except OSError as error:
        raise UserError(
            "port", port, f"Cannot listen on {host}: {error.strerror}. Choose another with --port"
        ) from None


class _StaticFiles(StaticFilesHandler):
    """Static files, of which none lies outside of their folders."""

    def serve(self, request: Any) -> Any:
        try:
            return super().serve(request)
        except SuspiciousFileOperation:
            raise Http404 from None


def _check_host(host: str) -> None:
    """Refuse an address that others reach, unless the site is one to show to others."""
    here = "serve on 127.0.0.1"
    if not host.strip():
        raise UserError("host", host, f"That would listen on every address. Name the one you mean, or {here}")
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        raise UserError("host", host, f"No such address ({error}). Name one of this machine, or {here}") from None
    if all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found):
        return
    if settings.SECRET_KEY == DEVELOPMENT_KEY:
        cure = (
            f"Others reach that address, and everybody knows the secret key. Set SECRET_KEY to one of yours, or {here}"
        )
        raise UserError("host", host, cure)
    if settings.DEBUG:
        raise UserError("host", host, f"Others reach that address, and DEBUG shows them too much. Unset it, or {here}")
