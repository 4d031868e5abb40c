"""What a batch means in the books: a fact for every lot, money for every hand-over between companies."""

from collections.abc import Iterator

import numpy as np

from apps.finance.exports import APPROVED_DAY, EXPORTED_DAY
from apps.finance.models import FactHarvest, IntercompanyTransaction
from apps.harvest.models import HarvestEvent, HarvestLot
from datagen.arrays import Bools, Ints
from datagen.catalog.finance import SUBSIDIARIES, Prices
from datagen.events.context import BatchRecord, Changing, LongestLife, MixedRecord, Rows, Was
from datagen.events.harvest import lot_fish_and_grams
from datagen.events.transfers import moved_kg, over
from datagen.storage.arrow import FixedPoint, record_batch


def most_rows(life: LongestLife) -> dict[str, int]:
    lots = life.harvests * len(life.catalog.grades.grades)
    return {
        "finance_factharvest": lots,
        "finance_intercompanytransaction": 1 + lots,
        # Posted, then exported.
        "finance_historicalintercompanytransaction": 2 * (1 + lots),
    }


def expected(record: BatchRecord) -> dict[str, int]:
    lots = len(record.history.harvests.day) * len(record.catalog.grades.grades)
    to_sea = len(_at_sea_day(record))
    approved, exported = (_closed(record, record.history.harvests.day, day) for day in (APPROVED_DAY, EXPORTED_DAY))
    changes = len(record.catalog.grades.grades) * int(approved.sum() + exported.sum())
    changes += int(_closed(record, _at_sea_day(record), APPROVED_DAY).sum())
    return {
        "finance_factharvest": lots,
        "finance_intercompanytransaction": lots + to_sea,
        "finance_historicalintercompanytransaction": changes,
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    """The transaction of the transfer to sea comes first; then those of harvests, event by event, grade by grade."""
    if len(_at_sea_day(record)):
        yield _smolt(record)
    if len(record.history.harvests.day):
        fish, grams = lot_fish_and_grams(record)
        yield _facts(record, fish, grams)
        yield _harvests(record, grams)


def _at_sea_day(record: BatchRecord) -> Ints:
    """The day on which the last fish came to sea, if they have."""
    if isinstance(record, MixedRecord):
        brought: Ints = record.history.mixings.day[record.history.mixings.batch == record.index][-1:]
        return brought
    moves = record.history.moves
    day: Ints = moves.day[(moves.stage == record.sea) & over(record)][-1:]
    return day


def _prices(record: BatchRecord) -> Prices:
    place = record.farm.geography_name[record.batch.geography]
    return next(each for each in record.catalog.finance.prices if each.geography == place)


def _cents(price_per_kg: float) -> int:
    return round(price_per_kg * 100)


def amount_cents(quantity: Ints, price_cents: Ints | int, units_per_kg: int) -> Ints:
    """Quantity times price, to the nearest cent and halves up, in whole numbers: what PostgreSQL's round() gives.

    >>> amount_cents(np.array([1050, 1049]), 10, 1000)      # 1.050 kg and 1.049 kg at 0.10
    array([11, 10])
    """
    cents: Ints = (2 * quantity * price_cents + units_per_kg) // (2 * units_per_kg)
    return cents


def _smolt(record: BatchRecord) -> Changing:
    moves, workflow_id = record.history.moves, record.first_id["batch_batchtransferworkflow"] + record.sea - 1
    to_sea = moves.stage == record.sea
    if isinstance(record, MixedRecord):
        # By its first workflow; who was there before was paid for when they came.
        moves, workflow_id = record.history.mixings, record.first_id["batch_batchtransferworkflow"]
        to_sea = moves.batch == record.index
    hundredths_kg = np.rint(moved_kg(moves)[to_sea] * 100).astype(np.int64).sum(keepdims=True)
    return _transactions(
        record,
        first=0,
        day=_at_sea_day(record),
        hour=17,
        amount=amount_cents(hundredths_kg, _cents(_prices(record).smolt_per_kg), 100),
        policy_id=record.farm.smolt_policy_id[record.batch.geography][None],
        content_type_id=record.farm.transfer_content_type_id,
        object_id=np.array([workflow_id]),
        event_id=None,
    )


def _harvests(record: BatchRecord, grams: Ints) -> Changing:
    events, grades = grams.shape
    priced = {each.grade: _cents(each.price_per_kg) for each in _prices(record).grades}
    price_cents = np.array([priced[code] for code in record.farm.grade_code])
    event_id = np.repeat(record.ids(HarvestEvent, events), grades)
    return _transactions(
        record,
        first=1,
        day=np.repeat(record.history.harvests.day, grades),
        hour=16,
        amount=amount_cents(grams, price_cents, 1000).ravel(),
        policy_id=np.tile(record.farm.grade_policy_id[record.batch.geography], events),
        content_type_id=record.farm.harvest_content_type_id,
        object_id=event_id,
        event_id=event_id,
    )


def _closing(record: BatchRecord, day: Ints) -> Ints:
    """First day of the month after each of these days of the record."""
    next_month = (record.date(day).astype("datetime64[M]") + 1).astype("datetime64[D]")
    closing: Ints = (next_month - np.datetime64(record.plan_first_day)).astype(np.int64)
    return closing


def _closed(record: BatchRecord, day: Ints, of_month: int) -> Bools:
    """Whether the record reaches that day of the month after."""
    closed: Bools = record.last_day >= _closing(record, day) + of_month - 1
    return closed


def _transactions(
    record: BatchRecord,
    first: int,
    day: Ints,
    hour: float,
    amount: Ints,
    policy_id: Ints,
    content_type_id: int,
    object_id: Ints,
    event_id: Ints | None,
) -> Changing:
    """State is by the month on the as-of day; what has no grade is not exported. All else is as it was on the day."""
    closing = _closing(record, day)
    approved = _closed(record, day, APPROVED_DAY)
    exported = _closed(record, day, EXPORTED_DAY) & (event_id is not None)
    made = record.at(day, hour)
    approval = np.where(approved, record.at(closing + APPROVED_DAY - 1, 10), np.datetime64("NaT", "us"))
    export = np.where(exported, record.at(closing + EXPORTED_DAY - 1, 10), np.datetime64("NaT", "us"))
    count = len(day)
    rows = record_batch(
        IntercompanyTransaction,
        count,
        tx_id=record.first_id["finance_intercompanytransaction"] + first + np.arange(count),
        event_id=event_id,
        policy_id=policy_id,
        content_type_id=content_type_id,
        object_id=object_id,
        posting_date=record.date(day),
        amount=FixedPoint(amount),
        currency=_prices(record).currency,
        state=np.array(["pending", "posted", "exported"])[approved.astype(int) + exported],
        approved_by_id=np.ma.array(np.full(count, record.staff("FIN")[0]), mask=~approved),
        approval_date=approval,
        created_at=made,
        updated_at=np.where(exported, export, np.where(approved, approval, made)),
    )
    pending = {"state": "pending", "approved_by_id": None, "approval_date": None, "updated_at": made}
    posted = {"state": "posted", "updated_at": np.where(approved, approval, made)}
    return IntercompanyTransaction, rows, (Was(made, pending), Was(approval, posted), Was(export))


def _facts(record: BatchRecord, fish: Ints, grams: Ints) -> Rows:
    harvests, farm = record.history.harvests, record.farm
    events, grades = fish.shape
    container = record.history.assignments.container[harvests.assignment]
    moment = np.repeat(record.at(harvests.day, 16), grades)
    return FactHarvest, record_batch(
        FactHarvest,
        events * grades,
        fact_id=record.ids(FactHarvest, events * grades),
        dim_company_id=int(farm.company_id[record.batch.geography, SUBSIDIARIES.index("FM")]),
        dim_site_id=np.repeat(farm.unit_site_id[farm.container_unit[container]], grades),
        event_id=np.repeat(record.ids(HarvestEvent, events), grades),
        lot_id=record.ids(HarvestLot, events * grades),
        product_grade_id=np.tile(farm.grade_id, events),
        event_date=np.repeat(record.at(harvests.day, 6), grades),
        quantity_kg=FixedPoint(grams.ravel()),
        unit_count=fish.ravel(),
        dim_batch_id=record.batch_id,
        created_at=moment,
        updated_at=moment,
    )
