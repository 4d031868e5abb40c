"""A changed catalog is noticed: this tool's own rows follow it, or it is refused; those of others stay as they are."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from aquamind.database import connect
from aquamind.errors import UserError
from datagen import checks, runs
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.farm import resolve
from datagen.masterdata.rows import Done
from datagen.planning.presets import single_plan
from datagen.runs import advancing, wiping
from tests.loaded import django_on
from tests.test_pipeline import Silent
from tests.worlds import AS_OF, company

Connection = psycopg.Connection[Any]


def other(**changes: Any) -> Catalog:
    """The default catalog with values changed: `finance__prices__0__smolt_per_kg=9.0`."""

    def changed(node: Any, path: list[str], value: Any) -> Any:
        if not path:
            return value
        if isinstance(node, tuple):
            at = int(path[0])
            return (*node[:at], changed(node[at], path[1:], value), *node[at + 1 :])
        return node.model_copy(update={path[0]: changed(getattr(node, path[0]), path[1:], value)})

    catalog = company()[0]
    for path, value in changes.items():
        catalog = changed(catalog, path.split("__"), value)
    return catalog


CHANGED = {
    "the price of a grade": (
        other(finance__prices__0__grades__0__price_per_kg=77.5),
        "SELECT price_per_kg FROM finance_intercompanypolicy WHERE pricing_basis = 'grade' ORDER BY policy_id LIMIT 1",
        "finance_intercompanypolicy '.* grade .*': price_per_kg is '.*', and '77.50' in the catalog",
    ),
    "a stage's weight": (
        other(biology__stages__1__weight_max_g=6.5),
        "SELECT expected_weight_max_g FROM batch_lifecyclestage WHERE name = 'Fry'",
        "batch_lifecyclestage 'Fry': expected_weight_max_g is '6.00', and '6.50' in the catalog",
    ),
    "the species": (
        other(biology__species="Rainbow Trout", biology__scientific_name="Oncorhynchus mykiss"),
        "SELECT min(s.name) FROM batch_lifecyclestage JOIN batch_species s ON s.id = species_id",
        "batch_lifecyclestage 'Fry': species_id is 'Atlantic Salmon', and 'Rainbow Trout' in the catalog",
    ),
    "a container's capacity": (
        other(containers__types__0__max_biomass_kg=12_345.0),
        "SELECT max_biomass_kg FROM infrastructure_container WHERE name = 'FAR-S01-A-01'",
        "infrastructure_container 'FAR-S01-A-01': max_biomass_kg is '.*', and '12345.00' in the catalog",
    ),
    "a feed's make": (
        other(feeds__feeds__0__protein_percent=33.0),
        "SELECT min(protein_percentage) FROM inventory_feed",
        "inventory_feed 'Starter Feed 0.5mm': protein_percentage is '.*', and '33.00' in the catalog",
    ),
    "a limit of what is measured": (
        other(environment__parameters__0__maximum=39.0),
        "SELECT max_value FROM environmental_environmentalparameter ORDER BY id LIMIT 1",
        "environmental_environmentalparameter .*: max_value is '.*', and '39.00' in the catalog",
    ),
}


def case_of(catalog: Catalog) -> Case:
    """One batch of three weeks."""
    farm = resolve(catalog)
    start = AS_OF - timedelta(days=20)
    return Case(catalog, farm, single_plan(catalog, farm, "Faroe Islands", start, 350_000, AS_OF, 1))


def init(connection: Connection, catalog: Catalog) -> dict[str, Done]:
    return runs.prepare(connection, catalog, resolve(catalog), ())


def left(done: dict[str, Done]) -> list[str]:
    return [str(each) for table in done.values() for each in table.different]


def value(connection: Connection, query: str) -> Any:
    found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return found[0]


@contextmanager
def database(dsn: str, blocker: DjangoDbBlocker) -> Iterator[Connection]:
    with blocker.unblock(), django_on(dsn), connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def initialised(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> str:
    dsn = new_database()
    with database(dsn, django_db_blocker) as connection:
        init(connection, company()[0])
    return dsn


@pytest.fixture
def empty(initialised: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Connection]:
    """A database with the default company's master data, and no batch."""
    with database(initialised, django_db_blocker) as connection:
        yield connection


@pytest.fixture(scope="module")
def recorded(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> str:
    dsn = new_database()
    with database(dsn, django_db_blocker):
        runs.execute(runs.Job(dsn, case_of(company()[0]), 1), Silent())
    return dsn


@pytest.fixture
def loaded(recorded: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Connection]:
    """A database with a batch of the default company."""
    with database(recorded, django_db_blocker) as connection:
        yield connection


@pytest.mark.parametrize("case", CHANGED)
def test_rows_of_this_tool_follow_the_catalog(case: str, empty: Connection) -> None:
    catalog, query, words = CHANGED[case]
    before = value(empty, query)
    done = init(empty, catalog)
    assert sum(each.updated for each in done.values()) > 0
    assert left(done) == []
    assert words.endswith(f"'{value(empty, query)}' in the catalog")
    assert value(empty, query) != before
    init(empty, company()[0])
    assert value(empty, query) == before


@pytest.mark.parametrize("case", CHANGED)
def test_a_record_made_with_other_values_is_refused(case: str, loaded: Connection) -> None:
    catalog, query, words = CHANGED[case]
    before = value(loaded, query)
    with pytest.raises(UserError, match=f"(?s){words}.*The record was made with .*aquamind wipe"):
        init(loaded, catalog)
    assert value(loaded, query) == before


def test_a_changed_catalog_is_noticed_at_every_door(loaded: Connection) -> None:
    catalog, _, words = CHANGED["the price of a grade"]
    case = case_of(catalog)
    dsn, made = os.environ["DATABASE_URL"], company()[0].content_hash()[:12]
    with pytest.raises(UserError, match=f"another run already .*another catalog .{made}"):
        runs.execute(runs.Job(dsn, case, 1), Silent())
    with pytest.raises(UserError, match=words):
        runs.execute(runs.Job(dsn, case, 1, beside=True), Silent())
    renamed = other(sites__stations__0__name="Elsewhere")
    with pytest.raises(UserError, match=f"made from another catalog .hash {made}.: name its folder with --catalog"):
        advancing.advance(dsn, renamed, resolve(renamed), AS_OF + timedelta(days=1), 1, Silent())


def test_wiped_and_run_again_all_of_it_is_the_new_catalog(
    new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker
) -> None:
    dsn = new_database()
    dearer = other(feeds__feeds__0__price_per_kg=99.0, biology__stages__0__weight_max_g=0.4)
    with database(dsn, django_db_blocker) as connection:
        runs.execute(runs.Job(dsn, case_of(company()[0]), 1), Silent())
        wiping.wipe(connection, dsn)
        runs.execute(runs.Job(dsn, case_of(dearer), 1), Silent())
        assert left(init(connection, dearer)) == []
    with database(dsn, django_db_blocker):
        assert [verdict.title for verdict in checks.verify(dsn, 1, Silent()) if verdict.offending] == []


def test_rows_of_others_are_never_changed(empty: Connection) -> None:
    """Be it that they were there first, or were changed; where events rest on them, the difference is refused."""
    described = "UPDATE inventory_feed SET description = 'Ours' WHERE name LIKE 'Starter Feed 0.5%'"
    catalog = company()[0]
    empty.execute(described)
    assert left(init(empty, catalog)) == [
        "inventory_feed 'Starter Feed 0.5mm': description is 'Ours', and 'First feeding' in the catalog"
    ]
    empty.execute("UPDATE infrastructure_area SET max_biomass = 1 WHERE name = %s", [catalog.sites.areas[0].name])
    with pytest.raises(UserError, match=r"max_biomass is '1.00', and '57000000.00' .*did not write.*the same"):
        init(empty, catalog)
    assert value(empty, "SELECT min(max_biomass) FROM infrastructure_area") == 1
