"""Slaughter: on which days the boat comes for which ring of a batch, and whether for all of its fish or for a part."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil
from typing import NamedTuple, TypeAlias

from datagen.case import Case
from datagen.catalog.biology import Harvest
from datagen.planning.plan import BatchPlan
from datagen.streams import stream

GROWING = 1.1
"""How much heavier than today fish are reckoned that wait for the boat, and grow (invented)."""

LIGHTER = 0.007
"""By what part fish are lighter when slaughter is decided on, for each day until half of it is over: they gain 0.4 % a
day, and grow on until the first visit and between portions; what is more than that keeps stays as short as the guide
has them (invented; tuned to weights and days of slaughter, and to utilisation)."""

UNEVEN = 0.1
"""By what part a boat takes more or less than an even portion (invented)."""


Offered: TypeAlias = Callable[[int], int]
"""Of plants: the first day on which they take a ring, from the wanted one on; days after the first of a batch."""


class Visit(NamedTuple):
    """The boat at a ring, by its place among the batch's, so many days after it came first; `left` counts down to 1.

    It takes a `left`-th part of the fish, times `luck`; the last visit takes all.
    """

    day: int
    place: int
    left: int
    luck: float


@dataclass(frozen=True)
class Slaughter:
    """How a batch is slaughtered: ring after ring, some on a day; or where it is lived so, in portions over weeks."""

    case: Case
    batch: BatchPlan

    @cached_property
    def _drawn(self) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Days between visits, and their luck, for as many as there can be."""
        spec = self.case.way.slaughter
        assert spec is not None
        most = len(self.batch.containers[-1]) * spec.most_portions
        rng = stream(self.case.plan.seed, self.batch.number, "slaughter")
        gaps = rng.integers(spec.every_days_min, spec.every_days_max + 1, most)
        return tuple(gaps.tolist()), tuple(rng.uniform(1.0 - UNEVEN, 1.0 + UNEVEN, most).tolist())

    def visits(
        self, ring_kg: list[float], within_days: int | None = None, offered: Offered | None = None
    ) -> list[Visit]:
        """In order, for rings with so many kilograms; closer together if all must be over so many days after the first.

        So plants take more a day than they usually do, and work at weekends, rather than be late.
        """
        if self.case.way.slaughter is None:
            return [Visit(place // self._rings_per_day, place, 1, 1.0) for place in range(len(ring_kg))]
        _, luck = self._drawn
        fullest_first = sorted(range(len(ring_kg)), key=lambda place: -ring_kg[place])
        course = [(day, fullest_first[rank]) for day, rank in self._course(ring_kg, offered)]
        last = course[-1][0]
        if within_days is not None and last > within_days:
            course = [(day * within_days // last, place) for day, place in course]
        # Two visits to a ring on one day are one.
        days = [sorted({day for day, place in course if place == ring}) for ring in range(len(ring_kg))]
        order = sorted((day, ring, len(of) - at) for ring, of in enumerate(days) for at, day in enumerate(of))
        return [Visit(*each, luck[at]) for at, each in enumerate(order)]

    def begins(self, mean_g: float, ring_kg: list[float], within_days: int, offered: Offered | None) -> bool:
        """whether to begin: fish are heavy enough, or else it would not be over so many days after the first."""
        # Plants are asked only when it may matter: nobody waits for longer than it usually takes.
        longest = 2 * self.last_day(ring_kg)
        if mean_g < self.begins_g(longest) and longest < within_days:
            return False
        days = self.last_day(ring_kg, offered)
        return mean_g >= self.begins_g(days) or days >= within_days

    def far_off(self, rings: int, heaviest_kg: float, mean_g: float, within_days: int) -> bool:
        """Whether it surely does not begin, without a look at each ring: where none has more than the boat holds."""
        if not rings or heaviest_kg > self._most_kg:
            return False
        if rings not in self._of_one_visit:
            longest = 2 * self.last_day([0.0] * rings)
            self._of_one_visit[rings] = longest, self.begins_g(longest)
        longest, begins_g = self._of_one_visit[rings]
        return mean_g < begins_g and longest < within_days

    @cached_property
    def _of_one_visit(self) -> dict[int, tuple[int, float]]:
        """By the number of rings that the boat empties at once: most days that are reckoned with, and weight at which
        it is decided on."""
        return {}

    @cached_property
    def _most_kg(self) -> float:
        """In a ring that is emptied at once."""
        spec = self.case.way.slaughter
        return math.inf if spec is None else 1000.0 * spec.tonnes_per_day / GROWING

    def begins_g(self, days: int) -> float:
        """Mean weight at which it is decided on: that to be harvested at, or as much less as half of its days add."""
        grows = self.case.way.slaughter is not None
        lighter: float = (1.0 - LIGHTER) ** (days / 2) if grows else 1.0
        return self.batch.harvest_target_g * lighter

    def last_day(self, ring_kg: list[float], offered: Offered | None = None) -> int:
        """Of the visits, where there is time."""
        if self.case.way.slaughter is None:
            return (len(ring_kg) - 1) // self._rings_per_day
        return self._course(ring_kg, offered)[-1][0]

    @property
    def _rings_per_day(self) -> int:
        return self.case.catalog.biology.harvest.rings_per_day

    def _course(self, ring_kg: list[float], offered: Offered | None) -> list[tuple[int, int]]:
        """Day of each visit and the ring's rank, the fullest being 0; as plants offer, or with no others in the way."""
        spec = self.case.way.slaughter
        assert spec is not None
        most_kg = self._most_kg
        heaviest_first = sorted(ring_kg, reverse=True)
        # Asked for each batch on each day at sea: most rings are of one portion.
        portions = tuple([1 if kg <= most_kg else min(ceil(kg / most_kg), spec.most_portions) for kg in heaviest_first])
        gaps = self._drawn[0]
        if offered is None:
            return _undisturbed(portions, gaps, spec.again_days, spec.days_a_week)
        return _course(portions, gaps, spec.again_days, offered)


def least_days(spec: Harvest, rings: int) -> int:
    """Days from the one on which a harvest is decided on to the one after its last ring, at the soonest."""
    return 1 + spec.fasting_days + (rings - 1) // spec.rings_per_day


@lru_cache(maxsize=1024)
def _undisturbed(
    portions: tuple[int, ...], gaps: tuple[int, ...], again_days: int, days_a_week: int
) -> list[tuple[int, int]]:
    """The course of one that begins with a week, and has the plants for itself."""

    def offered(wanted: int) -> int:
        return wanted if wanted % 7 < days_a_week else wanted + 7 - wanted % 7

    return _course(portions, gaps, again_days, offered)


def _course(
    portions: tuple[int, ...], gaps: tuple[int, ...], again_days: int, offered: Offered
) -> list[tuple[int, int]]:
    """Day and ring of each visit: first to a ring begun whose time has come again, else to the next one."""
    to_do, due = list(portions), [0] * len(portions)
    course: list[tuple[int, int]] = []
    begun: list[int] = []
    day, untouched = 0, 0
    for gap in gaps[: sum(portions)]:
        day = offered(day)
        # Begun ones wait for their day; of those that could be next, the one that is due first, in order.
        waiting = [(float(max(due[place], day)), place) for place in begun]
        if untouched < len(portions):
            waiting.append((day + 0.5, untouched))
        soonest, place = min(waiting)
        day = offered(int(soonest))
        course.append((day, place))
        to_do[place] -= 1
        if place == untouched:
            untouched += 1
            begun.append(place)
        if not to_do[place]:
            begun.remove(place)
        due[place] = day + again_days
        day += gap
    return course
