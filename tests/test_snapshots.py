"""A database is kept, and comes back as it was, or stays as it is."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_django import DjangoDbBlocker

from aquamind.database import connect
from aquamind.errors import UserError
from aquamind.server import PROJECT, EmbeddedServer
from datagen import runs
from datagen.runs import protection, snapshots
from datagen.storage import ledger
from tests.worlds import Silent, case_of, small_plan

AQUAMIND = [sys.executable, "-c", "from datagen.cli import main; main()"]


NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def record(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> str:
    """A database with a small record, left by everybody, of which each test has a copy."""
    dsn = new_database()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, case_of(small_plan(batches=1, containers=1)), 1), Silent())
    psycopg.connect(dsn).close()
    from django.db import connections

    connections["default"].close()
    return dsn


@pytest.fixture
def filled(server: EmbeddedServer, record: str) -> Iterator[str]:
    name = f"filled_{next(NUMBERS)}"
    with connect(server.url("postgres"), autocommit=True) as own:
        of = conninfo_to_dict(record)["dbname"]
        own.execute(f"CREATE DATABASE {name} TEMPLATE {of} STRATEGY file_copy".encode())
    dsn = server.url(name)
    yield dsn
    with connect(server.url("postgres"), autocommit=True) as own:
        for kept in names(dsn):
            own.execute(f'DROP DATABASE "{kept}"'.encode())


def names(dsn: str) -> list[str]:
    """The databases that are called after this one."""
    of = conninfo_to_dict(dsn)["dbname"]
    with connect(make_conninfo(dsn, dbname="postgres")) as server:
        found = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [f"{of}."])
        return [name for (name,) in found]


def told(dsn: str) -> tuple[str, int, int, dict[str, int]]:
    """What a database holds: its content by the ledger, its deaths, its notes, and what of it is somebody else's."""
    with connect(dsn) as connection:
        deaths = connection.execute("SELECT count(*) FROM batch_mortalityevent").fetchone()[0]
        notes = connection.execute("SELECT count(*) FROM batch_batch WHERE notes = 'mine'").fetchone()[0]
        return ledger.status(connection)["content_hash"], deaths, notes, protection.strangers(connection)


def dirty(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.execute("DELETE FROM batch_mortalityevent")
        connection.execute("UPDATE batch_batch SET notes = 'mine'")


def test_what_was_changed_since_is_gone_and_what_is_the_databases_own_stays(filled: str) -> None:
    name = conninfo_to_dict(filled)["dbname"]
    own = [
        f"ALTER DATABASE {name} SET search_path = public, pg_temp",
        f"ALTER ROLE postgres IN DATABASE {name} SET statement_timeout = '77min'",
        f"ALTER DATABASE {name} CONNECTION LIMIT 55",
        f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
    ]
    with connect(make_conninfo(filled, dbname="postgres"), autocommit=True) as server:
        for statement in own:
            server.execute(statement.encode())
    described = (
        "SELECT datconnlimit, datallowconn,"
        " (SELECT array_agg(each::text ORDER BY each::text) FROM unnest(datacl) AS each),"
        " (SELECT array_agg(setconfig ORDER BY setrole)"
        " FROM pg_db_role_setting WHERE setdatabase = oid) FROM pg_database WHERE datname = current_database()"
    )
    before = told(filled)
    with connect(filled) as connection:
        settings = connection.execute(described).fetchone()
    assert settings[:2] == (55, True)
    assert settings[3] == [["search_path=public, pg_temp"], ["statement_timeout=77min"]]
    snapshots.take(filled, "clean")
    for _ in range(2):
        dirty(filled)
        assert told(filled) != before
        snapshots.restore(filled, "clean")
        assert told(filled) == before
    assert before[3] == {}
    with connect(filled) as connection:
        assert connection.execute(described).fetchone() == settings
    [kept] = snapshots.known(filled)
    assert (kept.name, kept.content_hash) == ("clean", before[0])
    snapshots.drop(filled, "clean")
    assert names(filled) == []


def test_a_snapshot_is_replaced_only_if_that_is_said(filled: str) -> None:
    snapshots.take(filled, "clean")
    dirty(filled)
    with pytest.raises(UserError, match=r"snapshot: 'clean'.*--replace"):
        snapshots.take(filled, "clean")
    snapshots.take(filled, "clean", replace=True)
    after = told(filled)
    snapshots.restore(filled, "clean")
    assert told(filled) == after
    assert len(names(filled)) == 1


def test_a_session_in_the_way_is_named_and_nothing_is_done(filled: str) -> None:
    snapshots.take(filled, "clean")
    dirty(filled)
    before = told(filled)
    with connect(filled, application_name="an auditor") as connection:
        connection.execute("SELECT 1")
        with pytest.raises(UserError, match=r"In use by session \d+ \(an auditor\)"):
            snapshots.restore(filled, "clean")
        with pytest.raises(UserError, match=r"In use by session \d+ \(an auditor\)"):
            snapshots.take(filled, "second")
    assert told(filled) == before
    assert len(names(filled)) == 1


def test_a_database_of_others_is_neither_replaced_nor_dropped(filled: str, server: EmbeddedServer) -> None:
    of = str(conninfo_to_dict(filled)["dbname"])
    for suffix in ("clean", "clean.new", "clean.old"):
        server.create_database(f"{of}.{suffix}")
        with pytest.raises(UserError, match="It is in the way"):
            snapshots.take(filled, "clean")
        assert names(filled) == [f"{of}.{suffix}"]
        with pytest.raises(UserError, match="There is no snapshot of this name"):
            snapshots.restore(filled, "clean")
        with pytest.raises(UserError, match="There is no snapshot of this name"):
            snapshots.drop(filled, "clean")
        with connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{of}.{suffix}"'.encode())
    snapshots.take(filled, "clean")
    with connect(filled, autocommit=True) as connection:
        connection.execute("DROP SCHEMA datagen CASCADE")
    with pytest.raises(UserError, match="none that this tool filled"):
        snapshots.restore(filled, "clean")
    snapshots.restore(filled, "clean", of)
    assert told(filled)[3] == {}


@pytest.mark.parametrize("command", ["snapshot", "restore"])
def test_whoever_is_killed_leaves_either(filled: str, command: str) -> None:
    clean = told(filled)
    snapshots.take(filled, "clean")
    dirty(filled)
    before = told(filled)
    arguments = [command, "clean", *(["--replace"] if command == "snapshot" else [])]
    env = os.environ | {"DATABASE_URL": filled}
    begin = time.monotonic()
    subprocess.run([*AQUAMIND, *arguments], env=env, cwd=PROJECT, check=True, capture_output=True)
    whole = time.monotonic() - begin
    for blow in range(6):
        dirty(filled)
        broken = subprocess.Popen([*AQUAMIND, *arguments], env=env, cwd=PROJECT, stderr=subprocess.DEVNULL)
        time.sleep(whole * (blow + 4) / 10)
        broken.send_signal(signal.SIGKILL)
        broken.wait()
        deadline = time.monotonic() + 20
        # What the server was told to copy, it may copy to the end.
        while active(filled) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert told(filled) in ((before,) if command == "snapshot" else (before, clean))
        assert [each.content_hash for each in snapshots.known(filled)] == [before[0]]
    subprocess.run([*AQUAMIND, *arguments], env=env, cwd=PROJECT, check=True, capture_output=True)
    assert told(filled) == (before if command == "snapshot" else clean)
    assert names(filled) == [f"{conninfo_to_dict(filled)['dbname']}.clean"]


def active(dsn: str) -> bool:
    with connect(make_conninfo(dsn, dbname="postgres")) as server:
        query = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%' AND state = 'active')"
        return bool(server.execute(query).fetchone()[0])


def test_no_name_is_that_of_a_copy_in_between(filled: str) -> None:
    """A restore deletes what an earlier one left half done, and that is never a snapshot."""
    for name in ("restoring", "replaced", "new", "old"):
        snapshots.take(filled, name)
    for name in ("restoring", "old"):
        snapshots.restore(filled, name)
    assert {each.name for each in snapshots.known(filled)} == {"restoring", "replaced", "new", "old"}


def test_a_closed_database_of_others_is_no_snapshot(filled: str, server: EmbeddedServer) -> None:
    kept = f"{conninfo_to_dict(filled)['dbname']}.clean"
    server.create_database(kept)
    with connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"COMMENT ON DATABASE \"{kept}\" IS 'not to be lost'".encode())
        connection.execute(f'ALTER DATABASE "{kept}" ALLOW_CONNECTIONS false'.encode())
    assert snapshots.known(filled) == []
    with pytest.raises(UserError, match="It is in the way"):
        snapshots.take(filled, "clean", replace=True)
    for refused in (snapshots.restore, snapshots.drop):
        with pytest.raises(UserError, match="There is no snapshot of this name"):
            refused(filled, "clean")
    assert names(filled) == [kept]


def test_the_owner_stays_whoever_restores(filled: str) -> None:
    of = str(conninfo_to_dict(filled)["dbname"])
    query = f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{of}'".encode()
    with connect(make_conninfo(filled, dbname="postgres"), autocommit=True) as server:
        server.execute("CREATE ROLE owner_of_it")
        server.execute(f"ALTER DATABASE {of} OWNER TO owner_of_it".encode())
        server.execute(f"ALTER DATABASE {of} SET search_path = ''".encode())
    snapshots.take(filled, "clean")
    snapshots.restore(filled, "clean")
    with connect(make_conninfo(filled, dbname="postgres"), autocommit=True) as server:
        assert server.execute(query).fetchone() == ("owner_of_it",)
        server.execute(f"ALTER DATABASE {of} OWNER TO postgres".encode())
        server.execute("DROP ROLE owner_of_it")


@pytest.mark.parametrize("name", ["", "a b", "x" * 21, 'quo"te', "a.new"])
def test_a_name_is_plain(filled: str, name: str) -> None:
    with pytest.raises(UserError, match=r"snapshot: .*Give a name of 1 to 20"):
        snapshots.take(filled, name)


def test_what_this_tool_did_not_fill_and_a_role_that_may_not_are_refused(
    filled: str, new_database: Callable[[], str]
) -> None:
    with pytest.raises(UserError, match="This tool wrote nothing into it"):
        snapshots.take(new_database(), "clean")
    with connect(filled, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS modest")
        connection.execute("CREATE ROLE modest LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA datagen TO modest")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA datagen TO modest")
    modest = make_conninfo(filled, user="modest")
    with pytest.raises(UserError, match="Role modest may not create databases"):
        snapshots.take(modest, "clean")
    with connect(filled, autocommit=True) as connection:
        connection.execute("ALTER ROLE modest CREATEDB")
    with pytest.raises(UserError, match="Role modest may not copy it"):
        snapshots.take(modest, "clean")
    assert names(filled) == []
    with connect(filled, autocommit=True) as connection:
        connection.execute("DROP OWNED BY modest")
        connection.execute("DROP ROLE modest")
