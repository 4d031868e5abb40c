"""The luck of container-days: random numbers, drawn as the days come."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.case import Case
from datagen.simulation import hardship
from datagen.simulation.stays import Part
from datagen.streams import remembering, stream


@dataclass(frozen=True)
class Luck:
    """Of some days one after the other, and of the stays that have any of them [days, stays]; 0 where a stay has not.

    `deaths`, `rounding`, `cause` and `appetite` are as drawn; `hardship` multiplies everyday deaths, with a mean of 1.
    """

    deaths: Floats
    rounding: Floats
    cause: Floats
    appetite: Floats
    hardship: Floats


class Draws:
    """The streams of all parts of a geography; what they gave is kept no longer than it is of use."""

    def __init__(self, case: Case, parts: list[Part]) -> None:
        self._case, self._parts = case, parts
        counts = [len(part.container) for part in parts]
        self._after, self._part = np.cumsum(counts), np.repeat(np.arange(len(parts)), counts)
        self._first_day = np.concatenate([part.first_day for part in parts])
        self._end = self._first_day + np.concatenate([part.days for part in parts])
        self._streams: dict[int, _Streams] = {}
        # Of each stay, what its hardship remembers.
        self._yesterday = np.zeros(sum(counts))

    def of(self, begin: int, end: int, left: Bools) -> tuple[Ints, Luck]:
        """The stays that have any of these days, but for those that fish `left`; and their luck.

        Asked for once, of days that follow on those asked for before.
        """
        stays, found = [], []
        here = (self._first_day < end) & (self._end > begin) & ~left
        for number in np.unique(self._part[here]).tolist():
            part, after = self._parts[number], int(self._after[number])
            if number not in self._streams:
                self._streams[number] = _Streams(self._case, part)
            stays.append(np.arange(after - len(part.container), after))
            found.append(self._streams[number].of(begin, end))
        self._streams = {number: each for number, each in self._streams.items() if self._parts[number].ends > end}
        if not found:
            return np.zeros(0, np.int64), Luck(*np.zeros((5, end - begin, 0)))
        stay, drawn = np.concatenate(stays), np.concatenate([each for each, _ in found], axis=2)
        newly = np.concatenate([first for _, first in found])
        deaths, rounding, cause, appetite, noise, weeks = drawn
        return stay, Luck(deaths, rounding, cause, appetite, self._remembered(stay, noise, newly) * weeks)

    def _remembered(self, stay: Ints, noise: Floats, newly: Ints) -> Floats:
        """What multiplies the everyday hazard: as `remembering`, of stays that begin on any of these days."""
        spec = self._case.catalog.mortality
        first = np.flatnonzero((newly >= 0) & (newly < len(noise)))
        begun = noise[newly[first], first]
        noise *= np.sqrt(1.0 - spec.daily_memory**2)
        noise[newly[first], first] = begun
        yesterday, remembered = self._yesterday[stay], np.empty(len(stay))
        for today in noise:
            np.add(np.multiply(spec.daily_memory, yesterday, out=remembered), today, out=today)
            yesterday = today
        self._yesterday[stay] = yesterday
        hard: Floats = np.exp(spec.daily_spread * noise - spec.daily_spread**2 / 2)
        return hard


class _Streams:
    """Those of one batch in one stage. Each stay has the numbers of its first day first, whenever that is."""

    def __init__(self, case: Case, part: Part) -> None:
        self._part = part
        batch, key = case.plan.batches[part.batch], case.stages.key[part.stage]
        address = case.plan.seed, batch.number, key
        self._draws: list[Callable[..., object]] = [
            stream(*address, "deaths").standard_normal,
            stream(*address, "deaths, rounded").random,
            stream(*address, "cause").random,
            stream(*address, "appetite").standard_normal,
            stream(*address, "hardship").standard_normal,
        ]
        lived, containers = case.way.mortality, len(part.container)
        self._hard = None if lived is None else lived.hardship(key)
        if self._hard is not None:
            weeks = int(part.days.max()) // hardship.WEEK_DAYS + 2
            noise = stream(*address, "hardship, weeks").standard_normal((weeks, containers))
            self._weeks = remembering(noise, self._hard.container.memory)
        # What is drawn ahead, of ages from `self._age` on.
        self._age, self._ahead = 0, np.zeros((len(self._draws) + 1, 0, containers))

    def of(self, begin: int, end: int) -> tuple[Floats, Ints]:
        """Numbers as drawn and what weeks make of everyday deaths, by day; and on which of these each stay begins."""
        part = self._part
        age = np.arange(begin, end)[:, None] - part.first_day
        self._draw(min(int(age.max()) + 1, int(part.days.max())))
        at = np.clip(age - self._age, 0, self._ahead.shape[1] - 1)
        found = self._ahead[:, at, np.arange(len(part.container))]
        found *= (age >= 0) & (age < part.days)
        passed = max(0, end - int(part.first_day.max()) - self._age)
        self._age, self._ahead = self._age + passed, self._ahead[:, passed:]
        return found, part.first_day - begin

    def _draw(self, until_age: int) -> None:
        drawn = self._age + self._ahead.shape[1]
        if until_age <= drawn:
            return
        more = np.ones((len(self._draws) + 1, until_age - drawn, len(self._part.container)))
        for draw, out in zip(self._draws, more, strict=False):
            draw(out=out)
        if self._hard is not None:
            # To containers that are late, fish come that were in the stage before.
            late = self._part.first_day > self._part.begins
            more[-1] = hardship.of_containers(self._hard, self._weeks, np.arange(drawn, until_age), late)
        self._ahead = np.concatenate([self._ahead, more], axis=1)
