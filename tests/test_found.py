"""What AquaMind's own migrations bring is found and used; what it looks for is where it looks."""

from datetime import date, timedelta

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from datagen import masterdata, orm, runs
from datagen.cli.options import parsed_day
from datagen.farm import with_database_ids
from datagen.storage import ledger
from tests.worlds import Silent, case_of, company, small_plan

THEIR_SIGNS = (
    "Gill Condition", "eye condition", "Wounds/Lesions", "Fin Condition", "BODY CONDITION", "Swimming Behavior",
    "Appetite", "Mucous Membrane", "Color/Pigmentation",
)  # fmt: skip


@pytest.fixture
def known(connection: psycopg.Connection) -> psycopg.Connection:
    """A database in which AquaMind's migrations have left rows and a failed run has used up keys."""
    for sign in THEIR_SIGNS:
        connection.execute(
            "INSERT INTO health_healthparameter (name, is_active, min_score, max_score, created_at, updated_at)"
            " VALUES (%s, true, 0, 3, now(), now())",
            [sign],
        )
    connection.execute("INSERT INTO health_mortalityreason (name, description) VALUES ('UNKNOWN', 'theirs')")
    for table in ("geography", "freshwaterstation", "hall", "area", "container"):
        connection.execute(f"SELECT setval(pg_get_serial_sequence('infrastructure_{table}', 'id'), 77)".encode())
    return connection


def test_their_rows_are_used_and_keys_begin_with_one(
    known: psycopg.Connection, fresh_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    case = case_of(small_plan(batches=2, stagger_days=290, containers=1))
    with django_db_blocker.unblock():
        made = runs.execute(runs.Job(fresh_database, case, 1), Silent())
    signs = known.execute("SELECT name, is_active FROM health_healthparameter ORDER BY id").fetchall()
    assert signs == [(sign, True) for sign in THEIR_SIGNS]
    scored = "SELECT count(DISTINCT parameter_id) FROM health_fishparameterscore"
    assert known.execute(scored).fetchone()[0] == len(THEIR_SIGNS)
    reasons = "SELECT array_agg(name) FROM health_mortalityreason WHERE lower(name) = 'unknown'"
    assert known.execute(reasons).fetchone()[0] == ["UNKNOWN"]
    farm = with_database_ids(case.farm, known)
    for ids in (farm.geography_id, farm.station_id, farm.container_id, farm.sensor_id, farm.store_id):
        assert ids.tolist() == list(range(1, len(ids) + 1))
    assert ledger.status(known)["content_hash"] == made.content_hash
    days = known.execute(
        "SELECT count(DISTINCT last_calibration_date), min(last_calibration_date), max(last_calibration_date)"
        " FROM infrastructure_sensor"
    ).fetchone()
    assert days[0] > 300
    assert case.plan.as_of - timedelta(days=365) < days[1] <= days[2] <= case.plan.as_of
    creators = "SELECT count(DISTINCT created_by_id) FROM scenario"
    assert known.execute(creators).fetchone()[0] == 3
    observed = "SELECT count(*) FILTER (WHERE (sources ->> 'fcr' = 'observed') <> (observed_fcr IS NOT NULL)),"
    observed += " count(observed_fcr) > 1000 FROM batch_actualdailyassignmentstate"
    assert known.execute(observed).fetchone() == (0, True)
    capacity = "SELECT max(abs(max_biomass - rings)) FROM infrastructure_area JOIN (SELECT area_id, sum(max_biomass_kg)"
    capacity += " AS rings FROM infrastructure_container GROUP BY 1) held ON area_id = infrastructure_area.id"
    assert known.execute(capacity).fetchone()[0] == 0


def test_names_are_as_aquamind_looks_for_them(
    connection: psycopg.Connection, fresh_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    catalog, farm = company()
    with django_db_blocker.unblock():
        orm.use(fresh_database)
        masterdata.init(catalog, farm)
    halls = {name for (name,) in connection.execute("SELECT name FROM infrastructure_hall")}
    assert halls <= {f"Hall {letter}" for letter in "ABCDEFGHIJ"}
    companies = connection.execute(
        "SELECT display_name, subsidiary || '-' || geography.name FROM finance_dimcompany"
        " JOIN infrastructure_geography geography ON geography.id = geography_id"
    ).fetchall()
    assert len(companies) == 3 * len(catalog.company.geographies)
    assert all(display == wanted for display, wanted in companies)
    limits = {stage for (stage,) in connection.execute("SELECT lifecycle_stage FROM scenario_stage_constraint")}
    assert limits == {stage.key for stage in catalog.biology.stages}


def test_nothing_lies_in_the_future_of_today() -> None:
    assert parsed_day("as-of", None) == date.today() - timedelta(days=1)
