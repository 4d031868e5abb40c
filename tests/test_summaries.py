"""Feeding summaries reckoned by hand, and those of a whole record."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from apps.batch.growth_analysis import States
from apps.inventory.feeding_summaries import Columns, summarise
from aquamind import database
from tests.loaded import small_record
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


def test_two_samples_measure_growth() -> None:
    containers, _ = summarise(two_tanks(), LAST)
    june = only(containers, container_assignment_id=40, period_start=date(2025, 6, 1))
    assert june["period_end"] == np.datetime64("2025-06-30")
    assert june["total_feed_kg"] == pytest.approx(29 * 1.2)
    assert june["growth_kg"] == pytest.approx((122 - 101) / 1000 * 1000)
    assert june["fcr"] == pytest.approx(29 * 1.2 / 21)
    assert (june["starting_biomass_kg"], june["ending_biomass_kg"]) == (100.0, 128.0)
    assert (june["estimation_method"], june["data_points"], june["confidence_level"]) == ("MEASURED", 3, "VERY_HIGH")


def test_without_two_samples_the_model_fills_in() -> None:
    containers, _ = summarise(two_tanks(), LAST)
    week = only(containers, container_assignment_id=40, period_start=date(2025, 6, 16))
    assert week["period_end"] == np.datetime64("2025-06-22")
    assert (week["growth_kg"], week["fcr"]) == (pytest.approx(7.0), pytest.approx(7 * 1.2 / 7.0))
    assert (week["estimation_method"], week["data_points"]) == ("INTERPOLATED", 1)
    never = only(containers, container_assignment_id=41, period_start=date(2025, 6, 16))
    assert (never["fcr"], never["confidence_level"]) == (pytest.approx(7 * 0.5 / (7 * 0.8 * 0.5)), "LOW")


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
    june = only(batches, period_start=date(2025, 6, 1))
    feed, growth = (29 * 1.2, 29 * 0.5), (21.0, 29 * 0.8 * 0.5)
    fcr = (feed[0] / growth[0], feed[1] / growth[1])
    assert june["total_feed_kg"] == pytest.approx(sum(feed))
    assert june["total_growth_kg"] == pytest.approx(sum(growth))
    assert june["fcr"] == pytest.approx(sum(feed) / sum(growth))
    assert june["weighted_avg_fcr"] == pytest.approx((feed[0] * fcr[0] + feed[1] * fcr[1]) / sum(feed))
    assert (june["estimation_method"], june["overall_confidence_level"], june["container_count"]) == ("MIXED", "LOW", 2)
    assert (june["total_starting_biomass_kg"], june["total_ending_biomass_kg"]) == (125.0, 153.0)
    assert june["average_biomass_kg"] == pytest.approx(114.0 + 25.0)
    assert june["average_feeding_percentage"] == pytest.approx(100 * 1.7 / 139.0)


def test_what_moved_is_not_counted_twice() -> None:
    """In the week of a transfer the batch's biomass is that of one day, not of the tanks before and after it."""
    eve = {"first": FIRST, "fish": 10, "weight_g": np.full(3, 100.0), "feed_kg": 0, "growth_g": 0}
    then = {"first": FIRST + timedelta(days=3), "fish": 10, "weight_g": np.full(4, 110.0), "feed_kg": 0, "growth_g": 0}
    _, batches = summarise(states(eve, then), FIRST + timedelta(days=6))
    week = only(batches, period_start=FIRST, period_end=FIRST + timedelta(days=6))
    assert (week["total_starting_biomass_kg"], week["total_ending_biomass_kg"]) == (1.0, 1.1)
    assert (week["total_biomass_gain_kg"], week["container_count"]) == (pytest.approx(0.1), 2)


def test_a_conversion_that_means_nothing_is_left_out() -> None:
    """Shrinking between samples, no feed, or hardly any growth: 0.1 kg from 99 kg of feed."""
    shrunk = {"first": FIRST, "fish": 1000, "weight_g": np.linspace(110, 100, 28), "feed_kg": 1, "growth_g": 1}
    unfed = {"first": FIRST, "fish": 1000, "weight_g": np.linspace(100, 110, 28), "feed_kg": 0, "growth_g": 1}
    barely = {"first": FIRST, "fish": 1000, "weight_g": np.full(28, 100.0), "feed_kg": 99 / 28, "growth_g": 1e-4 / 28}
    twice = {"weighed": {1: SAMPLE, 20: SAMPLE}}
    containers, batches = summarise(states(shrunk | twice, unfed | twice, barely), LAST)
    assert np.isnan(containers["fcr"][containers["period_start"] == np.datetime64("2025-06-01")]).all()
    june = only(batches, period_start=date(2025, 6, 1))
    assert np.isnan(june["fcr"])
    assert np.isnan(june["weighted_avg_fcr"])
    assert june["total_feed_kg"] == pytest.approx(28 + 99)


@pytest.mark.parametrize(
    ("as_of", "rolling"),
    [
        (date(2025, 7, 31), [("2025-07-02", "2025-07-31")]),
        # The last thirty days are June: one row, not two that the schema refuses.
        (date(2025, 6, 30), [("2025-06-01", "2025-06-30")]),
        # Nothing lived in them.
        (date(2025, 9, 30), []),
    ],
)
def test_thirty_days_up_to_the_last(as_of: date, rolling: list[tuple[str, str]]) -> None:
    days = min((as_of - FIRST).days, 59) + 1
    stay = {"first": FIRST, "fish": 10, "weight_g": np.full(days, 100.0), "feed_kg": 1, "growth_g": 1}
    _, batches = summarise(states(stay), as_of)
    long = batches["period_end"] - batches["period_start"] == np.timedelta64(29, "D")
    recent = batches["period_end"] >= np.datetime64(as_of)
    found = list(zip(batches["period_start"][long & recent], batches["period_end"][long & recent], strict=True))
    assert [(str(start), str(end)) for start, end in found] == rolling


def test_longer_records_keep_the_keys_of_shorter_ones() -> None:
    stay = {"first": FIRST, "fish": 10, "feed_kg": 1, "growth_g": 1}
    keys = []
    for days in (20, 400):
        as_of = FIRST + timedelta(days=days - 1)
        for columns in summarise(states(stay | {"weight_g": np.full(days, 100.0)}), as_of):
            buckets = zip(columns["period_start"], columns["period_end"], strict=True)
            keys.append(dict(zip(buckets, columns["id"], strict=True)))
            assert len(set(columns["id"])) == len(columns["id"])
    of_container, of_batch, later_of_container, later_of_batch = keys
    for short, long in ((of_container, later_of_container), (of_batch, later_of_batch)):
        common = [bucket for bucket in short if bucket in long]
        assert len(common) == 4, "three weeks and June"
        assert [short[bucket] for bucket in common] == [long[bucket] for bucket in common]


@pytest.fixture(scope="module")
def loaded(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[psycopg.Connection[Any]]:
    with django_db_blocker.unblock():
        dsn = small_record(new_database)
    with database.connect(dsn) as connection:
        yield connection


def test_every_week_and_month_of_a_life_is_there_once(loaded: psycopg.Connection[Any]) -> None:
    for batch_id, start, end in loaded.execute(
        "SELECT id, start_date, least(%s, actual_end_date - 1) FROM batch_batch", [AS_OF]
    ).fetchall():
        life = np.arange(np.datetime64(start), np.datetime64(end) + 1)
        mondays = life - (life.astype(int) + 3) % 7
        months = life.astype("datetime64[M]")
        buckets = {(monday.item(), (monday + 6).item()) for monday in np.unique(mondays)}
        for month in np.unique(months):
            day = month.astype("datetime64[D]")
            buckets.add((day.item(), ((month + 1).astype("datetime64[D]") - 1).item()))
        if end >= AS_OF - timedelta(days=29):
            buckets.add((AS_OF - timedelta(days=29), AS_OF))
        found = loaded.execute(
            "SELECT period_start, period_end FROM inventory_batchfeedingsummary WHERE batch_id = %s", [batch_id]
        ).fetchall()
        assert len(found) == len(buckets)
        assert set(found) == buckets


def test_summaries_hold_all_feed(loaded: psycopg.Connection[Any]) -> None:
    """What the months of all containers sum to is what was given in all meals; the batches' sum is the same."""
    monthly = "EXTRACT(day FROM period_start) = 1 AND EXTRACT(day FROM period_end + 1) = 1"
    meals, containers, batches = (
        loaded.execute(query.encode()).fetchone()[0]
        for query in (
            "SELECT sum(amount_kg) FROM inventory_feedingevent",
            f"SELECT sum(total_feed_kg) FROM inventory_containerfeedingsummary WHERE {monthly}",
            f"SELECT sum(total_feed_kg) FROM inventory_batchfeedingsummary WHERE {monthly}",
        )
    )
    assert containers == meals
    assert batches == meals


def test_conversions_are_those_of_salmon(loaded: psycopg.Connection[Any]) -> None:
    """Weeks, whose growth is free of the samples' errors, lie around the 1.0-1.3 of a life."""
    fcr = [
        float(row[0])
        for row in loaded.execute(
            "SELECT fcr FROM inventory_batchfeedingsummary WHERE period_end - period_start = 6 AND fcr IS NOT NULL"
        )
    ]
    assert len(fcr) > 150
    assert 1.0 < np.median(fcr) < 1.3
    assert np.percentile(fcr, 95) < 1.6
