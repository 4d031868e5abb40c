"""Feed, growth and feed conversion of assignments and of whole batches, by week, month and rolling 30 days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.batch.growth_analysis.queries import GROWTH_SAMPLE
from apps.batch.growth_analysis.states import States

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

CONFIDENCES = np.array(["VERY_HIGH", "HIGH", "MEDIUM", "LOW"])
LOW = 3
DAYS_SINCE_WEIGHING = np.array([10, 20, 40])
"""Days since the last weighing from which on confidence is a step lower."""

INTERPOLATED, MEASURED, MIXED = range(3)
METHODS = np.array(["INTERPOLATED", "MEASURED", "MIXED"])

ROLLING_DAYS = 30
LEAST_SAMPLES = 2
MOST_PERCENT = 999.0
MOST_FCR = 10.0
"""Above it the growth is too small for a conversion to mean anything."""

IDS_PER_OWNER = 1_000
FIRST_MONTH_ID, ROLLING_ID = 800, 999
"""Keys are those of the assignment (or batch) times 1000, plus the week of its stay, 800 plus the month, or 999."""


@dataclass(frozen=True)
class _Periods:
    """One kind of period: the rows of the states that lie in one, and by row the first, last day and number of it."""

    rows: Ints
    start: Ints
    end: Ints
    serial: Ints
    first_id: int

    def id(self, owner_id: Ints, row: Ints, first_row: Ints) -> Ints:
        """Keys of the periods of these rows, counted from the period of their owner's first row."""
        return owner_id * IDS_PER_OWNER + self.first_id + self.serial[row] - self.serial[first_row]


@dataclass(frozen=True)
class _Containers:
    """What each assignment ate and grew in each period; `row` is the period's first row of the states."""

    row: Ints
    first_of_stay: Ints
    feed_kg: Floats
    start_kg: Floats
    end_kg: Floats
    growth_kg: Floats
    fcr: Floats
    samples: Ints
    method: Ints
    confidence: Ints


def summarise(states: States, as_of: date) -> tuple[Columns, Columns]:
    """Columns of the container and of the batch summaries of all periods that a batch has lived in.

    Growth is measured where a period has two samples, and else what the growth model makes of the last weighing: a week
    has one sample, and one tells nothing about growth. A conversion without feed or growth is NaN.
    """
    containers, batches = [], []
    for periods in _periods(states, as_of):
        fed = _feed_and_growth(states, periods)
        containers.append(_container_columns(states, periods, fed))
        batches.append(_batch_columns(states, periods, fed))
    return _together(containers), _together(batches)


def periods(first: Ints, last: Ints, as_of: int) -> int:
    """How many summaries owners have who live from these first to these last days, all counted from 1970."""
    months = [each.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) for each in (first, last)]
    number = int(((last + 3) // 7 - (first + 3) // 7 + 1).sum() + (months[1] - months[0] + 1).sum())
    month = np.datetime64(as_of, "D").astype("datetime64[M]")
    rolling = bool(_days(month) != as_of - ROLLING_DAYS + 1 or _days(month + 1) - 1 != as_of)
    return number + int((last > as_of - ROLLING_DAYS).sum()) * rolling


def _periods(states: States, as_of: date) -> Iterator[_Periods]:
    day, rows = states.day, np.arange(len(states.day))
    # The first day of 1970 was a Thursday.
    week = (day + 3) // 7
    yield _Periods(rows, week * 7 - 3, week * 7 + 3, week, 0)
    month = states.date.astype("datetime64[M]")
    start, end = _days(month), _days(month + 1) - 1
    yield _Periods(rows, start, end, month.astype(np.int64), FIRST_MONTH_ID)
    last = int(_days(np.datetime64(as_of)))
    first = last - ROLLING_DAYS + 1
    recent = np.flatnonzero(day >= first)
    # Thirty days that are a calendar month are that month's row already.
    if len(recent) and not ((start[recent] == first) & (end[recent] == last)).any():
        zero = np.zeros_like(day)
        yield _Periods(recent, zero + first, zero + last, zero, ROLLING_ID)


def _days(dates: Any) -> Ints:
    days: Ints = dates.astype("datetime64[D]").astype(np.int64)
    return days


def _feed_and_growth(states: States, periods: _Periods) -> _Containers:
    rows, stay = periods.rows, states.assignment[periods.rows]
    begins = np.flatnonzero((np.diff(stay, prepend=-1) != 0) | (np.diff(periods.start[rows], prepend=-1) != 0))
    first, last = rows[begins], rows[np.append(begins[1:], len(rows)) - 1]
    first_of_stay = np.flatnonzero(np.diff(states.assignment, prepend=-1) != 0)[states.assignment[first]]
    feed_kg = np.add.reduceat(states.feed_kg[rows], begins)
    samples, measured_kg = _measured_growth_kg(states, first, last)
    modelled_kg = np.add.reduceat(states.growth_g[rows] * states.population[rows], begins) / 1000.0
    method = np.where(samples >= LEAST_SAMPLES, MEASURED, INTERPOLATED)
    growth_kg = np.where(method == MEASURED, measured_kg, modelled_kg)
    return _Containers(
        row=first,
        first_of_stay=first_of_stay,
        feed_kg=feed_kg,
        start_kg=states.biomass_kg[first],
        end_kg=states.biomass_kg[last],
        growth_kg=growth_kg,
        fcr=_fcr(feed_kg, growth_kg),
        samples=samples,
        method=method,
        confidence=_confidence(states, first_of_stay, last),
    )


def _measured_growth_kg(states: States, first: Ints, last: Ints) -> tuple[Ints, Floats]:
    """Samples between two rows, and the growth from the first to the last of them of the fish there at the end."""
    sampled = np.flatnonzero(states.anchor == GROWTH_SAMPLE)
    begin, end = np.searchsorted(sampled, first), np.searchsorted(sampled, last, "right")
    # One more, so that a period after the last sample finds a row too; it has no samples.
    row = np.append(sampled, 0)
    gain_g = states.avg_weight_g[row[end - 1]] - states.avg_weight_g[row[begin]]
    return end - begin, gain_g / 1000.0 * states.population[last]


def _confidence(states: States, first_of_stay: Ints, last: Ints) -> Ints:
    """By the days since a stay was last weighed, on the day of each row."""
    weighed = np.maximum.accumulate(np.where(states.anchor >= 0, np.arange(len(states.day)), -1))[last]
    lower = np.searchsorted(DAYS_SINCE_WEIGHING, states.day[last] - states.day[weighed], "right")
    return np.where(weighed >= first_of_stay, lower, LOW)


def _fcr(feed_kg: Floats, growth_kg: Floats) -> Floats:
    known = (feed_kg > 0) & (growth_kg > 0)
    fcr = np.divide(feed_kg, growth_kg, out=np.full(len(feed_kg), np.nan), where=known)
    return np.where(fcr <= MOST_FCR, fcr, np.nan)


def _percent_of_biomass(feed_kg: Floats, biomass_kg: Floats) -> Floats:
    """A day's ration; NaN beyond what the column holds, as when meals are booked on a batch that is all but gone."""
    percent = np.divide(100.0 * feed_kg, biomass_kg, out=np.full(len(feed_kg), np.nan), where=biomass_kg > 0)
    return np.where(percent < MOST_PERCENT, percent, np.nan)


def _container_columns(states: States, periods: _Periods, fed: _Containers) -> Columns:
    assignment_id = states.assignment_id[fed.row]
    return {
        "id": periods.id(assignment_id, fed.row, fed.first_of_stay),
        "container_assignment_id": assignment_id,
        "period_start": _dates(periods.start[fed.row]),
        "period_end": _dates(periods.end[fed.row]),
        "total_feed_kg": fed.feed_kg,
        "starting_biomass_kg": fed.start_kg,
        "ending_biomass_kg": fed.end_kg,
        "growth_kg": fed.growth_kg,
        "fcr": fed.fcr,
        "confidence_level": CONFIDENCES[fed.confidence],
        "estimation_method": METHODS[fed.method],
        "data_points": fed.samples,
    }


def _batch_columns(states: States, periods: _Periods, fed: _Containers) -> Columns:
    """One row a period: its containers' sums; conversions are of those containers that have one."""
    _, chosen, of = np.unique(periods.start[fed.row], return_index=True, return_inverse=True)
    row = fed.row[chosen]

    def total(values: Floats) -> Floats:
        summed: Floats = np.bincount(of, values, len(row)).astype(float)
        return summed

    known = ~np.isnan(fed.fcr)
    known_kg, known_growth_kg = total(fed.feed_kg * known), total(fed.growth_kg * known)
    weighted_kg = total(fed.feed_kg * np.nan_to_num(fed.fcr))
    measured = total((fed.method == MEASURED).astype(float)) / total(np.ones(len(of)))
    confidence = np.zeros(len(row), np.int64)
    np.maximum.at(confidence, of, fed.confidence)
    feed_kg = total(fed.feed_kg)
    start_kg, end_kg, mean_kg, days = _biomass(states, periods.start[row], periods.end[row])
    return {
        "id": periods.id(np.full(len(row), states.batch_id), row, np.zeros_like(row)),
        "period_start": _dates(periods.start[row]),
        "period_end": _dates(periods.end[row]),
        "total_feed_kg": feed_kg,
        "total_feed_consumed_kg": feed_kg,
        "average_feeding_percentage": _percent_of_biomass(feed_kg / days, mean_kg),
        "total_biomass_gain_kg": end_kg - start_kg,
        "total_growth_kg": total(fed.growth_kg),
        "total_starting_biomass_kg": start_kg,
        "total_ending_biomass_kg": end_kg,
        "average_biomass_kg": mean_kg,
        "fcr": _fcr(known_kg, known_growth_kg),
        "weighted_avg_fcr": np.divide(weighted_kg, known_kg, out=np.full(len(row), np.nan), where=known_kg > 0),
        "estimation_method": METHODS[np.where((measured > 0) & (measured < 1), MIXED, measured.astype(np.int64))],
        "overall_confidence_level": CONFIDENCES[confidence],
        "container_count": _containers(states, fed, of),
    }


def _containers(states: States, fed: _Containers, of: Ints) -> Ints:
    """Containers that each period found the batch in."""
    pairs = np.unique(np.stack([of, states.container_id[fed.row]]), axis=1)
    return np.bincount(pairs[0])


def _biomass(states: States, start: Ints, end: Ints) -> tuple[Floats, Floats, Floats, Ints]:
    """The whole batch's biomass on the first and last day that it lived in each period, its mean, and the days."""
    day0 = int(states.day.min())
    by_day: Floats = np.bincount(states.day - day0, states.biomass_kg).astype(float)
    first, last = np.maximum(start - day0, 0), np.minimum(end - day0, len(by_day) - 1)
    until = np.append(0.0, np.cumsum(by_day))
    days = last - first + 1
    return by_day[first], by_day[last], (until[last + 1] - until[first]) / days, days


def _dates(days: Ints) -> NDArray[np.datetime64]:
    return days.astype("datetime64[D]")


def _together(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
