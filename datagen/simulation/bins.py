"""Which bin of feed each container eats from, and which bins are open: eaten from today, or awaited by fish."""

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.case import Case
from datagen.simulation.feed_stock import LEAD_DAYS
from datagen.simulation.stays import Stays

SOON = 0.85
"""Share of the weight at which a feed begins from which its bin is kept open (invented)."""


class Bins:
    """The bins of a geography's stores; open ones are those that feed is ordered for."""

    def __init__(self, case: Case, stays: Stays) -> None:
        stages, names = case.catalog.biology.stages, [feed.name for feed in case.catalog.feeds.feeds]
        steps = max(len(stage.feeds) for stage in stages)
        self._feed = np.full((len(stages), steps), -1)
        self._from_g = np.full((len(stages), steps), np.inf)
        for s, stage in enumerate(stages):
            for k, step in enumerate(stage.feeds):
                self._feed[s, k], self._from_g[s, k] = names.index(step.feed), step.from_weight_g
        self._feeds, self._store = len(names), case.farm.container_store
        self._stays = stays
        self._open_until = np.full(len(case.farm.store_name) * self._feeds, -1)
        self.days_needed = np.zeros(len(self._open_until))
        """For how many days the fish that eat from a bin will go on to do so, as they grow today."""

    def eaten_from(
        self, day: int, container: Ints, stage: Ints, size: tuple[Floats, Floats], gain: Floats, days_left: Floats
    ) -> tuple[Ints, Ints]:
        """The bin and the feed (-1: none) of each container today; they stay open, and so do those that are next.

        `size` is the cube root of the weight and the weight, `gain` what the first gains in a day, `days_left` those
        until the fish leave.
        """
        from_g, (weight_cbrt, weight_g) = self._from_g[stage], size
        step = _step(weight_g, from_g)
        feed = np.where(step >= 0, self._feed[stage, step], -1)
        bins = self._bin(container, feed)
        self._keep_open(bins[feed >= 0], day)
        coming = _step(weight_g, SOON * from_g)
        soon = np.flatnonzero((coming > step) & (step >= 0))
        self._keep_open(self._bin(container[soon], self._feed[stage[soon], coming[soon]]), day)
        ends_g = np.append(from_g, np.full((len(stage), 1), np.inf), axis=1)[np.arange(len(stage)), step + 1]
        days = np.minimum(days_left, days_until(np.cbrt(ends_g), weight_cbrt, gain))
        self.days_needed[bins[feed >= 0]] = 0.0
        np.maximum.at(self.days_needed, bins[feed >= 0], days[feed >= 0])
        return bins, feed

    def open(self, day: int) -> Bools:
        """Bins in use on a day, or awaited by fish that come within the lead time: those order in time."""
        arrival = day + LEAD_DAYS + 1
        for stage, containers in self._stays.arriving(arrival):
            feed = self._feed[stage, 0]
            if feed >= 0:
                self._keep_open(self._bin(containers, feed), arrival)
        is_open: Bools = self._open_until >= day
        return is_open

    def _bin(self, container: Ints, feed: Ints) -> Ints:
        bins: Ints = self._store[container] * self._feeds + feed
        return bins

    def _keep_open(self, bins: Ints, day: int) -> None:
        self._open_until[bins] = day


def days_until(reached_cbrt: Floats, weight_cbrt: Floats, gain: Floats) -> Floats:
    """Days until fish that grow as today weigh so much, by cube roots of weights; without end if they do not."""
    left = np.maximum(reached_cbrt - weight_cbrt, 0.0)
    days: Floats = np.divide(left, gain, out=np.full(len(gain), np.inf), where=gain > 0)
    return days


def _step(weight_g: Floats, from_g: Floats) -> Ints:
    """Which of a stage's feeds each fish gets, -1 before the first; `from_g` [fish, feeds] is where each begins."""
    step: Ints = (weight_g[:, None] >= from_g).sum(axis=1) - 1
    return step
