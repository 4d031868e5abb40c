"""Feed in silos and barges: stock by bin, orders, arrivals, first in first out."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.biology import feeding
from datagen.case import Case
from datagen.simulation.history import Purchases
from datagen.streams import remembering, stream

LEAD_DAYS = 2
"""Days from an order to its arrival in the morning; invented."""

REORDER_SHARE = 0.20
"""A bin is refilled when stock and orders fall below this share of its capacity (guide)."""


DAYS_AT_A_TIME = LEAD_DAYS + 1
"""Days of use that an order covers where fish stay on longer than was expected: no bin runs dry meanwhile."""


@dataclass
class Stores:
    """The feed of a geography. A bin is one feed in one store, `store * feeds + feed`, and one more; all in grams.

    A store's capacity is shared evenly by the feeds of the stage that it serves, so that its bins together never
    hold more than it can.
    """

    capacity_g: Ints
    lot_g: Ints
    prices: Floats
    feeds: int

    def __post_init__(self) -> None:
        bins = len(self.capacity_g)
        self.stock_g = np.zeros(bins, np.int64)
        self.eaten_g = np.zeros(bins, np.int64)
        self._on_order_g = np.zeros(bins, np.int64)
        self._daily_use_g = np.zeros(bins)
        self._reorder_g = REORDER_SHARE * self.capacity_g
        self._arrivals: dict[int, list[tuple[Ints, Ints]]] = defaultdict(list)
        self._bought: list[tuple[Ints, int, int, Ints]] = []

    def receive(self, day: int) -> None:
        """Unload what was ordered for this morning."""
        for bins, quantity_g in self._arrivals.pop(day, []):
            self.stock_g[bins] += quantity_g
            self._on_order_g[bins] -= quantity_g
            self._bought.append((bins, day - LEAD_DAYS, day, quantity_g))

    def feed_out(self, wanted_g: Ints, bins: Ints) -> Ints:
        """What each container gets of what it wants; the same array where all get all."""
        served, used = wanted_g, np.bincount(bins, wanted_g, len(self.stock_g)).astype(np.int64)
        if (used > self.stock_g).any():
            served = feeding.served_g(wanted_g, bins, self.stock_g)
            used = np.bincount(bins, served, len(self.stock_g)).astype(np.int64)
        self.stock_g -= used
        self.eaten_g += used
        # What is ordered by follows the use of the last few days (invented).
        self._daily_use_g += 0.3 * (used - self._daily_use_g)
        return served

    def order(self, day: int, open_bins: Bools, days_needed: Floats) -> None:
        """In the evening, order for bins in use that fall below the reorder share, or below three days' use.

        The order lasts two weeks, within 40 and 90 % of the bin; but no longer than until the fish are expected to
        eat of it, and then for some days at a time: invented, so that little is left when they leave.
        """
        due = open_bins.nonzero()[0]
        position, use_g = self.stock_g[due] + self._on_order_g[due], self._daily_use_g[due]
        low = (position < np.maximum(self._reorder_g[due], (LEAD_DAYS + 1) * use_g)).nonzero()[0]
        due, position, use_g = due[low], position[low], use_g[low]
        to_come_g = np.where(use_g > 0, use_g * np.maximum(days_needed[due], DAYS_AT_A_TIME), np.inf)
        wanting = position < to_come_g
        if not wanting.any():
            return
        due, position, use_g, to_come_g = (each[wanting] for each in (due, position, use_g, to_come_g))
        target = np.clip(14 * use_g, 0.4 * self.capacity_g[due], 0.9 * self.capacity_g[due])
        lots = np.minimum(target, to_come_g) - position
        # Of the last feed of a stay at least a lot, or fish would starve for want of half a one.
        lots = np.where(to_come_g < target, np.ceil(lots / self.lot_g[due]), lots // self.lot_g[due])
        quantity = lots.astype(np.int64) * self.lot_g[due]
        due, quantity = due[quantity > 0], quantity[quantity > 0]
        self._on_order_g[due] += quantity
        self._arrivals[day + LEAD_DAYS].append((due, quantity))

    def purchases(self) -> Purchases:
        """All deliveries, with what is left of each: the oldest of a bin is used up first."""
        bins = np.concatenate([b for b, *_ in self._bought] or [np.zeros(0, np.int64)])
        repeat = [len(b) for b, *_ in self._bought]
        ordered = np.repeat([o for _, o, _, _ in self._bought], repeat).astype(np.int64)
        arrived = np.repeat([a for _, _, a, _ in self._bought], repeat).astype(np.int64)
        quantity = np.concatenate([q for *_, q in self._bought] or [np.zeros(0, np.int64)])
        begins = feeding.queue_position_g(quantity, bins, np.zeros_like(self.eaten_g))
        left = np.clip(begins + quantity - self.eaten_g[bins], 0, quantity)
        store, feed = np.divmod(bins, self.feeds)
        return Purchases(store, feed, ordered, arrived, quantity, self.prices[ordered, feed], left)


def stores(case: Case, geography: int) -> Stores:
    """The empty stores of a geography before its first fish; bins of other geographies have no capacity."""
    catalog, farm, plan = case.catalog, case.farm, case.plan
    names = [feed.name for feed in catalog.feeds.feeds]
    capacity = np.zeros((len(farm.store_name), len(names)))
    stage_feeds = [[names.index(step.feed) for step in stage.feeds] for stage in catalog.biology.stages]
    for store, unit in enumerate(farm.store_unit):
        feeds = stage_feeds[farm.unit_stage[unit]] if farm.unit_stage[unit] >= 0 else []
        if farm.unit_geography[unit] == geography and feeds:
            capacity[store, feeds] = farm.store_capacity_kg[store] / len(feeds)
    # The last bin is of no store, for fish that get no feed.
    capacity_g = np.append((capacity.ravel() * 1000).astype(np.int64), 0)
    # By the big bag of a tonne; into silos too small for that, by 100 kg (practice; the limit is invented).
    lot_g = np.where(capacity_g < 50_000_000, 100_000, 1_000_000)
    rng = stream(plan.seed, farm.geography_code[geography], "feed prices")
    # Prices move by a few per cent over months, all feeds mostly together; invented.
    walk = remembering(rng.standard_normal((plan.days + 1, len(names) + 1)), 0.995)
    index = np.exp(0.05 * walk[:, :1] + 0.015 * walk[:, 1:])
    prices = np.round(index * [feed.price_per_kg for feed in catalog.feeds.feeds], 2)
    return Stores(capacity_g, lot_g, prices, len(names))
