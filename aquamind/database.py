"""Which PostgreSQL the project talks to: the one named by DATABASE_URL, or a server of its own that it starts."""

import functools
import json
import logging
import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import quote

import dj_database_url
import psycopg
from psycopg import errors, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aquamind.errors import UserError, is_text
from aquamind.server import server

NAME = "aquamind_db"
# Any constant, as long as every version of this tool uses the same.
TURN = 0x41515541
"""The advisory lock of a database: whoever writes holds it alone, whoever judges shares it."""

# What psycopg ignores while an error is on its way, such as a COPY that cannot be ended either, that error says.
logging.getLogger("psycopg").setLevel(logging.ERROR)

SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "client_encoding": "UTF8",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "transform_null_equals": "off",
    "search_path": "public",
    "session_replication_role": "origin",
    # Rows that a policy hides are an error, and not left out.
    "row_security": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    # A session of another hand may keep a lock for ever: it is named instead.
    "lock_timeout": "10000",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
}
"""What a session of ours relies on, whatever server, database and role have as their own; only what differs is set."""


def url() -> str:
    """Return the URL of the database; without DATABASE_URL it starts the embedded server and makes the database."""
    given = _given_url()
    return _checked(given) if given else _embedded_url()


def expected() -> AbstractContextManager[None]:
    """Have the embedded server's cluster made beside what is done in here, where it is the one and there is none."""
    return nullcontext() if _given_url() else server().expected()


def connect(dsn: str | None = None, autocommit: bool = False, **options: Any) -> psycopg.Connection[Any]:
    """Open a connection, or say in one error, without the password, which server did not answer and why."""
    dsn = dsn or url()
    given = bool(_given_url())
    field, place = ("DATABASE_URL", redacted(dsn)) if given else ("embedded server", str(server().home))
    try:
        # What is set within a transaction would go with it.
        connection = psycopg.connect(dsn, autocommit=True, connect_timeout=15, **options)
        settle(connection)
        connection.autocommit = autocommit
        _answered.update((place, redacted(dsn)))
        return connection
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split()).rstrip("?.")
        cure = "Start that server and create the database, correct DATABASE_URL, or unset it to use the embedded server"
        cure = cure if given else "Run the same again, which starts it"
        raise NoConnectionError(field, place, f"No connection: {reason}. {cure}") from None


class NoConnectionError(UserError):
    """A server that does not answer; wrongly named, or lost, if it answered before."""

    def lost(self) -> bool:
        """Whether this process had a connection to it, which may be more than the worker had that raised this."""
        return self.value in _answered


_answered: set[object] = set()
"""Servers to which there was a connection, as errors name them."""


def explained(error: BaseException | None) -> UserError | None:
    """What PostgreSQL refused to do, where that is for the user to mend; None where it is not."""
    while error is not None:
        said = " ".join(str(error).split("\n")[0].split())
        if isinstance(error, errors.InsufficientPrivilege):
            cure = "Connect as a role that may, such as the owner of AquaMind's tables, or have the right granted"
            return UserError("database", None, f"This role may not do that: {said}. {cure}")
        if isinstance(error, errors.ReadOnlySqlTransaction):
            cure = "Name a server that can be written in DATABASE_URL, or unset default_transaction_read_only"
            return UserError("database", None, f"It can only be read: {said}. {cure}")
        if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn | errors.NotNullViolation):
            cure = (
                "If that is AquaMind's, migrate it, let this role use the schema public, or choose another database. "
                "If it is of the schema datagen, another version of this tool made that: use that, or begin anew: "
                "`aquamind psql -c 'DROP SCHEMA datagen CASCADE'`, `aquamind wipe --database-name-to-destroy NAME`"
            )
            return UserError("database", None, f"Its schema is not the one known here: {said}. {cure}")
        error = error.__cause__ or error.__context__
    return None


def settle(connection: psycopg.Connection[Any]) -> None:
    """Set what a session relies on; by a statement, for a pooler before the server may refuse options at the start."""
    connection.execute(
        "SELECT set_config(name, value, false) FROM pg_settings JOIN json_each_text(%s) AS wanted (wanted, value)"
        " ON name = wanted WHERE setting <> value",
        [json.dumps(SESSION)],
    )
    if not _given_url():
        _stand_back(connection)


def _stand_back(connection: psycopg.Connection[Any]) -> None:
    """Let a backend of the embedded server be as nice as the process it serves, and have no helpers, which are not."""
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice > 0:
        os.setpriority(os.PRIO_PROCESS, connection.info.backend_pid, nice)
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute("SET max_parallel_maintenance_workers = 0")


def settle_django(connection: Any, **_: Any) -> None:
    """The same for a connection of Django's, when it is made (signal `connection_created`)."""
    settle(connection.connection)


def for_programs(dsn: str) -> tuple[dict[str, str], list[str]]:
    """Return what tells psql of a database: variables, and arguments for what has no variable and is no secret."""
    variables, rest = {}, {}
    for option in pq.Conninfo.parse(dsn.encode()):
        if option.val is not None and option.envvar is not None:
            variables[option.envvar.decode()] = option.val.decode()
        elif option.val is not None and option.dispchar != b"*":
            rest[option.keyword.decode()] = option.val.decode()
    return variables, ["-d", make_conninfo(**rest)] if rest else []


def is_local(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server is on this machine, as far as its address tells."""
    host = connection.info.host or "/"
    return host.startswith(("/", "@")) or host == "localhost" or host.startswith("127.") or host == "::1"


def stop() -> bool:
    """Stop the embedded server, and tell whether it ran; the data stays."""
    ran = server().running()
    server().stop()
    _embedded_url.cache_clear()
    return ran


def redacted(dsn: str) -> str:
    """Return who and where of a URL, as one that works where no password is asked for: that is left out, and how."""
    parts = _parts(dsn)
    if parts is None:
        return "(not a PostgreSQL URL)"
    port = f":{parts['port']}" if parts.get("port") else ""
    user = f"{parts['user']}@" if parts.get("user") else ""
    host, name = parts.get("host") or "", parts.get("dbname") or ""
    if host.startswith("/"):  # the folder of a socket
        return f"postgresql://{user}{port}/{name}?host={quote(host)}"
    return f"postgresql://{user}{host}{port}/{name}"


def _given_url() -> str:
    return os.environ.get("DATABASE_URL", "").strip()


@functools.cache
def _embedded_url() -> str:
    own = server()
    own.start()
    own.create_database(NAME)
    return own.url(NAME)


def _checked(dsn: str) -> str:
    cure = (
        "Write it as postgresql://user:password@host:port/name; in user and password, @ is written %40, "
        "/ %2F, : %3A, # %23 and % %25"
    )
    if not dsn.startswith(("postgresql://", "postgres://")):
        raise UserError("DATABASE_URL", None, f"not the URL of a PostgreSQL database. {cure}")
    parts = _parts(dsn)
    if parts is None:
        raise UserError("DATABASE_URL", None, f"cannot be read. {cure}")
    try:
        dj_database_url.parse(dsn)
    except ValueError:
        raise UserError("DATABASE_URL", redacted(dsn), f"has no such port or host. {cure}") from None
    if not parts.get("dbname"):
        raise UserError("DATABASE_URL", redacted(dsn), f"names no database. {cure}")
    return dsn


def _parts(dsn: str) -> dict[str, Any] | None:
    if not is_text(dsn):
        return None
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return None
    # An unescaped @ or / in a password moves the rest of it into host or name, where messages would show it.
    misplaced = any("@" in str(parts.get(part) or "") for part in ("host", "dbname"))
    return None if misplaced else parts
