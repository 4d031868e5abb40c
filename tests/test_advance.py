"""A database carried on day by day is the one that a single run to the last day makes."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from apps import record
from apps.batch.models import BatchContainerAssignment
from aquamind.errors import UserError
from datagen import checks, orm, pipeline, runs, states
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.spec import LEAST_EGGS
from datagen.events import FAMILIES, STREAMED, expand, making, readings, settled_after
from datagen.keys import records
from datagen.planning.presets import carry_on, single_plan
from datagen.runs import advancing
from datagen.storage import ddl, ledger
from tests.loaded import django_on
from tests.worlds import Silent, company, mixing, small_plan
from tests.worlds import records as lives

FIRST = small_plan(seed=2, batches=2, stagger_days=266, containers=4, way="lived", imperfections="usual")
"""Four batches; the eldest is being harvested, also a day later; then it is long gone, and a fifth begins."""


def few_eggs() -> Catalog:
    """The default catalog, whose batches to come have the eggs that four containers carry, once they are fish."""
    catalog = company()[0]
    eggs = catalog.biology.eggs
    fewer = {name: round(0.4 * getattr(eggs, name)) for name in ("count_min", "count_max")}
    biology = catalog.biology.model_copy(update={"eggs": eggs.model_copy(update=fewer)})
    return catalog.model_copy(update={"biology": biology})


@pytest.fixture(autouse=True)
def _orm(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def contents(dsn: str) -> dict[str, tuple[int, Decimal]]:
    """A digest of the rows of every table that the ledger knows, taken by the server from the rows themselves."""
    with psycopg.connect(dsn) as connection:
        found = {}
        for table in ledger.status(connection)["tables"]:
            # A sum of hashes is the same in any order, and nothing need be sorted.
            row = connection.execute(
                f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table} t"
            ).fetchone()
            assert row is not None
            found[table] = row
        return found


def test_a_new_batch_is_numbered_after_the_highest() -> None:
    """Also where a batch before was taken out of the plan by hand."""
    catalog, farm = company()
    edited = replace(FIRST, batches=FIRST.batches[1:])
    plan = carry_on(Case(catalog, farm, edited), FIRST.as_of + timedelta(days=600))
    numbers = [batch.number for batch in plan.batches]
    assert len(numbers) > len(edited.batches)
    assert len(set(numbers)) == len(numbers)


def test_steps_are_one_run(new_database: Callable[[], str]) -> None:
    catalog, farm = few_eggs(), company()[1]
    stepwise, once = new_database(), new_database()
    runs.execute(runs.Job(stepwise, Case(catalog, farm, FIRST), 1), Silent())
    with psycopg.connect(stepwise) as connection:
        in_harvest = connection.execute(
            "SELECT count(DISTINCT stay.id) FROM harvest_harvestevent event"
            " JOIN batch_batchcontainerassignment stay ON stay.id = event.assignment_id WHERE stay.is_active"
        ).fetchone()
    assert in_harvest is not None
    assert in_harvest[0] >= 1
    assert broken(stepwise) == []
    day = FIRST.as_of + timedelta(days=1)
    a_day = advancing.advance(stepwise, catalog, farm, day, 1, Silent()).rows
    with psycopg.connect(stepwise) as connection:
        written = ledger.rows(connection)
    for table in states.TABLES:
        assert 0 < a_day[table] < 0.05 * written[table]
    day += timedelta(days=230)
    advancing.advance(stepwise, catalog, farm, day, 1, Silent())
    plan = carry_on(Case(catalog, farm, FIRST), day)
    assert len(plan.batches) == len(FIRST.batches) + 1
    runs.execute(runs.Job(once, Case(catalog, farm, plan), 1), Silent())
    with psycopg.connect(stepwise) as connection:
        done = connection.execute("SELECT count(*) FROM batch_batch WHERE status = 'COMPLETED'").fetchone()
    assert done is not None
    assert done[0] >= 1
    assert contents(stepwise) == contents(once)
    with psycopg.connect(stepwise) as one, psycopg.connect(once) as other:
        assert ledger.status(one)["tables"] == ledger.status(other)["tables"]
    with pytest.raises(UserError, match="reaches"):
        advancing.advance(stepwise, catalog, farm, FIRST.as_of, 1, Silent())


def test_what_a_life_leaves_is_the_same_on_any_later_day_and_a_single_fish_more_is_another_life() -> None:
    for one in lives(small_plan(stagger_days=260, containers=1, way="lived", imperfections="usual"))[:2]:
        plan = one.case.plan
        later = replace(one, case=replace(one.case, plan=replace(plan, as_of=plan.as_of + timedelta(days=500))))
        tables = list(expand(one, STREAMED))
        assert tables == list(expand(later, STREAMED))
        assert {model._meta.db_table for model, _ in tables} == set(readings.TABLES)
        lived = one.history
        assert lived.same_life(replace(lived, purchases=None))
        for part in ("assignments", "days", "deliveries", "moves", "vaccinations", "harvests"):
            was = getattr(lived, part)
            for column in fields(was):
                values = getattr(was, column.name)
                one_less = replace(was, **{column.name: values[:-1]})
                assert len(values) == 0 or not lived.same_life(replace(lived, **{part: one_less}))
                changed = values.copy()
                changed[-1:] = ~changed[-1:] if values.dtype == bool else changed[-1:] + 1
                another = replace(was, **{column.name: changed})
                assert len(values) == 0 or not lived.same_life(replace(lived, **{part: another}))


def test_of_a_batch_long_gone_nothing_changes_on_any_later_day() -> None:
    gone = lives(small_plan(stagger_days=400, containers=1, way="lived", imperfections="usual"))[0]
    stays, plan = gone.history.assignments, gone.case.plan
    assert stays.left.all()
    settled = int(stays.departure_day.max()) + settled_after(gone.case.catalog)

    def on(days: int) -> list[Any]:
        later = replace(plan, as_of=plan.first_day + timedelta(days=days))
        return list(expand(replace(gone, case=replace(gone.case, plan=later))))

    assert on(settled) == on(settled + 3000)


def test_every_table_of_a_batch_is_made_by_families_that_are_known_to() -> None:
    one = lives(small_plan(stagger_days=260, containers=1, way="lived", imperfections="usual"))[0]
    for family in FAMILIES:
        for model, _ in expand(one, (family,)):
            assert family in making(one.case, {model._meta.db_table})


def orders(dsn: str) -> list[Any]:
    """Every batch, with the orders of its eggs, in the order in which they were placed."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            """
            SELECT batch.id, batch_number, batch.status, array_agg(workflow.status ORDER BY workflow.created_at)
            FROM batch_batch batch JOIN batch_creationworkflow workflow ON workflow.batch_id = batch.id
            GROUP BY batch.id ORDER BY batch.id
            """
        ).fetchall()


def test_what_is_ahead_begins_under_the_key_that_it_had(new_database: Callable[[], str]) -> None:
    catalog, farm = few_eggs(), company()[1]
    lived = catalog.ways.lived
    assert lived.orders is not None
    always = lived.orders.model_copy(update={"called_off_share": 1.0})
    ways = catalog.ways.model_copy(update={"lived": lived.model_copy(update={"orders": always})})
    catalog = catalog.model_copy(update={"ways": ways})
    first = Case(catalog, farm, small_plan(batches=2, stagger_days=52, containers=4, way="lived"))
    stepwise, once = new_database(), new_database()
    runs.execute(runs.Job(stepwise, first, 1), Silent())
    then = orders(stepwise)
    # The next batch of each geography; neither plan nor any number tells that an order will be called off.
    assert [status for _, _, status, _ in then] == [*["ACTIVE"] * 4, "PLANNED", "PLANNED"]
    assert {status for *_, placed in then[4:] for status in placed} <= {"PLANNED", "IN_PROGRESS", "CANCELLED"}
    for days in (44, 54):
        day = first.plan.as_of + timedelta(days=days)
        advancing.advance(stepwise, catalog, farm, day, 1, Silent())
    now = orders(stepwise)
    assert [row[:2] for row in now[:6]] == [row[:2] for row in then]
    assert [status for _, _, status, _ in now] == [*["ACTIVE"] * 6, "PLANNED"]
    assert ["CANCELLED", "COMPLETED"] in [placed for *_, placed in now]
    runs.execute(runs.Job(once, Case(catalog, farm, carry_on(first, day)), 1), Silent())
    assert contents(stepwise) == contents(once)
    assert broken(once) == []


def test_a_mix_of_two_batches_begins_with_the_fish_of_both(new_database: Callable[[], str]) -> None:
    """In a database that is carried on as in one run; every law holds of it, and it grows as what it is."""
    catalog, farm = company()
    first = Case(catalog, farm, mixing(397, containers=2))
    assert [batch.number for batch in first.mixed.values()] == ["FAR-2025-002-MIX", "SCO-2025-002-MIX"]
    stepwise, once, day = new_database(), new_database(), first.plan.as_of + timedelta(days=23)
    runs.execute(runs.Job(stepwise, first, 1), Silent())
    advancing.advance(stepwise, catalog, farm, day, 1, Silent())
    runs.execute(runs.Job(once, Case(catalog, farm, carry_on(first, day)), 1), Silent())
    assert contents(stepwise) == contents(once)
    assert broken(once) == []
    with psycopg.connect(once) as connection:
        begun = connection.execute(
            """
            SELECT mix.batch_number, array_agg(source.batch_number ORDER BY source.id), sum(part.percentage),
                (sum(part.population_count) - max(state.population)) BETWEEN 0 AND 0.01 * max(state.population),
                abs(sum(part.biomass_kg) / max(state.biomass_kg) - 1) < 0.05
            FROM batch_batch mix
            JOIN batch_batchcontainerassignment stay ON stay.batch_id = mix.id
            JOIN batch_actualdailyassignmentstate state
                ON state.assignment_id = stay.id AND state.date = stay.assignment_date
            JOIN batch_batchcomposition part ON part.mixed_batch_id = mix.id
            JOIN batch_batch source ON source.id = part.source_batch_id
            GROUP BY mix.id ORDER BY mix.id
            """
        ).fetchall()
    assert begun == [
        (f"{place}-2025-002-MIX", [f"{place}-2025-001", f"{place}-2025-002"], 100, True, True)
        for place in ("FAR", "SCO")
    ]


def test_batches_beside_each_other_are_carried_on_each_from_its_day(new_database: Callable[[], str]) -> None:
    """The fry of a thousand eggs weigh grams together, and each batch is known up to its own day; then to one day."""
    catalog, farm = company()
    begins, to = date(2025, 1, 10), date(2025, 8, 20)
    stepwise, once = new_database(), new_database()

    def put(dsn: str, geography: str, eggs: int, as_of: date) -> None:
        plan = single_plan(catalog, farm, geography, begins, eggs, as_of, 1)
        runs.execute(runs.Job(dsn, Case(catalog, farm, plan), 1, beside=True), Silent())

    put(stepwise, "Faroe Islands", LEAST_EGGS, date(2025, 6, 10))
    put(stepwise, "Scotland", 20_000, date(2025, 4, 30))
    with django_on(stepwise):
        assert set(record.last_days().values()) == {date(2025, 6, 10), date(2025, 4, 30)}
        assert record.last_day() == date(2025, 6, 10)
    assert broken(stepwise) == []

    class Killed(Silent):
        plans = 0

        def step(self, name: str, total: float | None = None) -> None:
            self.plans += name == "Planned activities"
            if self.plans == 2:
                raise InterruptedError

    with pytest.raises(InterruptedError):
        advancing.advance(stepwise, catalog, farm, to, 1, Killed())
    advancing.advance(stepwise, catalog, farm, to, 1, Silent())
    put(once, "Faroe Islands", LEAST_EGGS, to)
    put(once, "Scotland", 20_000, to)
    assert contents(stepwise) == contents(once)
    assert broken(stepwise) == []


def test_what_others_did_stays_and_the_rest_goes_on_beside_it(new_database: Callable[[], str]) -> None:
    catalog, farm = company()
    case = Case(catalog, farm, small_plan(batches=1, stagger_days=290, containers=2))
    edited, to = new_database(), case.plan.as_of + timedelta(days=3)
    runs.execute(runs.Job(edited, case, 1), Silent())
    with psycopg.connect(edited, autocommit=True) as connection:
        before = ledger.status(connection)["content_hash"]

        def one(query: str, *values: object) -> tuple[Any, ...]:
            row = connection.execute(query.encode(), values).fetchone()
            assert row is not None
            return row

        stay, batch = one(
            "SELECT id, batch_id FROM batch_batchcontainerassignment WHERE is_active ORDER BY id DESC LIMIT 1"
        )
        # As AquaMind books a death: the event, and the fish that are left.
        connection.execute(
            "INSERT INTO batch_mortalityevent (batch_id, assignment_id, event_date, count, biomass_kg, cause,"
            " description, created_at, updated_at) VALUES (%s, %s, %s, 7, 0.1, 'OTHER', 'mine', now(), now())",
            [batch, stay, case.plan.as_of],
        )
        connection.execute(
            "UPDATE batch_batchcontainerassignment SET population_count = population_count - 7, notes = %s"
            " WHERE id = %s",
            ["Seven by hand", stay],
        )
        # Meals are taken of it.
        connection.execute(
            "DELETE FROM inventory_feedcontainerstock stock USING inventory_feedpurchase bought"
            " WHERE bought.id = feed_purchase_id AND stock.quantity_kg > 0 AND stock.quantity_kg < bought.quantity_kg"
        )
        # A key of ours to come is taken; and what follows from the record is edited too.
        connection.execute(
            "INSERT INTO batch_mortalityevent SELECT (jsonb_populate_record(one, jsonb_build_object('id', id + 1))).*"
            " FROM batch_mortalityevent one WHERE id = (SELECT max(id) FROM batch_mortalityevent WHERE id < %s)",
            [ddl.KEYS_OF_OTHERS],
        )
        connection.execute("UPDATE planning_plannedactivity SET notes = 'mine' WHERE status = 'PENDING'")
        connection.execute("UPDATE finance_core_budget SET name = 'mine' WHERE budget_id = 1")
        deaths = "DELETE FROM batch_mortalityevent WHERE id = (SELECT min(id) FROM batch_mortalityevent) RETURNING id"
        [gone] = one(deaths)
        with pytest.raises(UserError, match="1 row that this tool did not write"):
            advancing.advance(edited, catalog, farm, to, 2, Silent())
        for day in (to, to + timedelta(days=1)):
            # Who looks at forecasts meanwhile is in nobody's way.
            with psycopg.connect(edited) as reader:
                reader.execute("SELECT FROM batch_liveforwardprojection LIMIT 1")
                report = advancing.advance(edited, catalog, farm, day, 1, Silent(), keep_edits=True)
            assert report.others["batch_mortalityevent"] == 2
            assert report.others["batch_batchcontainerassignment"] == 1
            planned = one("SELECT count(*) FROM planning_plannedactivity WHERE notes = 'mine'")[0]
            assert report.kept["planning_plannedactivity"] == planned > 0
            assert report.kept["finance_core_budget"] >= 1
            of_the_record = {table for table in report.kept if not table.startswith(("finance_core_", "planning_"))}
            taken = {"batch_mortalityevent"} if day == to else set()
            assert of_the_record == {"inventory_feedcontainerstock"} | taken
            said = one("SELECT notes, population_count FROM batch_batchcontainerassignment WHERE id = %s", stay)
            assert said[0] == "Seven by hand"
            # Ours die on: of what is there now, seven more are missing than without the hand.
            assert said[1] == population(Case(catalog, farm, carry_on(case, day)), stay) - 7
        assert one("SELECT count(*) FROM batch_mortalityevent WHERE id = %s", gone) == (0,)
        assert one("SELECT count(*) FROM batch_mortalityevent WHERE description = 'mine'") == (1,)
        # What the rest cannot go on without is told of.
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM batch_batchcontainerassignment WHERE id = %s", [stay])
        with pytest.raises(UserError, match="The record goes on from a row that was deleted"):
            advancing.advance(edited, catalog, farm, day + timedelta(days=1), 1, Silent(), keep_edits=True)
        assert ledger.status(connection)["content_hash"] != before


def population(case: Case, stay: int) -> int:
    """Fish that a case has in an assignment."""
    for unit in records(case, pipeline.simulate(case)):
        for model, rows in expand(unit):
            if model is BatchContainerAssignment:
                for row in rows.to_pylist():
                    if row["id"] == stay:
                        return int(row["population_count"])
    raise LookupError(stay)


def broken(dsn: str) -> list[str]:
    """The laws that do not hold."""
    return [verdict.name for verdict in checks.verify(dsn, 1, Silent()) if verdict.offending]


def test_an_empty_database_cannot_advance(fresh_database: str) -> None:
    catalog, farm = company()
    orm.use(fresh_database)
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        runs.prepare(connection, catalog, farm, ())
    with pytest.raises(UserError, match="no finished run"):
        advancing.advance(fresh_database, catalog, farm, FIRST.as_of, 1, Silent())
