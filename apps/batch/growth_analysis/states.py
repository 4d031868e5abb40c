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
    temp_c, temp_source, temp_confidence = temperature.fill(record.temp_c, present, record.scenario.temp_c(day_number))
    tgc = np.array([record.scenario.tgc[stage] for stage in stays["lifecycle_stage_id"].tolist()])
    # Iwama & Tautz (1981): W^(1/3) gains TGC/1000 x T a day, W in g; below 0 C nothing grows.
    gain = tgc / 1000.0 * np.maximum(np.nan_to_num(temp_c), 0.0)
    life = _live(record, gain)
    anchored, fed = record.anchor >= 0, ~np.isnan(record.feed_kg)
    weight_source = np.where(anchored, MEASURED, np.where(life.growth_g > 0, COMPUTED, UNCHANGED))
    weight_confidence = np.where(
        anchored, ANCHOR_CONFIDENCE[record.anchor], np.minimum(temp_confidence, MOST_COMPUTED_CONFIDENCE)
    )

    def column(values: NDArray[Any]) -> NDArray[Any]:
        """A row an assignment and day, by assignment, of a grid [days, assignments]."""
        return values.T[present.T]

    assignment, row = np.nonzero(present.T)
    confidence, confidences = _confidences(
        column(temp_confidence), not record.deaths_recorded, column(fed), column(weight_confidence)
    )
    weight_g = np.round(column(life.weight_g), 2)
    population = column(life.population)
    biomass_kg = np.round(population * weight_g / 1000.0, 2)
    feed_kg = np.nan_to_num(column(record.feed_kg))
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
        temp_c=np.round(column(temp_c), 2),
        mortality_count=column(life.deaths),
        feed_kg=feed_kg,
        observed_fcr=observed_fcr,
        anchor=column(record.anchor),
        sources=_sources(
            column(temp_source), not record.deaths_recorded, column(fed), column(weight_source), observed_fcr
        ),
        confidence=confidence,
        confidences=confidences,
        growth_g=column(life.growth_g),
    )


def _sources(temp: Ints, modelled: bool, fed: NDArray[np.bool_], weight: Ints, fcr: Floats) -> Ints:
    """Each state's place in SOURCES, which are told in the same order."""
    kinds = tuple(map(len, (temperature.SOURCES, DEATH_SOURCES, FEED_SOURCES, WEIGHT_SOURCES, FCR_SOURCES)))
    deaths = np.full(len(temp), int(modelled))
    observed = (~np.isnan(fcr)).astype(int)
    places: Ints = np.ravel_multi_index((temp, deaths, (~fed).astype(int), weight, observed), kinds)
    return places


def _live(record: Record, gain: Floats) -> _Life:
    """Fish and weight of every day; a source's last state is known when its fish arrive, for days go in order."""
    stays, shape = record.stays, record.present.shape
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
    begins = stays["first_day"] - record.day0
    arrivals = record.arrivals
    arrive_at = np.searchsorted(arrivals.day, record.day0 + np.arange(shape[0] + 1))
    for day in range(shape[0]):
        here = record.present[day]
        grown = (np.cbrt(weight_g) + gain[day]) ** 3
        next_g = np.where(here & (day > begins), grown, weight_g)
        life.growth_g[day] = next_g - weight_g
        before = fish
        if arrive_at[day] < arrive_at[day + 1]:
            now = slice(arrive_at[day], arrive_at[day + 1])
            placed = np.bincount(arrivals.dest[now], arrivals.fish[now], count).astype(np.int64)
            next_g = _mixed_g(record, now, before, next_g, life.weight_g[day - 1] if day else None)
            life.placed[day] = placed > 0
            before = before + placed
        before = before - record.removed[day]
        if not record.deaths_recorded:
            life.deaths[day] = np.rint(np.maximum(before, 0) * rate)
        fish = np.where(here, np.maximum(before - life.deaths[day], 0), fish)
        weight_g = np.where(record.anchor[day] >= 0, record.anchor_g[day], next_g)
        life.population[day], life.weight_g[day] = fish, weight_g
    return life


def _mixed_g(record: Record, now: slice, fish: Ints, weight_g: Floats, yesterday_g: Floats | None) -> Floats:
    """Weights of a day after those that arrive are among those who were there."""
    arrivals, count = record.arrivals, len(fish)
    dest, source = arrivals.dest[now], arrivals.source[now]
    arrived_g = arrivals.weight_g[now]
    if yesterday_g is not None:
        # As stored, so that a state computed from stored ones is the same.
        arrived_g = np.where(np.isnan(arrived_g) & (source >= 0), np.round(yesterday_g[source], 2), arrived_g)
    arrived_g = np.where(np.isnan(arrived_g), weight_g[dest], arrived_g)
    # Of none, an even share: a delivery of no fish leaves the weight as it is told.
    share = np.maximum(arrivals.fish[now], 1e-9)
    whole = np.bincount(dest, share, count)
    mass = np.bincount(dest, share * arrived_g, count) + fish * weight_g
    return np.where(whole > 0, mass / np.maximum(whole + fish, 1e-9), weight_g)


def _observed_fcr(assignment: Ints, biomass_kg: Floats, feed_kg: Floats, placed: NDArray[np.bool_]) -> Floats:
    gain_kg = np.diff(biomass_kg, prepend=np.nan)
    gain_kg[np.diff(assignment, prepend=-1) != 0] = np.nan
    shown = (feed_kg > 0) & (gain_kg > LEAST_GAIN_KG) & ~placed
    fcr = np.full(len(feed_kg), np.nan)
    fcr[shown] = np.round(np.minimum(feed_kg[shown] / gain_kg[shown], MOST_FCR), 3)
    return fcr


def _confidences(temp: Floats, modelled: bool, fed: NDArray[np.bool_], weight: Floats) -> tuple[Ints, list[str]]:
    """Each state's place among the distinct combinations, and these as they are stored: few, so written once."""
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
