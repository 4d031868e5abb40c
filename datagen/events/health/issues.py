"""Raised deaths in a batch: when they begin, how long they last, and the disease behind them."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.mortality import CAUSES
from datagen.catalog.health import Disease
from datagen.events.context import BatchRecord, LongestLife

NEVER = 1 << 30
"""The day on which ends what has not ended yet."""


@dataclass(frozen=True)
class Issue:
    """Raised deaths, from the day on which a week's were too many; `share` is the worst week's."""

    number: int
    day: int
    closed_day: int
    cause: str
    share: float


@dataclass(frozen=True)
class Course:
    """The batch as a whole by day of its life: fish alive, deaths by cause [days, causes], and means over its fish."""

    stage: Ints
    fish: Floats
    deaths: Floats
    everyday: Floats
    weight_g: Floats
    temp_c: Floats
    appetite: Floats

    def week_share(self) -> Floats:
        """Share of the fish that died in the week up to each day."""
        begin = np.maximum(np.arange(len(self.fish)) - 6, 0)
        share: Floats = _week(self.deaths.sum(axis=1)) / np.maximum(self.fish[begin], 1.0)
        return share

    def week_everyday(self) -> Floats:
        """Share that would have died of everyday causes alone; the stage may have changed within the week."""
        return _week(self.everyday)


def _week(daily: Floats) -> Floats:
    """Sums over the week up to each day."""
    total = np.concatenate(([0.0], np.cumsum(daily)))
    summed: Floats = total[1:] - total[np.maximum(np.arange(len(daily)) - 6, 0)]
    return summed


def most(life: LongestLife) -> int:
    """Issues that a life can have at most."""
    return int(life.days.sum()) // life.catalog.health.journal.rest_days + 1


def course(record: BatchRecord) -> Course:
    """The batch as a whole, from its first day to its last of the record."""
    days, age = record.history.days, record.row_day - record.start_day
    length = int(age.max()) + 1

    def total(weights: Floats) -> Floats:
        summed: Floats = np.bincount(age, weights, length).astype(float)
        return summed

    fish = total(days.fish.astype(float))
    alive = np.maximum(fish, 1.0)
    deaths = np.zeros((length, len(CAUSES)))
    np.add.at(deaths, (age, days.cause), days.deaths)
    stage = np.searchsorted(record.stage_starts, np.arange(length), side="right") - 1
    means = (total(days.fish * values) / alive for values in (days.weight_g, days.temp_c, days.appetite))
    return Course(stage, fish, deaths, record.stages.daily_hazard[stage], *means)


def issues(record: BatchRecord, course: Course) -> list[Issue]:
    """Times of raised deaths, one after the other."""
    spec, week = record.catalog.health.journal, course.week_share()
    alarm, calm = (times * course.week_everyday() for times in (spec.alarm_times_everyday, spec.calm_times_everyday))
    found: list[Issue] = []
    day = 0
    while (above := np.flatnonzero(week[day:] > alarm[day:])).size:
        onset = day + int(above[0])
        over = np.flatnonzero(week[onset:] < calm[onset:])
        closed = onset + int(over[0]) if over.size else len(week)
        cause = CAUSES[int(course.deaths[max(onset - 6, 0) : onset + 1].sum(axis=0).argmax())]
        # Unless it has ended with the batch, what has not calmed down by the as-of day is open.
        ended = over.size or record.start_day + closed <= record.last_day
        worst = float(week[onset : closed + 1].max())
        closed_day = record.start_day + closed if ended else NEVER
        found.append(Issue(len(found) + 1, record.start_day + onset, closed_day, cause, worst))
        day = max(closed, onset + spec.rest_days)
    return found


def worst(record: BatchRecord, issue: Issue) -> Ints:
    """The assignments with most deaths for their fish in the week of the issue, worst first."""
    a, days = record.history.assignments, record.history.days
    here = np.flatnonzero((a.first_day <= issue.day) & (a.departure_day > issue.day))
    row = a.row[here] + issue.day - a.first_day[here]
    total = np.concatenate(([0], np.cumsum(days.deaths)))
    dead = total[row + 1] - total[np.maximum(row - 6, a.row[here])]
    order = np.argsort(-dead / np.maximum(days.fish[row], 1), kind="stable")
    ranked: Ints = here[order]
    return ranked[: record.catalog.health.journal.lab_containers]


def finding(record: BatchRecord, course: Course, issue: Issue) -> Disease | None:
    """The disease that the laboratory finds behind an outbreak."""
    age = issue.day - record.start_day
    stage = record.stages.key[course.stage[age]]
    known = [
        disease
        for disease in record.catalog.health.journal.diseases
        if stage in disease.stages and course.temp_c[age] <= disease.warmest_c
    ]
    if issue.cause != "DISEASE" or not known:
        return None
    return known[int(record.stream("disease", issue.number).integers(len(known)))]
