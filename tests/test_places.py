"""Ordinary places: directories of any name, servers, databases and roles with settings of their own, company's rows."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.db import connection as django_connection
from pytest_django import DjangoDbBlocker

from aquamind import database
from aquamind.errors import UserError
from aquamind.server import EmbeddedServer
from benchmarks.commands import fresh_server, run
from tests.loaded import django_on
from tests.test_cli import aquamind

ODD = {
    "search_path": "other",
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "transform_null_equals": "on",
    "client_encoding": "LATIN1",
    "extra_float_digits": "-5",
    "statement_timeout": "50ms",
    "lock_timeout": "50ms",
    "idle_in_transaction_session_timeout": "50ms",
    "idle_session_timeout": "500ms",
    "default_transaction_isolation": "serializable",
}
DIFFERENT = (
    "SELECT name, setting FROM pg_settings JOIN json_each_text(%s) AS wanted (wanted, value) ON name = wanted"
    " WHERE setting <> value"
)
RELIED_ON = [json.dumps(database.SESSION)]


def test_a_directory_of_any_name_holds_the_embedded_server() -> None:
    # Not below pytest's own directory, which the server's user cannot reach.
    above = Path(tempfile.mkdtemp(prefix="aquamind-places-"))
    above.chmod(0o755)
    server = EmbeddedServer(above / 'my "own"\n data, it\'s 50%41 $HOME `id` \\ #1')
    try:
        server.start()
        server.create_database("a b%63 'c'")
        with database.connect(server.url("a b%63 'c'")) as connection:
            assert connection.info.dbname == "a b%63 'c'"
        assert EmbeddedServer(server.home).running()
        EmbeddedServer(server.home).stop()
        assert not server.running()
        assert not server.socket.exists()
    finally:
        server.stop("immediate")
        shutil.rmtree(above)


def test_a_disk_too_small_for_the_embedded_server_is_one_message() -> None:
    above = Path(tempfile.mkdtemp(prefix="aquamind-places-"))
    above.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=20M,mode=755", "tmpfs", str(above)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        above.rmdir()
        pytest.skip("no disk may be mounted here, so that none can be small")
    try:
        with pytest.raises(UserError, match=r"No space left on device.*free some") as told:
            EmbeddedServer(above / "small").start()
        assert len(str(told.value)) < 400
    finally:
        subprocess.run(["umount", str(above)], check=True)
        above.rmdir()


@pytest.fixture
def odd_database(server: EmbeddedServer) -> str:
    """The URL of an empty database, for a role without privileges that owns it; both with settings of their own."""
    with database.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE odd LOGIN")
        connection.execute("CREATE DATABASE odd OWNER odd")
        for place, (name, value) in enumerate(ODD.items()):
            whom = "ROLE" if place % 2 else "DATABASE"
            connection.execute(f"ALTER {whom} odd SET {name} = '{value}'".encode())
    return server.url("odd").replace("postgres@", "odd@")


def test_settings_of_others_and_rows_of_a_company_are_no_hindrance(
    odd_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    done = aquamind("init", dsn=odd_database)
    assert done.returncode == 0, done.stderr
    with database.connect(odd_database, autocommit=True) as connection:
        assert connection.execute(DIFFERENT, RELIED_ON).fetchall() == []
        connection.execute(
            "INSERT INTO infrastructure_geography (name, description, created_at, updated_at)"
            " VALUES ('Iceland', '', now(), now())"
        )
    with django_db_blocker.unblock(), django_on(odd_database), django_connection.cursor() as cursor:
        cursor.execute(DIFFERENT, RELIED_ON)
        assert cursor.fetchall() == []
    for command in (
        ["run", "--preset", "small", "--as-of", "2025-11-21"],
        ["advance", "--to", "2025-11-22"],
        ["verify"],
    ):
        done = aquamind(*command, "--workers", "1", dsn=odd_database)
        assert done.returncode == 0, done.stderr


def test_who_is_nice_has_a_server_that_is(server: EmbeddedServer) -> None:
    """Whatever priority a process has, its backends have; the next one, of a process that is not nice, is not."""
    prints = "import os; from datagen.cli.options import _be_nice; _be_nice({}); from aquamind import database;"
    prints += " open = database.connect(); print(os.getpriority(os.PRIO_PROCESS, open.info.backend_pid),"
    prints += " open.execute('SHOW max_parallel_maintenance_workers').fetchone()[0])"
    env = {**os.environ, "AQUAMIND_DATA_DIR": str(server.home), "DATABASE_URL": ""}
    said = [
        subprocess.run([sys.executable, "-c", prints.format(nice)], capture_output=True, text=True, check=True, env=env)
        for nice in (True, False)
    ]
    nice, other = (one.stdout.split() for one in said)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert nice == [str(before + 10), "0"]
    assert other[0] == str(before)


def test_each_measurement_has_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two in one process reaches its own, and not the first one's, which has been stopped."""
    monkeypatch.setenv("DATABASE_URL", "")
    for _ in range(2):
        with fresh_server(Path(tempfile.gettempdir())), database.connect() as connection:
            [(home,)] = connection.execute("SHOW data_directory").fetchall()
            assert Path(home).parent == Path(os.environ["AQUAMIND_DATA_DIR"])


def test_a_command_is_not_as_large_as_who_measures_it() -> None:
    large = bytearray(os.urandom(1)) * 2**29
    assert run("plan", "--preset", "small").largest_process_mb < len(large) / 2**20
