"""Tests that dirty a filled database, each of which begins with it clean.

aquamind run --preset small
aquamind snapshot clean
pytest examples/test_clean_slate.py
"""

import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from aquamind import database


@pytest.fixture
def record() -> Iterator[psycopg.Connection]:
    """A session in the database as it was when `aquamind snapshot clean` kept it."""
    subprocess.run(["aquamind", "restore", "clean"], check=True)
    with database.connect() as connection:
        yield connection


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_one_test_deletes_the_next_one_has(record: psycopg.Connection, attempt: int) -> None:
    deaths = record.execute("DELETE FROM batch_mortalityevent").rowcount
    record.commit()
    assert deaths > 0, f"attempt {attempt}"
