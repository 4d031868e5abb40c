"""The books balance with the record: facts at their own sites, money to the cent, and rebuilding changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.finance.models import FactHarvest
from datagen.events import finance
from tests.test_scenarios import records
from tests.worlds import AS_OF, SEA, company, small_plan

pytestmark = pytest.mark.usefixtures("on_small_record")

TABLES = ("finance_factharvest", "finance_intercompanytransaction", "batch_batchtransferworkflow")


@pytest.fixture
def _undone() -> Iterator[None]:
    """Whatever a test does to the record is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


def value(query: str) -> Any:
    [(found,)] = rows(query)
    return found


def contents() -> list[list[tuple[Any, ...]]]:
    return [rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]


def finance_project(**options: Any) -> list[tuple[int, ...]]:
    """Rows, created, updated and deleted, of facts and of transactions."""
    out = StringIO()
    call_command("finance_project", stdout=out, **options)
    return [
        tuple(int(number) for number in re.findall(r"(\d+) (?:rows|created|updated|deleted)", line.replace(",", "")))
        for line in out.getvalue().splitlines()
    ]


def test_each_geography_has_its_companies_sites_and_policies() -> None:
    assert value("SELECT count(*) FROM finance_dimcompany") == 9
    assert rows("SELECT source_model, count(*) FROM finance_dimsite GROUP BY 1 ORDER BY 1") == [
        ("area", 43),
        ("station", 25),
    ]
    per_pair = rows(
        "SELECT g.name, s.subsidiary || '-' || b.subsidiary, pricing_basis, method, count(*), min(markup_percent)"
        " FROM finance_intercompanypolicy JOIN finance_dimcompany s ON s.company_id = from_company_id"
        " JOIN finance_dimcompany b ON b.company_id = to_company_id AND b.geography_id = s.geography_id"
        " JOIN infrastructure_geography g ON g.id = s.geography_id GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"
    )
    expected = [("FM-LG", "grade", "cost_plus", 5, Decimal(10)), ("FW-FM", "lifecycle", "standard", 1, None)]
    assert per_pair == [
        (place, *pair) for place in ("Faroe Islands", "Scotland", "Test Geography") for pair in expected
    ]
    owners = "SELECT count(*) FROM finance_dimsite JOIN finance_dimcompany USING (company_id) WHERE subsidiary = "
    assert [value(f"{owners}'{code}'") for code in ("FW", "FM", "LG")] == [25, 43, 0]


def test_every_lot_has_its_fact_at_the_site_of_its_own_area() -> None:
    lots = value("SELECT count(*) FROM harvest_harvestlot")
    assert lots == 2 * 5
    booked = rows(
        "SELECT site.source_model, site.source_pk = container.area_id, fact.quantity_kg = lot.live_weight_kg,"
        " fact.unit_count = lot.unit_count, fact.dim_company_id = site.company_id, fact.event_id = lot.event_id"
        " FROM harvest_harvestlot lot JOIN finance_factharvest fact ON fact.lot_id = lot.id"
        " JOIN harvest_harvestevent event ON event.id = lot.event_id"
        " JOIN batch_batchcontainerassignment stay ON stay.id = event.assignment_id"
        " JOIN infrastructure_container container ON container.id = stay.container_id"
        " JOIN finance_dimsite site ON site.site_id = fact.dim_site_id"
    )
    assert booked == [("area", True, True, True, True, True)] * lots


def test_batches_of_several_areas_are_booked_to_several_sites() -> None:
    """A site that is the geography's first area, whichever the fish lived in, would pass the test above."""
    plan = small_plan(batches=4, stagger_days=13, containers=20)
    _, farm = company()
    seen = set()
    for record in records(replace(plan, as_of=AS_OF + timedelta(days=860))):
        areas = {int(farm.container_unit[container]) for container in record.batch.containers[SEA]}
        [facts] = [rows for model, rows, *_ in finance.expand(record) if model is FactHarvest]
        assert set(facts["dim_site_id"].to_pylist()) == {int(farm.unit_site_id[area]) for area in areas}
        seen |= areas
    assert len(seen) == 8


def test_amounts_are_biomass_times_price_to_the_cent() -> None:
    harvest = rows(
        "SELECT sum(lot.live_weight_kg), policy.price_per_kg, tx.amount, tx.currency, buyer.currency,"
        " tx.posting_date = event.event_date::date, tx.object_id = event.id"
        " FROM finance_intercompanytransaction tx JOIN finance_intercompanypolicy policy USING (policy_id)"
        " JOIN finance_dimcompany buyer ON buyer.company_id = policy.to_company_id"
        " JOIN harvest_harvestevent event ON event.id = tx.event_id"
        " JOIN harvest_harvestlot lot ON lot.event_id = event.id AND lot.product_grade_id = policy.product_grade_id"
        " GROUP BY tx.tx_id, policy.policy_id, buyer.company_id, event.id"
    )
    transfers = rows(
        "SELECT w.total_biomass_kg, policy.price_per_kg, tx.amount, tx.currency, buyer.currency,"
        " tx.posting_date = w.actual_completion_date, w.finance_transaction_id = tx.tx_id"
        " FROM finance_intercompanytransaction tx JOIN finance_intercompanypolicy policy USING (policy_id)"
        " JOIN finance_dimcompany buyer ON buyer.company_id = policy.to_company_id"
        " JOIN django_content_type kind ON kind.id = tx.content_type_id AND kind.model = 'batchtransferworkflow'"
        " JOIN batch_batchtransferworkflow w ON w.id = tx.object_id AND w.is_intercompany"
    )
    assert len(harvest) == value("SELECT count(*) FROM harvest_harvestlot")
    assert len(transfers) == value("SELECT count(*) FROM batch_batchtransferworkflow WHERE is_intercompany") > 1
    assert len(harvest) + len(transfers) == value("SELECT count(*) FROM finance_intercompanytransaction")
    for kg, price, amount, currency, buyers, on_the_day, linked in harvest + transfers:
        assert amount == (kg * price).quantize(Decimal("0.01"), ROUND_HALF_UP) > 0
        assert currency == buyers
        assert on_the_day
        assert linked


def test_this_months_are_pending_and_closed_months_are_in_the_accounts() -> None:
    found = rows(
        "SELECT state, posting_date, approved_by_id, approval_date::date, event_id IS NOT NULL, line.amount, tx.amount"
        " FROM finance_intercompanytransaction tx LEFT JOIN finance_navexportline line ON line.transaction_id = tx_id"
    )
    for state, posted, approver, approved, graded, exported, amount in found:
        closed = (AS_OF.year, AS_OF.month) > (posted.year, posted.month)
        assert state == ("pending" if not closed else "exported" if graded else "posted")
        assert (approver is None) == (approved is None) == (state == "pending")
        assert approved is None or posted < approved <= AS_OF
        assert exported == (amount if state == "exported" else None)
    months = rows(
        "SELECT batch.company_id, date_from, date_to, batch.currency, count(*), count(DISTINCT document_no),"
        " bool_and(tx.posting_date BETWEEN date_from AND date_to AND site.company_id = batch.company_id)"
        " FROM finance_navexportbatch batch JOIN finance_navexportline line USING (batch_id)"
        " JOIN finance_intercompanytransaction tx ON tx.tx_id = line.transaction_id"
        " JOIN finance_dimsite site ON site.site_id = line.dim_site_id GROUP BY batch.batch_id"
    )
    assert months
    for *_, lines, documents, fits in months:
        assert (lines, fits) == (documents, True)


def test_projecting_what_was_loaded_changes_nothing() -> None:
    before = contents()
    assert [changes[1:] for changes in finance_project()] == [(0, 0, 0)] * 2
    assert contents() == before


@pytest.mark.usefixtures("_undone")
def test_projecting_from_nothing_makes_the_same_rows_again() -> None:
    facts, transactions, _ = contents()
    rows("UPDATE batch_batchtransferworkflow SET finance_transaction_id = NULL")
    rows("DELETE FROM finance_factharvest")
    rows("DELETE FROM finance_intercompanytransaction")
    made = finance_project()
    assert made == [(len(facts), len(facts), 0, 0), (len(transactions), len(transactions), 0, 0)]
    again = contents()
    # Keys apart, which come from the sequence.
    assert sorted(row[1:] for row in again[0]) == sorted(row[1:] for row in facts)
    assert sorted(map(str, (row[1:] for row in again[1]))) == sorted(map(str, (row[1:] for row in transactions)))
    assert [changes[1:] for changes in finance_project()] == [(0, 0, 0)] * 2
    assert contents() == again


@pytest.mark.usefixtures("_undone")
def test_a_new_transaction_has_its_age_on_the_last_day_of_its_own_batch() -> None:
    """Of two runs in a database one ends earlier: on its last day its youngest transactions are not approved yet."""
    [(number, ended)] = rows("SELECT batch_number, actual_end_date FROM batch_batch WHERE status = 'COMPLETED'")
    rows(
        """WITH earlier AS (INSERT INTO datagen.run (seed, as_of, plan_hash, catalog_hash, version, parameters)
        SELECT seed, %s, plan_hash, catalog_hash, version, parameters FROM datagen.run RETURNING id)
        UPDATE datagen.unit SET run = earlier.id FROM earlier WHERE unit = %s""",
        ended + timedelta(days=2),
        number,
    )
    rows("UPDATE batch_batchtransferworkflow SET finance_transaction_id = NULL")
    rows("DELETE FROM finance_intercompanytransaction")
    finance_project()
    of_harvest = "FROM finance_intercompanytransaction WHERE posting_date > %s"
    assert rows(f"SELECT DISTINCT state, approval_date {of_harvest}", ended - timedelta(days=5)) == [("pending", None)]


@pytest.mark.usefixtures("_undone")
def test_only_what_differs_is_mended() -> None:
    before = contents()
    [lot, other] = [row[0] for row in rows("SELECT id FROM harvest_harvestlot ORDER BY id LIMIT 2")]
    rows("UPDATE harvest_harvestlot SET live_weight_kg = live_weight_kg + 1 WHERE id = %s", lot)
    rows("UPDATE finance_factharvest SET dim_site_id = 1 WHERE lot_id = %s", other)
    rows("UPDATE finance_intercompanytransaction SET state = 'pending' WHERE event_id IS NOT NULL")
    assert [changes[1:] for changes in finance_project()] == [(0, 2, 0), (0, 1, 0)]
    after = contents()
    assert [row[0] for row in after[0]] == [row[0] for row in before[0]]
    # What people decided stays.
    assert value("SELECT count(*) FROM finance_intercompanytransaction WHERE state = 'pending'") == len(before[0])


@pytest.mark.usefixtures("_undone")
def test_a_missing_site_is_told() -> None:
    rows("DELETE FROM finance_factharvest")
    rows("DELETE FROM finance_dimsite WHERE source_model = 'area'")
    with pytest.raises(CommandError, match=r"site of container FAR-A\d\d-R\d\d.*aquamind init"):
        finance_project()
