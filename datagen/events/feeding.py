"""Meals: what every fed container got, when, of which feed and at what cost."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.inventory.models import FeedingEvent
from datagen.arrays import Dates, Floats, Ints
from datagen.biology.feeding import GRAIN_G, fifo_cost
from datagen.events import duty, entering
from datagen.events.context import CHUNK_ROWS, BatchRecord, LongestLife, Rows
from datagen.storage.arrow import Array, FixedPoint, chosen, record_batch

TWO_MEALS_HOURS = (8.0, 16.0)
"""Hours of the two meals a day (guide); other numbers are spread evenly between them."""


@dataclass(frozen=True)
class _Entries:
    """Of container-days when meals were entered, if not on their day, by whom, and what stands beside the first."""

    late: Dates | None
    by: Ints | None
    notes: tuple[list[str], Ints] | None

    def of(self, part: slice) -> "_Entries":
        return _Entries(
            None if self.late is None else self.late[part],
            None if self.by is None else self.by[part],
            None if self.notes is None else (self.notes[0], self.notes[1][part]),
        )

    def made(self, on_time: Dates, meals: Ints) -> Dates:
        """When each of so many meals a day was entered."""
        return on_time if self.late is None else entering.entered(on_time, np.repeat(self.late, meals))

    def beside(self, meals: Ints) -> Array | str:
        """What stands beside each of so many meals a day."""
        if self.notes is None:
            return ""
        texts, place = self.notes
        first = np.zeros(int(meals.sum()), np.int64)
        first[np.cumsum(meals) - meals] = place
        return chosen(texts, first)


def most_rows(life: LongestLife) -> dict[str, int]:
    return {"inventory_feedingevent": int((life.container_days * life.stages.meals_per_day).sum())}


def expected(record: BatchRecord) -> dict[str, int]:
    return {"inventory_feedingevent": int(_meals_of(record, np.flatnonzero(record.history.days.feed_g)).sum())}


def expand(record: BatchRecord) -> Iterator[Rows]:
    days = record.history.days
    rows = record.chronological(np.flatnonzero(days.feed_g))
    meals = _meals_of(record, rows)
    # Of the container, in the morning: what a meal's percentage refers to.
    biomass_kg = days.fish * days.weight_g / 1000.0
    entries = _entries(record, rows)
    done = 0
    # Meals have many wide columns: a chunk of days makes several chunks of them.
    for at in range(0, len(rows), CHUNK_ROWS // 4):
        part = slice(at, at + CHUNK_ROWS // 4)
        yield _meals(record, rows[part], meals[part], done, biomass_kg, entries.of(part))
        done += int(meals[part].sum())


def _meals_of(record: BatchRecord, rows: Ints) -> Ints:
    """Meals on each of these container-days; a ration of one grain is one."""
    stage = record.history.assignments.stage[record.row_assignment[rows]]
    return np.minimum(record.stages.meals_per_day[stage], record.history.days.feed_g[rows] // GRAIN_G)


def _entries(record: BatchRecord, rows: Ints) -> _Entries:
    late = entering.late(record, entering.MEALS, rows)
    entered = entering.entered(record.at(record.row_day[rows], TWO_MEALS_HOURS[-1]), late)
    return _Entries(late, duty.on_duty(record, record.row_assignment[rows], entered), _notes(record, rows))


def _notes(record: BatchRecord, rows: Ints) -> tuple[list[str], Ints] | None:
    """What is written beside the first meal of each of these container-days."""
    spec, _ = record.case.recording
    below = 0.0 if spec is None or spec.entries is None else spec.entries.hungry_below
    poor = record.history.days.appetite[rows] < below
    at_sea = record.history.assignments.stage[record.row_assignment[rows]] == record.sea
    kinds = {"poor_meals": poor, "meals_at_sea": at_sea & ~poor, "meals_on_land": ~at_sea & ~poor}
    return entering.notes(record, lambda: record.luck("meals, remarks")[rows], kinds)


def _meals(record: BatchRecord, rows: Ints, meals: Ints, done: int, biomass_kg: Floats, entries: "_Entries") -> Rows:
    days = record.history.days
    row = np.repeat(rows, meals)
    count = len(row)
    which = np.arange(count) - np.repeat(np.cumsum(meals) - meals, meals)
    of = np.repeat(meals, meals)
    grains = days.feed_g[row] // GRAIN_G
    begin_g, end_g = (grains * which // of) * GRAIN_G, (grains * (which + 1) // of) * GRAIN_G
    early, late = TWO_MEALS_HOURS
    hour = np.where(of > 1, early + (late - early) * which / np.maximum(of - 1, 1), early)
    assignment = record.row_assignment[row]
    day = record.row_day[row]
    made = entries.made(record.at(day, hour), meals)
    return FeedingEvent, record_batch(
        FeedingEvent,
        count,
        id=record.first_id["inventory_feedingevent"] + done + np.arange(count),
        batch_id=record.batch_id,
        batch_assignment_id=record.assignment_id[assignment],
        container_id=record.container_id[assignment],
        feed_id=record.farm.feed_id[days.feed[row]],
        feeding_date=record.date(day),
        feeding_time=np.rint(hour * 3.6e9).astype(np.int64),
        # Kilograms with four places: a gram is ten units.
        amount_kg=FixedPoint((end_g - begin_g) * 10),
        batch_biomass_kg=biomass_kg[row],
        feeding_percentage=(end_g - begin_g) / np.maximum(biomass_kg[row], 1e-9) / 10.0,
        feed_cost=_cost(record, row, days.feed_position_g[row] + begin_g, days.feed_position_g[row] + end_g),
        recorded_by_id=None if entries.by is None else np.repeat(entries.by, meals),
        method="AUTOMATIC",
        notes=entries.beside(meals),
        created_at=made,
        updated_at=made,
    )


def _cost(record: BatchRecord, row: Ints, begin_g: Ints, end_g: Ints) -> Floats:
    """What each meal cost, first in first out, by the bin it came from."""
    days, purchases, feeds = record.history.days, record.history.purchases, len(record.farm.feed_name)
    store = record.farm.container_store[record.history.assignments.container[record.row_assignment[row]]]
    eaten_from = store * feeds + days.feed[row]
    bought_for = purchases.store * feeds + purchases.feed
    cost = np.zeros(len(row))
    for one in np.unique(eaten_from):
        meals, lots = eaten_from == one, bought_for == one
        lot_end_g = np.cumsum(purchases.quantity_g[lots])
        cost[meals] = fifo_cost(begin_g[meals], end_g[meals], lot_end_g, purchases.price_per_kg[lots])
    return cost
