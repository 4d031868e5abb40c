"""Feed, growth and feed conversion of assignments and of whole batches, week by week: every day is in one summary."""

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

CONFIDENCES = np.array(["VERY_HIGH", "HIGH", "MEDIUM", "LOW"], object)
LOW = 3
DAYS_SINCE_WEIGHING = np.array([10, 20, 40])
"""Days since the last weighing from which on confidence is a step lower."""

INTERPOLATED, MEASURED, MIXED = range(3)
METHODS = np.array(["INTERPOLATED", "MEASURED", "MIXED"], object)
"""Measured: with a weighing in the week. Growth is always that of the growth model from the last weighing on, of the
same days as the feed: between two weighings lies the error of two samples, which a week's growth does not outweigh."""

MOST_PERCENT = 999.0
MOST_FCR = 10.0
"""Above it the growth is too small for a conversion to mean anything."""

IDS_PER_OWNER = 1_000
"""Keys are those of the assignment (or batch) times 1000, plus the week of its stay."""


@dataclass(frozen=True)
class _Containers:
    """What each assignment ate and grew in each week; `row` is the week's first row of the states, `week` from 1970."""

    row: Ints
    week: Ints
    first_week: Ints
    feed_kg: Floats
    start_kg: Floats
    end_kg: Floats
    growth_kg: Floats
    fcr: Floats
    samples: Ints
    confidence: Ints


def summarise(states: States, as_of: date) -> tuple[Columns, Columns]:
    """Columns of the container and of the batch summaries of all weeks, from Monday, that a batch has lived in.

    AquaMind adds up and draws whatever rows there are: the weeks tile time, the last one up to the as-of day, so that
    their sum is all that was fed. A conversion without feed or growth is NaN.
    """
    last = int(np.datetime64(as_of, "D").astype(np.int64))
    fed = _feed_and_growth(states)
    return _container_columns(states, fed, last), _batch_columns(states, fed, last)


def periods(first: Ints, last: Ints) -> int:
    """How many summaries owners have who live from these first to these last days, all counted from 1970."""
    return int((_week(last) - _week(first) + 1).sum())


def _week(day: Ints) -> Ints:
    """Counted from 1970, whose first day was a Thursday."""
    return (day + 3) // 7


def _start(week: Ints) -> Ints:
    return week * 7 - 3


def _feed_and_growth(states: States) -> _Containers:
    week = _week(states.day)
    first_rows = np.flatnonzero(np.diff(states.assignment, prepend=-1) != 0)
    begins = np.flatnonzero((np.diff(states.assignment, prepend=-1) != 0) | (np.diff(week, prepend=-1) != 0))
    last = np.append(begins[1:], len(week)) - 1
    first_of_stay = first_rows[states.assignment[begins]]
    feed_kg = np.add.reduceat(states.feed_kg, begins)
    growth_kg = np.add.reduceat(states.growth_g * states.population, begins) / 1000.0
    return _Containers(
        row=begins,
        week=week[begins],
        first_week=week[first_of_stay],
        feed_kg=feed_kg,
        start_kg=states.biomass_kg[begins],
        end_kg=states.biomass_kg[last],
        growth_kg=growth_kg,
        fcr=_fcr(feed_kg, growth_kg),
        samples=np.add.reduceat((states.anchor == GROWTH_SAMPLE).astype(np.int64), begins),
        confidence=_confidence(states, first_of_stay, last),
    )


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


def _container_columns(states: States, fed: _Containers, as_of: int) -> Columns:
    assignment_id = states.assignment_id[fed.row]
    return {
        "id": assignment_id * IDS_PER_OWNER + fed.week - fed.first_week,
        "container_assignment_id": assignment_id,
        "period_start": _dates(_start(fed.week)),
        "period_end": _dates(np.minimum(_start(fed.week) + 6, as_of)),
        "total_feed_kg": fed.feed_kg,
        "starting_biomass_kg": fed.start_kg,
        "ending_biomass_kg": fed.end_kg,
        "growth_kg": fed.growth_kg,
        "fcr": fed.fcr,
        "confidence_level": CONFIDENCES[fed.confidence],
        "estimation_method": METHODS[np.where(fed.samples > 0, MEASURED, INTERPOLATED)],
        "data_points": fed.samples,
    }


def _batch_columns(states: States, fed: _Containers, as_of: int) -> Columns:
    """One row a week: its containers' sums; conversions are of those containers that have one."""
    week, row, of = np.unique(fed.week, return_index=True, return_inverse=True)

    def total(values: Floats) -> Floats:
        summed: Floats = np.bincount(of, values, len(row)).astype(float)
        return summed

    known = ~np.isnan(fed.fcr)
    known_kg, known_growth_kg = total(fed.feed_kg * known), total(fed.growth_kg * known)
    weighted_kg = total(fed.feed_kg * np.nan_to_num(fed.fcr))
    measured = total((fed.samples > 0).astype(float)) / total(np.ones(len(of)))
    confidence = np.zeros(len(row), np.int64)
    np.maximum.at(confidence, of, fed.confidence)
    feed_kg = total(fed.feed_kg)
    start, end = _start(week), np.minimum(_start(week) + 6, as_of)
    start_kg, end_kg, mean_kg, days = _biomass(states, start, end)
    return {
        "id": states.batch_id * IDS_PER_OWNER + week - week[0],
        "period_start": _dates(start),
        "period_end": _dates(end),
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
    """Containers that each week found the batch in."""
    containers, container = np.unique(states.container_id[fed.row], return_inverse=True)
    return np.bincount(np.unique(of * len(containers) + container) // len(containers))


def _biomass(states: States, start: Ints, end: Ints) -> tuple[Floats, Floats, Floats, Ints]:
    """The whole batch's biomass on the first and last day that it lived in each week, its mean, and the days."""
    day0 = int(states.day.min())
    by_day: Floats = np.bincount(states.day - day0, states.biomass_kg).astype(float)
    first, last = np.maximum(start - day0, 0), np.minimum(end - day0, len(by_day) - 1)
    until = np.append(0.0, np.cumsum(by_day))
    days = last - first + 1
    return by_day[first], by_day[last], (until[last + 1] - until[first]) / days, days


def _dates(days: Ints) -> NDArray[np.datetime64]:
    return days.astype("datetime64[D]")
