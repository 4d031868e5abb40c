"""Parents give no more eggs than a salmon can, and a company without its own buys them all."""

from collections import Counter
from dataclasses import replace

from datagen import pipeline
from datagen.case import Case
from datagen.catalog.broodstock import Broodstock
from datagen.events import eggs, expand, orders, parents
from datagen.farm import resolve
from datagen.keys import records
from tests.worlds import case_of, company, small_plan
from tests.worlds import records as batches_of

PLAN = small_plan(batches=4, stagger_days=60)


def test_a_female_gives_as_many_eggs_as_she_has() -> None:
    own = [(record, of) for record in batches_of(PLAN) if (of := orders.own_parents(record.case, record.batch))]
    assert 0 < len(own) < len(PLAN.batches)
    for record, of in own:
        laid = eggs.laid(record, of)
        assert laid.sum() == record.batch.eggs
        # Salmon have 1,000 to 2,000 eggs a kg; single fish depart from it.
        assert 1_000 < laid.mean() / of.female_kg < 2_000
        assert laid.min() > 4_000
        assert laid.max() < 30_000
        assert [len(tanks) for tanks in parents.tanks(record.case, of)] == [5, 1]


def test_as_many_batches_are_our_own_as_the_catalog_says() -> None:
    catalog, _ = company()
    [of] = catalog.broodstock.parents
    case, batch = case_of(PLAN), PLAN.batches[0]
    drawn = [orders.own_parents(case, replace(batch, number=f"FAR-2025-{number:03d}")) for number in range(1000)]
    assert abs(sum(each is of for each in drawn) / 1000 - of.share) < 0.05


def test_eggs_cost_what_their_supplier_asks_for_in_that_year() -> None:
    asked: dict[tuple[int, int], set[float]] = {}
    for record in batches_of(small_plan(batches=12, stagger_days=60)):
        of = orders.supplier_index(record), record.batch.start.year
        asked.setdefault(of, set()).add(orders.price_per_thousand(record, of[0]))
    assert all(len(prices) == 1 for prices in asked.values())
    prices = [price for each in asked.values() for price in each]
    assert len(set(prices)) == len(asked) > 4
    assert 90 < min(prices) < max(prices) < 160


def test_without_parents_all_eggs_are_bought_and_nothing_is_kept_up() -> None:
    catalog, _ = company()
    bare = catalog.model_copy(update={"broodstock": Broodstock()})
    case = Case(bare, resolve(bare), small_plan(batches=1, containers=1))
    made: Counter[str] = Counter()
    for record in records(case, pipeline.simulate(case)):
        for model, rows in expand(record):
            if model._meta.app_label == "broodstock":
                made[model._meta.db_table] += rows.num_rows
    assert made == {
        "broodstock_eggproduction": 2,
        "broodstock_externaleggbatch": 2,
        "broodstock_batchparentage": 2,
    }
