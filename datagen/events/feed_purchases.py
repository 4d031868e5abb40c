"""Deliveries of feed to a geography, and what is left of each in its silo or barge."""

from collections.abc import Iterator

import numpy as np

from apps.inventory.models import FeedContainerStock, FeedPurchase
from datagen.arrays import Dates
from datagen.biology.feeding import GRAIN_G
from datagen.case import Case
from datagen.events.context import Changing, GeographyRecord, Was
from datagen.storage.arrow import FixedPoint, record_batch

TABLES: tuple[str, ...] = ("inventory_feedpurchase", "inventory_feedcontainerstock")


def most_rows_a_day(case: Case, geography: int) -> int:
    """A delivery of each feed to each store."""
    farm = case.farm
    return int((farm.unit_geography[farm.store_unit] == geography).sum()) * len(farm.feed_name)


def expected(record: GeographyRecord) -> dict[str, int]:
    bought = len(record.history.purchases.store)
    # Ordered, then there.
    return {**dict.fromkeys(TABLES, bought), "inventory_historicalfeedpurchase": bought}


def expand(record: GeographyRecord) -> Iterator[Changing]:
    case, history = record.case, record.history
    bought, farm = history.purchases, case.farm
    count = len(bought.store)
    first_day = np.datetime64(case.plan.first_day)
    ordered, arrived = first_day + bought.ordered_day, first_day + bought.arrival_day
    unloaded: Dates = np.add(arrived.astype("datetime64[us]"), np.timedelta64(6, "h"))
    purchase_id = record.ids(FeedPurchase, count)
    shelf_life = np.array([feed.shelf_life_days for feed in case.catalog.feeds.feeds])[bought.feed]
    suppliers = np.array([feed.supplier for feed in case.catalog.feeds.feeds])
    code = farm.geography_code[history.geography]
    entered: Dates = np.add(ordered.astype("datetime64[us]"), np.timedelta64(17, "h"))
    yield (
        FeedPurchase,
        record_batch(
            FeedPurchase,
            count,
            id=purchase_id,
            feed_id=farm.feed_id[bought.feed],
            purchase_date=ordered,
            quantity_kg=FixedPoint(bought.quantity_g // GRAIN_G),
            cost_per_kg=bought.price_per_kg,
            supplier=suppliers[bought.feed],
            batch_number=[f"{code}-FEED-{number:06d}" for number in range(1, count + 1)],
            expiry_date=arrived + shelf_life,
            created_at=entered,
            updated_at=unloaded,
        ),
        (Was(entered, {"updated_at": entered}), Was(unloaded)),
    )
    yield (
        FeedContainerStock,
        record_batch(
            FeedContainerStock,
            count,
            id=record.ids(FeedContainerStock, count),
            feed_container_id=farm.store_id[bought.store],
            feed_purchase_id=purchase_id,
            quantity_kg=FixedPoint(bought.left_g // GRAIN_G),
            entry_date=unloaded,
            created_at=unloaded,
            updated_at=unloaded,
        ),
        # Each meal takes of it: that makes no versions.
        (Was(unloaded, {"quantity_kg": FixedPoint(bought.quantity_g // GRAIN_G), "updated_at": unloaded}),),
    )
