"""Feeding summaries reckoned by hand, and those of a whole record."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from apps.batch.growth_analysis import States
from apps.inventory.feeding_summaries import Columns, summarise
from aquamind import database
from tests.worlds import AS_OF

SAMPLE, TRANSFER, NOTHING = 0, 1, -1


def states(*stays: dict[str, Any]) -> States:
    """Stays by hand: first day, fish, weights by day, feed and growth of a fish a day, and weighings by day."""
    days = [len(stay["weight_g"]) for stay in stays]
    first = [np.datetime64(stay["first"]).astype(int) for stay in stays]
    offset = np.concatenate([np.arange(count) for count in days])
    stay = np.repeat(np.arange(len(stays)), days)

    def column(name: str) -> Any:
        return np.concatenate([np.broadcast_to(each[name], count) for each, count in zip(stays, days, strict=True)])

    anchor = np.full(len(stay), NOTHING)
    for index, each in enumerate(stays):
        for day, kind in each.get("weighed", {}).items():
            anchor[(stay == index) & (offset == day)] = kind
    empty = np.zeros(len(stay))
    return States(
        batch_id=7, assignment=stay, assignment_id=stay + 40, container_id=stay + 90, lifecycle_stage_id=stay,
        day=np.array(first)[stay] + offset, day_number=offset, day_of_stay=offset,
        avg_weight_g=column("weight_g"), population=column("fish"),
        biomass_kg=column("weight_g") * column("fish") / 1000, temp_c=empty, mortality_count=empty.astype(int),
        feed_kg=column("feed_kg").astype(float), observed_fcr=empty, anchor=anchor, sources=empty.astype(int),
        confidence=empty.astype(int), confidences=[], growth_g=column("growth_g").astype(float),
    )  # fmt: skip


def only(columns: Columns, **wanted: Any) -> dict[str, Any]:
    """The one summary with these values."""
    match = np.ones(len(columns["id"]), bool)
    for name, value in wanted.items():
        match &= columns[name] == (np.datetime64(value) if isinstance(value, date) else value)
    [row] = np.flatnonzero(match)
    return {name: values[row] for name, values in columns.items()}


# 2025-06-02 is a Monday; sixty days reach to Thursday 2025-07-31.
FIRST, LAST = date(2025, 6, 2), date(2025, 7, 31)


def two_tanks() -> States:
    """1,000 fish that gain 1 g a day from 100 g on and are weighed in June, and 500 that are never weighed."""
    weighed = {"first": FIRST, "fish": 1000, "weight_g": 100.0 + np.arange(60), "feed_kg": 1.2, "growth_g": 1.0}
    # Weighed on 3 June (101 g), 17 June (115 g) and 24 June (122 g).
    weighed["weighed"] = {1: SAMPLE, 15: SAMPLE, 22: SAMPLE}
    never = {"first": FIRST, "fish": 500, "weight_g": np.full(60, 50.0), "feed_kg": 0.5, "growth_g": 0.8}
    return states(weighed, never)


def test_a_weeks_growth_is_of_the_days_of_its_feed() -> None:
    containers, _ = summarise(two_tanks(), LAST)
    week = only(containers, container_assignment_id=40, period_start=date(2025, 6, 16))
    assert week["period_end"] == np.datetime64("2025-06-22")
    assert (week["growth_kg"], week["fcr"]) == (pytest.approx(7.0), pytest.approx(7 * 1.2 / 7.0))
    assert (week["starting_biomass_kg"], week["ending_biomass_kg"]) == (114.0, 120.0)
    assert (week["estimation_method"], week["data_points"], week["confidence_level"]) == ("MEASURED", 1, "VERY_HIGH")
    never = only(containers, container_assignment_id=41, period_start=date(2025, 6, 16))
    assert (never["fcr"], never["confidence_level"]) == (pytest.approx(7 * 0.5 / (7 * 0.8 * 0.5)), "LOW")
    assert (never["estimation_method"], never["data_points"]) == ("INTERPOLATED", 0)


def test_the_last_week_ends_on_the_as_of_day() -> None:
    for columns in summarise(two_tanks(), LAST):
        assert columns["period_end"].max() == np.datetime64(LAST)
        last = columns["period_start"][columns["period_end"] == np.datetime64(LAST)]
        assert set(last) == {np.datetime64("2025-07-28")}


def test_confidence_fades_with_the_days_since_a_weighing() -> None:
    containers, _ = summarise(two_tanks(), LAST)
    ends = {"2025-06-29": 5, "2025-07-06": 12, "2025-07-13": 19, "2025-07-20": 26, "2025-07-27": 33}
    expected = {5: "VERY_HIGH", 12: "HIGH", 19: "HIGH", 26: "MEDIUM", 33: "MEDIUM"}
    for end, days in ends.items():
        row = only(containers, container_assignment_id=40, period_end=date.fromisoformat(end))
        assert row["confidence_level"] == expected[days]
    # Of stays weighed on their first day only, those 9, 10, 19, 20, 39 and 40 days later.
    for days, level in ((9, "VERY_HIGH"), (10, "HIGH"), (19, "HIGH"), (20, "MEDIUM"), (39, "MEDIUM"), (40, "LOW")):
        stay = {"first": FIRST, "fish": 1, "weight_g": np.ones(days + 1), "feed_kg": 1, "growth_g": 0}
        containers, _ = summarise(states(stay | {"weighed": {0: TRANSFER}}), LAST)
        assert containers["confidence_level"][containers["period_start"].argmax()] == level, days


def test_a_batch_is_the_sum_of_its_containers() -> None:
    _, batches = summarise(two_tanks(), LAST)
    week = only(batches, period_start=date(2025, 6, 16))
    feed, growth = (7 * 1.2, 7 * 0.5), (7.0, 7 * 0.8 * 0.5)
    fcr = (feed[0] / growth[0], feed[1] / growth[1])
    assert week["total_feed_kg"] == pytest.approx(sum(feed))
    assert week["total_growth_kg"] == pytest.approx(sum(growth))
    assert week["fcr"] == pytest.approx(sum(feed) / sum(growth))
    assert week["weighted_avg_fcr"] == pytest.approx((feed[0] * fcr[0] + feed[1] * fcr[1]) / sum(feed))
    assert (week["estimation_method"], week["overall_confidence_level"], week["container_count"]) == ("MIXED", "LOW", 2)
    assert (week["total_starting_biomass_kg"], week["total_ending_biomass_kg"]) == (139.0, 145.0)
    assert week["average_biomass_kg"] == pytest.approx(117.0 + 25.0)
    assert week["average_feeding_percentage"] == pytest.approx(100 * 1.7 / 142.0)


def test_what_moved_is_not_counted_twice() -> None:
    """In the week of a transfer the batch's biomass is that of one day, not of the tanks before and after it."""
    eve = {"first": FIRST, "fish": 10, "weight_g": np.full(3, 100.0), "feed_kg": 0, "growth_g": 0}
    then = {"first": FIRST + timedelta(days=3), "fish": 10, "weight_g": np.full(4, 110.0), "feed_kg": 0, "growth_g": 0}
    _, batches = summarise(states(eve, then), FIRST + timedelta(days=6))
    week = only(batches, period_start=FIRST, period_end=FIRST + timedelta(days=6))
    assert (week["total_starting_biomass_kg"], week["total_ending_biomass_kg"]) == (1.0, 1.1)
    assert (week["total_biomass_gain_kg"], week["container_count"]) == (pytest.approx(0.1), 2)


def test_a_conversion_that_means_nothing_is_left_out() -> None:
    """No growth, no feed, or hardly any growth: 0.1 kg from 99 kg of feed."""
    still = {"first": FIRST, "fish": 1000, "weight_g": np.full(28, 100.0), "feed_kg": 1, "growth_g": 0}
    unfed = {"first": FIRST, "fish": 1000, "weight_g": np.linspace(100, 110, 28), "feed_kg": 0, "growth_g": 1}
    barely = {"first": FIRST, "fish": 1000, "weight_g": np.full(28, 100.0), "feed_kg": 99 / 28, "growth_g": 1e-4 / 28}
    containers, batches = summarise(states(still, unfed, barely), LAST)
    assert len(containers["fcr"]) == 12
    assert np.isnan(containers["fcr"]).all()
    assert np.isnan(batches["fcr"]).all()
    assert np.isnan(batches["weighted_avg_fcr"]).all()
    assert batches["total_feed_kg"].sum() == pytest.approx(28 + 99)


def test_longer_records_keep_the_keys_of_shorter_ones() -> None:
    stay = {"first": FIRST, "fish": 10, "feed_kg": 1, "growth_g": 1}
    keys = []
    for days in (21, 400):
        as_of = FIRST + timedelta(days=days - 1)
        for columns in summarise(states(stay | {"weight_g": np.full(days, 100.0)}), as_of):
            buckets = zip(columns["period_start"], columns["period_end"], strict=True)
            keys.append(dict(zip(buckets, columns["id"], strict=True)))
            assert len(set(columns["id"])) == len(columns["id"])
    of_container, of_batch, later_of_container, later_of_batch = keys
    for short, long in ((of_container, later_of_container), (of_batch, later_of_batch)):
        common = [bucket for bucket in short if bucket in long]
        assert len(common) == 3, "weeks"
        assert [short[bucket] for bucket in common] == [long[bucket] for bucket in common]


@pytest.fixture(scope="module")
def loaded(small_record: str) -> Iterator[psycopg.Connection[Any]]:
    with database.connect(small_record) as connection:
        yield connection


def test_every_week_of_a_life_is_there_once(loaded: psycopg.Connection[Any]) -> None:
    for batch_id, start, end in loaded.execute(
        "SELECT id, start_date, least(%s, actual_end_date - 1) FROM batch_batch", [AS_OF]
    ).fetchall():
        life = np.arange(np.datetime64(start), np.datetime64(end) + 1)
        mondays = np.unique(life - (life.astype(int) + 3) % 7)
        weeks = [(monday.item(), min((monday + 6).item(), AS_OF)) for monday in mondays]
        found = loaded.execute(
            "SELECT period_start, period_end FROM inventory_batchfeedingsummary WHERE batch_id = %s ORDER BY 1",
            [batch_id],
        ).fetchall()
        assert found == weeks


def test_summaries_hold_all_feed(loaded: psycopg.Connection[Any]) -> None:
    """What all rows sum to is what was given in all meals, of containers as of batches."""
    meals, containers, batches = (
        loaded.execute(f"SELECT sum({column}) FROM inventory_{table}".encode()).fetchone()[0]
        for column, table in (
            ("amount_kg", "feedingevent"),
            ("total_feed_kg", "containerfeedingsummary"),
            ("total_feed_kg", "batchfeedingsummary"),
        )
    )
    assert containers == meals
    assert batches == meals


def test_conversions_are_those_of_salmon(loaded: psycopg.Connection[Any]) -> None:
    """Weeks, whose growth is free of the samples' errors, lie around the 1.0-1.3 of a life."""
    fcr = [
        float(row[0]) for row in loaded.execute("SELECT fcr FROM inventory_batchfeedingsummary WHERE fcr IS NOT NULL")
    ]
    assert len(fcr) > 150
    assert 1.0 < np.median(fcr) < 1.3
    assert np.percentile(fcr, 95) < 1.6
