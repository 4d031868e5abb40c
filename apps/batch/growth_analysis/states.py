"""Daily states of assignments from a batch's record: all assignments at once, a step a day."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.batch.growth_analysis import temperature
from apps.batch.growth_analysis.record import Record

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Dates = NDArray[np.datetime64]

ANCHORS = ("growth_sample", "transfer", "vaccination", "manual")
ANCHOR_CONFIDENCE = np.array([1.0, 0.95, 0.90, 0.85])
"""By kind of weighing; that of a weight set by hand is ours."""

MOST_COMPUTED_CONFIDENCE = 0.8
MODELLED_DEATHS_CONFIDENCE = 0.4
MOST_FCR = 10.0
LEAST_GAIN_KG = 1.0

DEATH_SOURCES = ("actual", "model")
FEED_SOURCES = ("actual", "none")
FCR_SOURCES = (None, "observed")
WEIGHT_SOURCES = ("measured", "tgc_computed", "unchanged")
MEASURED, COMPUTED, UNCHANGED = range(len(WEIGHT_SOURCES))


def _compact(values: Mapping[str, str | float | None]) -> str:
    known = {name: value for name, value in values.items() if value is not None}
    return json.dumps(known, sort_keys=True, separators=(",", ":"))


SOURCES = tuple(
    _compact({"temp": temp, "mortality": deaths, "feed": feed, "weight": weight, "fcr": fcr})
    for temp, deaths, feed, weight, fcr in product(
        temperature.SOURCES, DEATH_SOURCES, FEED_SOURCES, WEIGHT_SOURCES, FCR_SOURCES
    )
)
"""Every combination as it is stored; a state holds its place in here."""

IDS_PER_ASSIGNMENT = 10_000
"""A state's key is its assignment's times this plus its day in the stay: 27 years a stay, whatever others do."""


@dataclass(frozen=True)
class States:
    """One row an assignment and day, by assignment in order of its first day, then by day.

    NaN is no value, an `anchor` of -1 no weighing. `confidence` is a place in `confidences`. `growth_g` is what a fish
    gained by the growth model since the day before, also where a weighing then said otherwise; it is not stored.
    """

    batch_id: int
    assignment: Ints
    assignment_id: Ints
    container_id: Ints
    lifecycle_stage_id: Ints
    day: Ints
    day_number: Ints
    day_of_stay: Ints
    avg_weight_g: Floats
    population: Ints
    biomass_kg: Floats
    temp_c: Floats
    mortality_count: Ints
    feed_kg: Floats
    observed_fcr: Floats
    anchor: Ints
    sources: Ints
    confidence: Ints
    confidences: list[str]
    growth_g: Floats

    @property
    def id(self) -> Ints:
        return self.assignment_id * IDS_PER_ASSIGNMENT + self.day_of_stay

    @property
    def date(self) -> Dates:
        return self.day.astype("datetime64[D]")


@dataclass(frozen=True)
class _Life:
    """What the day loop finds [days, assignments]."""

    population: Ints
    weight_g: Floats
    deaths: Ints
    growth_g: Floats
    placed: NDArray[np.bool_]


def compute(record: Record) -> States:
    """The states of all days that the record covers."""
    stays, present = record.stays, record.present
    day = record.day0 + np.arange(len(present))
    day_number = day - stays["batch_start"][0] + 1
    assignment, row = np.nonzero(present.T)
    place = row * present.shape[1] + assignment

    def column(values: NDArray[Any]) -> NDArray[Any]:
        """A row an assignment and day, by assignment, of a grid [days, assignments]: most of it is of no stay."""
        found: NDArray[Any] = values.ravel()[place]
        return found

    temp_c, temp_source, temp_confidence = temperature.fill(
        column(record.temp_c), assignment, record.scenario.temp_c(day_number)[row]
    )
    life = _live(record, _gain(record, row, assignment, temp_c))
    anchor, growth_g, feed_kg = column(record.anchor), column(life.growth_g), column(record.feed_kg)
    fed = ~np.isnan(feed_kg)
    weight_source, weight_confidence = _weight_sources(anchor, growth_g, temp_confidence)
    confidence, confidences = _confidences(temp_confidence, not record.deaths_recorded, fed, weight_confidence)
    weight_g = np.round(column(life.weight_g), 2)
    population = column(life.population)
    biomass_kg = np.round(population * weight_g / 1000.0, 2)
    feed_kg = np.nan_to_num(feed_kg)
    observed_fcr = _observed_fcr(assignment, biomass_kg, feed_kg, column(life.placed))
    return States(
        batch_id=record.batch_id,
        assignment=assignment,
        assignment_id=stays["id"][assignment],
        container_id=stays["container_id"][assignment],
        lifecycle_stage_id=stays["lifecycle_stage_id"][assignment],
        day=day[row],
        day_number=day_number[row],
        day_of_stay=day[row] - stays["first_day"][assignment],
        avg_weight_g=weight_g,
        population=population,
        biomass_kg=biomass_kg,
        temp_c=np.round(temp_c, 2),
        mortality_count=column(life.deaths),
        feed_kg=feed_kg,
        observed_fcr=observed_fcr,
        anchor=anchor,
        sources=_sources(temp_source, not record.deaths_recorded, fed, weight_source, observed_fcr),
        confidence=confidence,
        confidences=confidences,
        growth_g=growth_g,
    )


def _gain(record: Record, row: Ints, assignment: Ints, temp_c: Floats) -> Floats:
    """What the cube root of a weight in g gains each day [days, assignments], of the temperatures of states.

    Iwama & Tautz (1981): W^(1/3) gains TGC/1000 x T a day; below 0 C nothing grows.
    """
    tgc = np.array([record.scenario.tgc[stage] for stage in record.stays["lifecycle_stage_id"].tolist()])
    gain = np.zeros(record.present.shape)
    gain[row, assignment] = tgc[assignment] / 1000.0 * np.maximum(np.nan_to_num(temp_c), 0.0)
    return gain


def _weight_sources(anchor: Ints, growth_g: Floats, temp_confidence: Floats) -> tuple[Ints, Floats]:
    """Where the weight of each state is from (its place in WEIGHT_SOURCES), and how sure it is."""
    anchored = anchor >= 0
    source = np.where(anchored, MEASURED, np.where(growth_g > 0, COMPUTED, UNCHANGED))
    computed = np.minimum(temp_confidence, MOST_COMPUTED_CONFIDENCE)
    return source, np.where(anchored, ANCHOR_CONFIDENCE[anchor], computed)


def _sources(temp: Ints, modelled: bool, fed: NDArray[np.bool_], weight: Ints, fcr: Floats) -> Ints:
    """Each state's place in SOURCES; `temp` and `weight` are places in those of their own kind."""
    kinds = tuple(map(len, (temperature.SOURCES, DEATH_SOURCES, FEED_SOURCES, WEIGHT_SOURCES, FCR_SOURCES)))
    deaths = np.full(len(temp), int(modelled))
    observed = (~np.isnan(fcr)).astype(int)
    places: Ints = np.ravel_multi_index((temp, deaths, (~fed).astype(int), weight, observed), kinds)
    return places


def _live(record: Record, gain: Floats) -> _Life:
    """Fish and weight of every day; a source's last state is known when its fish arrive, for days go in order."""
    stays, present, shape = record.stays, record.present, record.present.shape
    count = shape[1]
    rate = np.array([record.scenario.death_rate[stage] for stage in stays["lifecycle_stage_id"].tolist()])
    life = _Life(
        np.zeros(shape, np.int64),
        np.full(shape, np.nan),
        record.deaths.copy(),
        np.zeros(shape),
        np.zeros(shape, bool),
    )
    fish, weight_g = np.zeros(count, np.int64), stays["own_weight_g"].copy()
    growing = present & (np.arange(shape[0])[:, None] > stays["first_day"] - record.day0)
    anchored = record.anchor >= 0
    # Of assignments in order of their first day those of one day are close together: the others stay as they are.
    begin, end = present.argmax(axis=1), count - present[:, ::-1].argmax(axis=1)
    arrivals = record.arrivals
    arrive_at = np.searchsorted(arrivals.day, record.day0 + np.arange(shape[0] + 1))
    for day, (first, last) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
        of = slice(first, last)
        before, old_g = fish[of], weight_g[of]
        next_g = np.where(growing[day, of], (np.cbrt(old_g) + gain[day, of]) ** 3, old_g)
        np.subtract(next_g, old_g, out=life.growth_g[day, of])
        if arrive_at[day] < arrive_at[day + 1]:
            now = slice(arrive_at[day], arrive_at[day + 1])
            placed = np.bincount(arrivals.dest[now] - first, arrivals.fish[now], last - first).astype(np.int64)
            next_g = _mixed_g(record, now, first, before, next_g, life.weight_g[day - 1] if day else None)
            life.placed[day, of] = placed > 0
            before = before + placed
        before = before - record.removed[day, of]
        if not record.deaths_recorded:
            life.deaths[day, of] = np.rint(np.maximum(before, 0) * rate[of])
        fish[of] = np.where(present[day, of], np.maximum(before - life.deaths[day, of], 0), fish[of])
        weight_g[of] = np.where(anchored[day, of], record.anchor_g[day, of], next_g)
        life.population[day], life.weight_g[day] = fish, weight_g
    return life


def _mixed_g(
    record: Record, now: slice, first: int, fish: Ints, weight_g: Floats, yesterday_g: Floats | None
) -> Floats:
    """Weights of a day, of assignments from the first on, after those that arrive are among those who were there."""
    arrivals, count = record.arrivals, len(fish)
    dest, source = arrivals.dest[now] - first, arrivals.source[now]
    arrived_g = arrivals.weight_g[now]
    if yesterday_g is not None:
        # As stored, so that a state computed from stored ones is the same.
        arrived_g = np.where(np.isnan(arrived_g) & (source >= 0), np.round(yesterday_g[source], 2), arrived_g)
    arrived_g = np.where(np.isnan(arrived_g), weight_g[dest], arrived_g)
    # Of none, an even share: a delivery of no fish leaves the weight as it is told.
    share = np.maximum(arrivals.fish[now], 1e-9)
    whole = np.bincount(dest, share, count)
    biomass_g = np.bincount(dest, share * arrived_g, count) + fish * weight_g
    return np.where(whole > 0, biomass_g / np.maximum(whole + fish, 1e-9), weight_g)


def _observed_fcr(assignment: Ints, biomass_kg: Floats, feed_kg: Floats, placed: NDArray[np.bool_]) -> Floats:
    gain_kg = np.diff(biomass_kg, prepend=np.nan)
    gain_kg[np.diff(assignment, prepend=-1) != 0] = np.nan
    shown = (feed_kg > 0) & (gain_kg > LEAST_GAIN_KG) & ~placed
    fcr = np.full(len(feed_kg), np.nan)
    fcr[shown] = np.round(np.minimum(feed_kg[shown] / gain_kg[shown], MOST_FCR), 3)
    return fcr


def _confidences(temp: Floats, modelled: bool, fed: NDArray[np.bool_], weight: Floats) -> tuple[Ints, list[str]]:
    """Each state's place among the distinct combinations of confidences (0 to 1), and these as they are stored: few."""
    temp_pct, weight_pct = (np.rint(part * 100.0).astype(np.int64) for part in (temp, weight))
    shape = (101, 2, 101)
    codes, place = np.unique(np.ravel_multi_index((temp_pct, fed.astype(int), weight_pct), shape), return_inverse=True)
    deaths = MODELLED_DEATHS_CONFIDENCE if modelled else 1.0
    combinations = zip(*(part.tolist() for part in np.unravel_index(codes, shape)), strict=True)
    texts = [
        _compact({"temp": of_temp / 100.0, "mortality": deaths, "feed": float(is_fed), "weight": of_weight / 100.0})
        for of_temp, is_fed, of_weight in combinations
    ]
    return place, texts
