"""A PostgreSQL server of the tests' own, and databases in it."""

import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from aquamind.database import connect
from aquamind.server import EmbeddedServer
from datagen.cli.command import OBJECTS_TO_COLLECT
from datagen.storage import ledger, schema
from tests.loaded import django_on, load_small_record
from tests.settings import SERVER, TEMPLATE

LONGEST = (
    "guide",
    "chaos",
    "advance",
    "stream",
    "revisions",
    "cluster",
    "proof",
    "wrong_input",
    "protection",
    "stages",
)
"""Files that take longest, which begin first: else one process goes on with one of them when the other has no more."""

gc.set_threshold(OBJECTS_TO_COLLECT)  # as the program does


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order in which processes take them."""
    places = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The server, running."""
    SERVER.start()
    with connect(SERVER.url("postgres"), autocommit=True) as connection:
        # Thrown away with the session: nothing here needs to survive the machine.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    yield SERVER
    SERVER.stop("immediate")
    shutil.rmtree(SERVER.home)


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, django_db_blocker: DjangoDbBlocker) -> str:
    """The name of a migrated, empty database to copy."""
    server.create_database(TEMPLATE)
    with django_db_blocker.unblock():
        schema.make()
        connections.close_all()
    return TEMPLATE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(template: str) -> None:
    """Let pytest-django's own test database be a copy as well."""
    connections["default"].settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def new_database(server: EmbeddedServer, template: str) -> Callable[[], str]:
    """Make a migrated, empty database and return its URL; for fixtures of a wider scope than one test."""
    numbers = itertools.count(1)

    def make() -> str:
        name = f"fresh_{next(numbers)}"
        if connections["default"].settings_dict["NAME"] == template:
            connections["default"].close()
        with connect(server.url("postgres"), autocommit=True) as connection:
            # Copied file by file, in a sixth of the processor's time that logging every page takes.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return server.url(name)

    return make


@pytest.fixture(scope="session")
def small_record(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> str:
    """The URL of a database with a small record, loaded once for all tests that only read it."""
    dsn = new_database()
    with django_db_blocker.unblock():
        load_small_record(dsn)
    return dsn


@pytest.fixture(scope="module")
def on_small_record(small_record: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The same, and Django on it."""
    with django_db_blocker.unblock(), django_on(small_record):
        yield small_record


@pytest.fixture(scope="module", autouse=True)
def _django_stays_where_it_was() -> Iterator[None]:
    """Runs point Django at their own database; the next module finds it where this one did."""
    here, dsn = connections["default"], os.environ["DATABASE_URL"]
    before = dict(here.settings_dict)
    yield
    # Closed also where nothing changed: nobody may be in the template when it is copied.
    here.close()
    if here.settings_dict != before:
        here.settings_dict.clear()
        here.settings_dict.update(before)
    os.environ["DATABASE_URL"] = dsn


@pytest.fixture
def fresh_database(new_database: Callable[[], str]) -> str:
    """The URL of a migrated, empty database that nobody else uses."""
    return new_database()


@pytest.fixture
def connection(fresh_database: str) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection to a fresh database with its ledger."""
    with connect(fresh_database, autocommit=True) as connection:
        ledger.prepare(connection)
        yield connection
