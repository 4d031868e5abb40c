"""When the dead are collected and booked: on a round of the rings, or on the next one; and the truth of each day."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from datagen.arrays import Ints
from datagen.catalog.ways.recording import Rounds
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.events.truth import TruthDeaths
from datagen.storage.arrow import record_batch
from datagen.streams import stream

DAYS_OF_A_STAY = 4096
"""More than any stay has: a day's place in it and its assignment are a key that depends on nothing else."""


LEAST_ROUNDED = 5
"""Times what they are rounded to: smaller counts are not (invented)."""


@dataclass(frozen=True)
class Booked:
    """Of each container-day the dead that were booked, and their cause; of each stay the dead that lie there still."""

    deaths: Ints
    cause: Ints
    lying: Ints


def booked(record: BatchRecord) -> Booked:
    """What was booked of a batch's dead: each day's own where the catalog says nothing of rounds."""
    days, stays = record.history.days, record.history.assignments
    spec, often = record.case.recording
    if spec is None or spec.rounds is None:
        return Booked(days.deaths, days.cause, np.zeros_like(stays.days))
    fish_die = days.deaths > 0
    # A round that finds nothing books nothing: the cause is that of the last day with dead.
    cause = days.cause[np.maximum.accumulate(np.where(fish_die, np.arange(len(fish_die)), 0))]
    made = ~_at_sea(record) | _rounds(record, spec.rounds.missed_weekdays, spec.rounds.missed_weekends, often)
    # Whoever empties a ring counts what lies in it.
    made[(stays.row + stays.days - 1)[stays.left]] = True
    sums = np.concatenate(([0], np.cumsum(days.deaths)))
    rows = np.flatnonzero(made)
    # Up to the round before, or the stay's beginning: what was there before is not of this stay.
    until = np.maximum(np.concatenate(([0], sums[rows[:-1] + 1])), sums[stays.row[record.row_assignment[rows]]])
    deaths = np.zeros_like(days.deaths)
    deaths[rows] = _rounded(record, rows, sums[rows + 1] - until, spec.rounds, often)
    lying = sums[stays.row + stays.days] - sums[stays.row] - np.add.reduceat(deaths, stays.row)
    return Booked(deaths, cause, lying)


def _at_sea(record: BatchRecord) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    at_sea: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        record.history.assignments.stage[record.row_assignment] == record.sea
    )
    return at_sea


def _rounds(
    record: BatchRecord, weekdays: float, weekends: float, often: float
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """On which container-days there was a round: all rings of an area are visited, or none."""
    farm, length = record.farm, record.last_day + 1
    missed = np.minimum(often * np.where(record.weekday(np.arange(length)) >= 5, weekends, weekdays), 0.95)
    unit = farm.container_unit[record.history.assignments.container][record.row_assignment]
    made = np.ones(len(unit), bool)
    for each in np.unique(unit):
        place = farm.geography_code[record.batch.geography]
        luck = stream(record.case.plan.seed, place, farm.unit_code[each], "rounds").random(length)
        here = unit == each
        made[here] = (luck >= missed)[record.row_day[here]]
    return made


def _rounded(record: BatchRecord, rows: Ints, found: Ints, spec: Rounds, often: float) -> Ints:
    """What is booked on rounds that found so many: now and then fewer, and the rest on the next round of the ring."""
    stays, stay = record.history.assignments, record.row_assignment[rows]
    day = record.row_day[rows] - stays.first_day[stay]
    at_sea = stays.stage[stay] == record.sea
    drawn = record.luck("rounds, rounded")[rows]
    to_fifty = (drawn < often * spec.to_fifty) & (found >= LEAST_ROUNDED * 50)
    to_ten = (drawn >= 1.0 - often * spec.to_ten) & (found >= LEAST_ROUNDED * 10)
    # Whoever empties a ring counts well.
    last = stays.left[stay] & (day == stays.days[stay] - 1)
    rest = np.where(at_sea & ~last, np.where(to_fifty, found % 50, np.where(to_ten, found % 10, 0)), 0)
    # Not twice in a row, so that what is booked is round.
    rest = np.where(np.concatenate(([False], (rest[:-1] > 0) & (stay[:-1] == stay[1:]))), 0, rest)
    carried = np.concatenate(([0], np.where(stay[:-1] == stay[1:], rest[:-1], 0)))
    booked: Ints = found - rest + carried
    return booked


def most_rows(life: LongestLife) -> dict[str, int]:
    """None that others need keys beside: the truth's are their own."""
    return {}


def expected(record: BatchRecord) -> dict[str, int]:
    return {TruthDeaths._meta.db_table: len(_hidden(record))}


def _hidden(record: BatchRecord) -> Ints:
    """Container-days of which something else is booked than what died."""
    return np.flatnonzero(record.booked.deaths != record.history.days.deaths)


def expand(record: BatchRecord) -> Iterator[Rows]:
    """The truth of each day on which the book is wrong."""
    rows = _hidden(record)
    if not len(rows):
        return
    days, stays = record.history.days, record.history.assignments
    assignment, day = record.row_assignment[rows], record.row_day[rows]
    sums = np.concatenate(([0], np.cumsum(days.deaths - record.booked.deaths)))
    # What lies there at the end of a stay that goes on is not carried into the next.
    lying = sums[rows + 1] - sums[stays.row[assignment]]
    yield (
        TruthDeaths,
        record_batch(
            TruthDeaths,
            len(rows),
            id=record.assignment_id[assignment] * DAYS_OF_A_STAY + day - stays.first_day[assignment],
            batch_id=record.batch_id,
            assignment_id=record.assignment_id[assignment],
            container_id=record.container_id[assignment],
            day=record.date(day),
            died=days.deaths[rows],
            booked=record.booked.deaths[rows],
            lying=lying,
        ),
    )
