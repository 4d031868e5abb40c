"""Which bin of feed each container eats from, and which bins are open: eaten from today, or awaited by fish."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.case import Case
from datagen.simulation.feed_stock import LEAD_DAYS
from datagen.simulation.stays import Stays

SOON = 0.85
"""Share of the weight at which a feed begins from which its bin is kept open (invented)."""


@dataclass(frozen=True)
class Eating:
    """What does not change while fish are in containers: from which weight on each gets the feeds of its stage [feeds,
    containers], or soon will; where these are in tables; and the first bin of its store."""

    from_g: Floats
    soon_g: Floats
    at: Ints
    bin: Ints


class Bins:
    """The bins of a geography's stores; open ones are those that feed is ordered for. The last, `nowhere`, is of no
    store: fish that get no feed eat of it."""

    def __init__(self, case: Case, stays: Stays) -> None:
        stages, names = case.catalog.biology.stages, [feed.name for feed in case.catalog.feeds.feeds]
        steps = max(len(stage.feeds) for stage in stages)
        # By the number of feeds that have begun, from 0.
        self._feed = np.full((len(stages), steps + 1), -1)
        self._from_g = np.full((len(stages), steps + 1), np.inf)
        for s, stage in enumerate(stages):
            for k, step in enumerate(stage.feeds):
                self._feed[s, k + 1], self._from_g[s, k] = names.index(step.feed), step.from_weight_g
        self._ends_cbrt = np.cbrt(self._from_g)
        self._feeds, self._store = len(names), case.farm.container_store
        self._stays = stays
        self.nowhere = len(case.farm.store_name) * self._feeds
        self._open_until = np.full(self.nowhere + 1, -1)
        self.days_needed = np.zeros(self.nowhere + 1)
        """For how many days the fish that eat from a bin will go on to do so, as they grow today."""

    def eating(self, container: Ints, stage: Ints) -> Eating:
        """Of fish of a stage in each container."""
        from_g = self._from_g.T[:-1].take(stage, axis=1)
        return Eating(from_g, SOON * from_g, stage * self._feed.shape[1], self._store[container] * self._feeds)

    def eaten_from(
        self, day: int, eating: Eating, size: tuple[Floats, Floats], gain: Floats, days_left: Floats
    ) -> tuple[Ints, Bools]:
        """The bin of each container today, and whether it gets feed; it stays open, and so do those that are next.

        `size` is the cube root of the weight and the weight, `gain` what the first gains in a day, `days_left` those
        until the fish leave.
        """
        weight_cbrt, weight_g = size
        begun, coming = _begun(weight_g, eating.from_g), _begun(weight_g, eating.soon_g)
        at = eating.at + begun
        feed = self._feed.take(at)
        fed = feed >= 0
        bins = np.where(fed, eating.bin + feed, self.nowhere)
        self._open_until[bins] = day
        soon = ((coming > begun) & fed).nonzero()[0]
        if len(soon):
            self._open_until[eating.bin[soon] + self._feed.take(eating.at[soon] + coming[soon])] = day
        days = np.minimum(days_left, days_until(self._ends_cbrt.take(at), weight_cbrt, gain))
        self.days_needed[bins] = 0.0
        np.maximum.at(self.days_needed, bins, days)
        return bins, fed

    def open(self, day: int) -> Bools:
        """Bins in use on a day, or awaited by fish that come within the lead time: those order in time."""
        arrival = day + LEAD_DAYS + 1
        for stage, containers in self._stays.arriving(arrival):
            feed = self._feed[stage, 1]
            if feed >= 0:
                self._open_until[self._store[containers] * self._feeds + feed] = arrival
        is_open: Bools = self._open_until >= day
        return is_open


@dataclass(frozen=True)
class Sale:
    """By batch: cube root of the weight that it is to be harvested at, day of the record before which it is not, and
    how many days it takes. One more, the last, is never heavy enough: that of fish on land."""

    weight_cbrt: Floats
    from_day: Ints
    days: Ints

    @classmethod
    def of(cls, stays: Stays, batches: int, sea: int) -> "Sale":
        sale, at_sea = cls(np.full(batches + 1, np.inf), *np.zeros((2, batches + 1), np.int64)), stays.stage == sea
        batch = stays.batch[at_sea]
        sale.weight_cbrt[batch] = np.cbrt(stays.leaving_g[at_sea])
        sale.from_day[batch], sale.days[batch] = stays.leaving_from[at_sea], stays.leaving_days[at_sea]
        return sale

    def heavy_in(self, day: int, mean_cbrt: Floats, mean_gain: Floats) -> Floats:
        """In how many days each batch has left, whose fish grow as today."""
        heavy_in = days_until(self.weight_cbrt, mean_cbrt, mean_gain)
        return np.maximum(heavy_in, self.from_day - day) + self.days


def days_until(reached_cbrt: Floats, weight_cbrt: Floats, gain: Floats) -> Floats:
    """Days until fish that grow as today weigh so much, by cube roots of weights; without end if they do not."""
    left = np.maximum(reached_cbrt - weight_cbrt, 0.0)
    days = np.empty_like(gain)
    days.fill(np.inf)
    return np.divide(left, gain, out=days, where=gain > 0)


def _begun(weight_g: Floats, from_g: Floats) -> Ints:
    """How many of a stage's feeds have begun for each fish; `from_g` [feeds, fish] is where each does."""
    # Bytes are added in a fifth of the time of truths.
    begun: Ints = np.add.reduce((weight_g >= from_g).view(np.int8), axis=0, dtype=np.int8)
    return begun
