"""`aquamind health`: checks added to batches that are there, of the fish that were there, and never twice."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker
from typer.testing import CliRunner

from aquamind.errors import UserError
from datagen import checks, runs
from datagen.case import Case
from datagen.cli import app
from datagen.planning.presets import single_plan
from datagen.runs import advancing, protection, wiping
from datagen.runs.health import TABLES, Added, Wanted, add
from datagen.storage import ddl, ledger
from tests.worlds import AS_OF, Silent, company

THICK = Wanted(75, 30)
FIRST = single_plan(*company(), "Scotland", AS_OF - timedelta(days=425), 1_000_000, AS_OF, 1)
SECOND_START = AS_OF - timedelta(days=400)


@pytest.fixture(scope="module")
def filled(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A batch, health checks added, and then another batch beside it."""
    dsn = new_database()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, Case(*company(), FIRST), 1), Silent())
        yield dsn


def added(dsn: str, wanted: Wanted = THICK, dry_run: bool = False) -> Added:
    return add(dsn, *company(), wanted, Silent(), dry_run)


def rows(dsn: str, query: str, *values: Any) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode(), values).fetchall()


def offending(dsn: str) -> list[str]:
    return [verdict.name for verdict in checks.verify(dsn, 1, Silent()) if verdict.offending]


def content(dsn: str) -> dict[str, int]:
    return {table: rows(dsn, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def test_checks_are_added_once_and_carried_on_with_what_is_new(filled: str) -> None:
    before = content(filled)
    foreseen = added(filled, dry_run=True)
    assert content(filled) == before
    part = added(filled, Wanted(75, 30, end=AS_OF - timedelta(days=40)))
    rest = added(filled)
    assert part.rows
    assert rest.rows
    assert part.rows + rest.rows == foreseen.rows
    now = content(filled)
    assert {table: now[table] - before[table] for table in TABLES} == dict(foreseen.rows)
    again = added(filled)
    assert (again.rows, again.checks, again.there_already) == ({}, {}, sum(foreseen.checks.values()))
    assert content(filled) == now
    assert offending(filled) == []

    # Nothing of it is taken for others', and what follows still works.
    with psycopg.connect(filled, autocommit=True) as connection:
        assert protection.strangers(connection) == {}
    events = rows(filled, f"SELECT number_of_fish_sampled, id FROM {TABLES[0]} WHERE id > %s", ddl.KEYS_ADDED)
    assert {fish for fish, _ in events} == {75}
    assert max(key for _, key in events) <= ddl.KEYS_OF_OTHERS
    catalog, farm = company()
    advancing.advance(filled, catalog, farm, AS_OF + timedelta(days=45), 1, Silent())
    assert offending(filled) == []
    assert rows(filled, f"SELECT count(*) FROM {TABLES[0]} WHERE id > %s", ddl.KEYS_ADDED)[0][0] == len(events)
    later = added(filled)
    assert sum(later.checks.values()) >= 1
    assert rows(filled, f"SELECT min(sampling_date) FROM {TABLES[0]} WHERE id > %s", max(k for _, k in events)) > [
        (AS_OF - timedelta(days=1),)
    ]
    assert offending(filled) == []


def test_a_batch_beside_gets_its_keys_below_and_checks_of_its_own(filled: str) -> None:
    added(filled)
    catalog, farm = company()
    beside = single_plan(catalog, farm, "Faroe Islands", SECOND_START, 900_000, AS_OF, 1)
    runs.execute(runs.Job(filled, Case(catalog, farm, beside), 1, beside=True), Silent())
    assert max(rows(filled, f"SELECT max(id) FROM {TABLES[2]} WHERE id <= %s", ddl.KEYS_ADDED)[0]) < ddl.KEYS_ADDED
    assert list(added(filled).checks) == [beside.batches[0].number]
    assert offending(filled) == []
    with psycopg.connect(filled, autocommit=True) as connection:
        assert protection.strangers(connection) == {}
        assert ledger.rows(connection)[TABLES[0]] == content(filled)[TABLES[0]]


WRONG = {
    "one fish": (Wanted(1, 30), "fish: 1. Give 2 to 1,000 fish"),
    "every day and less": (Wanted(75, 0), "every: 0. Give 1 to 1,000 days"),
    "backwards": (Wanted(75, 30, AS_OF, AS_OF - timedelta(days=1)), "It is before --from"),
    "after the record": (Wanted(75, 30, end=date(2099, 1, 1)), "The record of .* is from .* to .*; give a day within"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_checked_is_one_message(filled: str, django_db_blocker: DjangoDbBlocker, name: str) -> None:
    wanted, message = WRONG[name]
    before = content(filled)
    with django_db_blocker.unblock(), pytest.raises(UserError, match=message):
        added(filled, wanted)
    assert content(filled) == before


def test_the_command_tells_as_json_and_writes_nothing_when_dry(
    filled: str, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> None:
    monkeypatch.setenv("DATABASE_URL", filled)
    before = content(filled)
    with django_db_blocker.unblock():
        done = CliRunner().invoke(app, ["health", "--fish", "20", "--every", "9", "--dry-run", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["rows"][TABLES[1]] == 20 * sum(told["checks"].values()) > 0
    assert told["written"] is False
    assert content(filled) == before


def test_an_empty_database_is_one_message(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), pytest.raises(UserError, match="It holds no finished run"):
        added(new_database())


def test_wiped_it_is_empty(filled: str, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), psycopg.connect(filled, autocommit=True) as connection:
        wiping.wipe(connection, filled)
    assert set(content(filled).values()) == {0}
