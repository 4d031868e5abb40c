"""A database as it is now, kept beside it on the same server, and back again: whole copies, made by PostgreSQL itself.

A copy is made under a name of its own, and gets its real one in one transaction: whoever is killed leaves either.
Copies take no connections and are described (`MARK`), which tells them from what others may have called alike.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import scalar_row

from aquamind import database
from aquamind.errors import UserError
from datagen.runs import preflight
from datagen.storage import ledger
from datagen.storage.ledger import Connection

NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
MARK = "aquamind snapshot "
"""How the description of a finished copy begins; the rest is JSON."""

LONGEST_NAME_BYTES = 63
"""Of a database: PostgreSQL cuts off what is longer."""

KNOWN = """
    SELECT datname, pg_database_size(oid), shobj_description(oid, 'pg_database') FROM pg_database
    WHERE starts_with(datname, %s) AND NOT datallowconn ORDER BY datname
"""
SESSIONS = """
    SELECT format('%%s (%%s)', pid, coalesce(nullif(application_name, ''), usename)) FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY pid
"""
# What belongs to a database and not to its content: a copy comes without it. Lists are kept quoted as they are set.
OWN_SETTINGS = """
    SELECT format('ALTER DATABASE %%I OWNER TO %%I', %(to)s::text, pg_get_userbyid(datdba)) FROM pg_database
    WHERE datname = %(of)s AND pg_get_userbyid(datdba) <> current_user
    UNION ALL
    SELECT CASE WHEN setrole = 0 THEN format('ALTER DATABASE %%I SET %%I = ', %(to)s::text, name)
                ELSE format('ALTER ROLE %%I IN DATABASE %%I SET %%I = ', rolname, %(to)s::text, name) END
        || CASE WHEN name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
                THEN coalesce(nullif(nullif(value, ''), '""'), '''''') ELSE quote_literal(value) END
    FROM pg_db_role_setting
    JOIN pg_database ON pg_database.oid = setdatabase LEFT JOIN pg_roles ON pg_roles.oid = setrole
    CROSS JOIN unnest(setconfig) AS entry
    CROSS JOIN LATERAL (SELECT split_part(entry, '=', 1) AS name, substr(entry, strpos(entry, '=') + 1) AS value) AS own
    WHERE datname = %(of)s
    UNION ALL
    SELECT format('REVOKE ALL ON DATABASE %%I FROM PUBLIC', %(to)s::text) FROM pg_database
    WHERE datname = %(of)s AND datacl IS NOT NULL
    UNION ALL
    SELECT format('GRANT %%s ON DATABASE %%I TO %%s%%s', privilege_type, %(to)s::text,
                  coalesce(quote_ident(rolname), 'PUBLIC'), CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
    FROM pg_database CROSS JOIN aclexplode(datacl) LEFT JOIN pg_roles ON pg_roles.oid = grantee
    WHERE datname = %(of)s
    UNION ALL
    SELECT format('ALTER DATABASE %%I CONNECTION LIMIT %%s', %(to)s::text, datconnlimit) FROM pg_database
    WHERE datname = %(of)s AND datconnlimit <> -1
"""


@dataclass(frozen=True)
class Snapshot:
    """A copy that is there: what it is of, when it was made, and what the record in it is."""

    name: str
    made: str
    as_of: str
    content_hash: str
    size_bytes: int


def take(dsn: str, name: str, replace: bool = False) -> Snapshot:
    """Keep the database as it is now under this name; one that is there is replaced only if that is said."""
    of = _database(dsn)
    kept, aside = _kept(of, name), _kept(of, name) + ".new"
    described = _described(dsn)
    with _beside(dsn) as server:
        if kept in _copies(server, of) and not replace:
            raise UserError(
                "snapshot", name, "There is one of this name. Choose another name, or replace it with --replace"
            )
        _not_of_others(server, of, (kept,), (aside, f"{kept}.old"))
        _drop(server, (aside, f"{kept}.old"))
        with _copied(server, of, aside), server.transaction():
            _execute(server, "COMMENT ON DATABASE {} IS {}", aside, sql.Literal(MARK + json.dumps(described)))
            if kept in _copies(server, of):
                _execute(server, "ALTER DATABASE {} RENAME TO {}", kept, f"{kept}.old")
            _execute(server, "ALTER DATABASE {} RENAME TO {}", aside, kept)
        _drop(server, (f"{kept}.old",))
    return next(each for each in known(dsn) if each.name == name)


def restore(dsn: str, name: str, to_destroy: str | None = None) -> None:
    """Put a snapshot in the database's place, as a copy of it; what the database held since is gone."""
    of = _database(dsn)
    # No snapshot can be called so: a name has no dot.
    kept, aside, replaced = _kept(of, name), f"{of}..restoring", f"{of}..replaced"
    if to_destroy not in (None, of):
        raise UserError("database-name-to-destroy", to_destroy, f"The database is called {of}. Nothing was done")
    _check_replaceable(dsn, of, to_destroy is not None)
    with _beside(dsn) as server:
        if kept not in _copies(server, of):
            raise UserError("snapshot", name, "There is no snapshot of this name. `aquamind snapshots` lists them")
        _not_of_others(server, of, (), (aside, replaced))
        _drop(server, (aside, replaced))
        _refuse_sessions(server, of)
        with _copied(server, kept, aside):
            for statement in _own_settings(server, of, aside):
                server.execute(statement.encode())
            with _unused(server, of), server.transaction():
                _execute(server, "ALTER DATABASE {} RENAME TO {}", of, replaced)
                _execute(server, "ALTER DATABASE {} ALLOW_CONNECTIONS false", replaced)
                _execute(server, "ALTER DATABASE {} RENAME TO {}", aside, of)
                _execute(server, "ALTER DATABASE {} ALLOW_CONNECTIONS true", of)
        _drop(server, (replaced,))


def drop(dsn: str, name: str) -> None:
    """Delete a snapshot."""
    of = _database(dsn)
    with _beside(dsn) as server:
        if _kept(of, name) not in _copies(server, of):
            raise UserError("snapshot", name, "There is no snapshot of this name. `aquamind snapshots` lists them")
        _drop(server, (_kept(of, name),))


def known(dsn: str) -> list[Snapshot]:
    """The snapshots of a database, by name."""
    of = _database(dsn)
    with _beside(dsn) as server:
        return [
            Snapshot(kept.removeprefix(f"{of}."), size_bytes=size, **json.loads(comment.removeprefix(MARK)))
            for kept, (size, comment) in _copies(server, of).items()
        ]


def _database(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def _kept(of: str, name: str) -> str:
    if not NAME.fullmatch(name):
        raise UserError("snapshot", name, "Give a name of 1 to 20 English letters, digits, - and _")
    kept = f"{of}.{name}"
    if max(len(f"{kept}.old".encode()), len(f"{of}..restoring".encode())) > LONGEST_NAME_BYTES:
        raise UserError("snapshot", name, f"Too long beside the database's own name ({of}). Give a shorter one")
    return kept


@contextmanager
def _beside(dsn: str) -> Iterator[Connection]:
    """A session on the same server that is in no database that is copied or replaced."""
    first, second = ("template1", "postgres") if _database(dsn) == "postgres" else ("postgres", "template1")
    try:
        connection = database.connect(make_conninfo(dsn, dbname=first), autocommit=True, application_name="aquamind")
    except UserError:
        # Not every role may enter every one; what the second says is told.
        connection = database.connect(make_conninfo(dsn, dbname=second), autocommit=True, application_name="aquamind")
    with connection:
        may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        if connection.cursor(row_factory=scalar_row).execute(may).fetchone() is not True:
            cure = "Grant it (ALTER ROLE ... CREATEDB), or connect as one that may"
            raise UserError("database", _database(dsn), f"Role {connection.info.user} may not create databases. {cure}")
        yield connection


def _described(dsn: str) -> dict[str, str]:
    with database.connect(dsn, autocommit=True, application_name="aquamind snapshot") as connection:
        if unfinished := ledger.unfinished(connection):
            raise UserError("database", connection.info.dbname, unfinished)
        found = ledger.status(connection)
        if not found["runs"]:
            cure = "Run `aquamind run` first, or choose another with DATABASE_URL"
            raise UserError("database", connection.info.dbname, f"This tool wrote nothing into it. {cure}")
        _check_space(connection)
        made = connection.cursor(row_factory=scalar_row).execute("SELECT to_char(now(), 'YYYY-MM-DD HH24:MI:SS')")
        return {
            "made": str(made.fetchone()), "as_of": found["runs"][-1]["as_of"], "content_hash": found["content_hash"]
        }  # fmt: skip


def _check_replaceable(dsn: str, of: str, named: bool) -> None:
    """Refuse to replace what is not this tool's, though it bears the name, and to begin without room for it."""
    ours = "SELECT to_regnamespace('datagen') IS NOT NULL OR NOT EXISTS (SELECT FROM pg_stat_user_tables)"
    with database.connect(dsn, autocommit=True, application_name="aquamind restore") as connection:
        if not named and connection.cursor(row_factory=scalar_row).execute(ours).fetchone() is not True:
            cure = f"Choose another; or have all that is in it deleted: --database-name-to-destroy {of}"
            raise UserError("database", of, f"It has tables, and none that this tool filled. {cure}")
        _check_space(connection)


def _check_space(connection: Connection) -> None:
    size = connection.cursor(row_factory=scalar_row).execute("SELECT pg_database_size(current_database())").fetchone()
    preflight.check_space(connection, int(size or 0))


def _copies(server: Connection, of: str) -> dict[str, tuple[int, str]]:
    """The finished snapshots, which are described, with their size and description."""
    return {
        name: (size, comment)
        for name, size, comment in server.execute(KNOWN, [f"{of}."])
        if comment and comment.startswith(MARK) and NAME.fullmatch(name.removeprefix(f"{of}."))
    }


def _not_of_others(server: Connection, of: str, finished: tuple[str, ...], between: tuple[str, ...]) -> None:
    """Refuse databases that bear a snapshot's name and are none, or one of a copy in between and take connections."""
    query = "SELECT datname, datallowconn FROM pg_database WHERE datname = ANY(%s)"
    there = dict(server.execute(query, [[*finished, *between]]).fetchall())
    ours = _copies(server, of)
    for name in [name for name, open_to_all in there.items() if open_to_all or (name in finished and name not in ours)]:
        raise UserError(
            "database", name, f"It is in the way, and no snapshot of {of}. Rename it, or choose another name"
        )


def _refuse_sessions(server: Connection, name: str) -> None:
    found = server.cursor(row_factory=scalar_row).execute(SESSIONS, [name]).fetchall()
    if found:
        raise UserError("database", name, f"In use by session {', '.join(map(str, found))}. End them, or wait")


@contextmanager
def _unused(server: Connection, name: str) -> Iterator[None]:
    """Say whose session came in between, where PostgreSQL finds one."""
    try:
        yield
    except psycopg.errors.ObjectInUse:
        _refuse_sessions(server, name)
        raise


@contextmanager
def _copied(server: Connection, source: str, to: str) -> Iterator[None]:
    """A copy under another name; gone again if what is done with it fails."""
    _refuse_sessions(server, source)
    # As a clone where the file system can, which takes no time; else file by file, without the log.
    server.execute(
        "SELECT set_config('file_copy_method', 'clone', false) FROM pg_settings WHERE name = 'file_copy_method'"
        " AND 'clone' = ANY(enumvals)"
    )
    copy: LiteralString = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy ALLOW_CONNECTIONS false"
    try:
        with _unused(server, source):
            _execute(server, copy, to, source)
    except psycopg.errors.InsufficientPrivilege:
        cure = "Connect as its owner, or as a superuser"
        raise UserError("database", source, f"Role {server.info.user} may not copy it. {cure}") from None
    try:
        yield
    except BaseException:
        _drop(server, (to,))
        raise


def _own_settings(server: Connection, of: str, to: str) -> list[Any]:
    return server.cursor(row_factory=scalar_row).execute(OWN_SETTINGS, {"of": of, "to": to}).fetchall()


def _drop(server: Connection, names: tuple[str, ...]) -> None:
    """Drop those that are there and take no connections."""
    found = server.execute(
        "SELECT datname FROM pg_database WHERE datname = ANY(%s) AND NOT datallowconn", [list(names)]
    )
    for (name,) in found.fetchall():
        _execute(server, "DROP DATABASE {}", name)


def _execute(server: Connection, statement: LiteralString, *parts: str | sql.Literal) -> None:
    """Texts are names."""
    server.execute(
        sql.SQL(statement).format(*(sql.Identifier(each) if isinstance(each, str) else each for each in parts))
    )
