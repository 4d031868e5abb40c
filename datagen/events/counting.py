"""How the book of a ring's fish is off: miscounted as they came, vanished since; slaughter counts who is there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from datagen.arrays import Ints
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.events.truth import TruthStock
from datagen.storage.arrow import record_batch

TAIL = 3
"""Degrees of freedom of counting errors: half of them within three quarters of their scale, a tenth above 2.4 times."""


@dataclass(frozen=True)
class Stock:
    """Of each stay the fish that the book has and that are not there, by why; of each harvest those counted."""

    miscounted: Ints
    vanished: Ints
    counted: Ints


def stock(record: BatchRecord) -> Stock:
    """What is off in a batch's rings: nothing where the catalog says nothing of counting."""
    stays, harvests, days = record.history.assignments, record.history.harvests, record.history.days
    nothing = np.zeros(len(stays.days), np.int64)
    spec, often = record.case.recording
    if spec is None or spec.counting is None:
        return Stock(nothing, nothing, harvests.fish)
    rings = np.flatnonzero(stays.stage == record.sea)
    containers = record.batch.containers[record.sea]
    place = [containers.index(int(each)) for each in stays.container[rings]]
    luck = record.stream("fish, miscounted").standard_t(TAIL, len(containers))[place]
    error = np.clip(often * spec.counting.error * luck, -spec.counting.largest, spec.counting.largest)
    miscounted, vanished = nothing.copy(), nothing.copy()
    miscounted[rings] = np.rint(error * stays.fish_in[rings])
    fish_days = np.concatenate(([0], np.cumsum(days.fish)))
    lived = fish_days[stays.row + stays.days] - fish_days[stays.row]
    vanished[rings] = (often * spec.counting.vanishing_daily * lived[rings]).astype(np.int64)
    # Who is handed over to a mix is counted there.
    given = rings[stays.left[rings] & ~np.isin(rings, harvests.assignment)]
    miscounted[given] = vanished[given] = 0
    # What is off is found with the last of a ring's fish.
    last = stays.left[harvests.assignment] & (harvests.day == stays.departure_day[harvests.assignment])
    # A book that is off by more than the fish it has left was put right before: somebody has looked.
    ring, left = harvests.assignment[last], np.maximum(harvests.fish[last] - 1, 0)
    miscounted[ring] = np.minimum(miscounted[ring], left)
    vanished[ring] = np.minimum(vanished[ring], left - miscounted[ring])
    # Nothing is counted where the book has no fish.
    for off in (miscounted, vanished):
        off[ring] = np.where(harvests.fish[last] > 0, off[ring], 0)
    counted = harvests.fish.copy()
    counted[last] -= miscounted[ring] + vanished[ring]
    return Stock(miscounted, vanished, counted)


def most_rows(life: LongestLife) -> dict[str, int]:
    """None that others need keys beside: the truth's are their own."""
    return {}


def _off(record: BatchRecord) -> Ints:
    """Stays whose book is off."""
    return np.flatnonzero((record.stock.miscounted != 0) | (record.stock.vanished != 0))


def expected(record: BatchRecord) -> dict[str, int]:
    return {TruthStock._meta.db_table: len(_off(record))}


def expand(record: BatchRecord) -> Iterator[Rows]:
    """The truth of each ring whose book is off."""
    stay = _off(record)
    if not len(stay):
        return
    stays = record.history.assignments
    yield (
        TruthStock,
        record_batch(
            TruthStock,
            len(stay),
            id=record.assignment_id[stay],
            batch_id=record.batch_id,
            assignment_id=record.assignment_id[stay],
            container_id=record.container_id[stay],
            day=record.date((stays.first_day + stays.days - 1 + stays.left)[stay]),
            miscounted=record.stock.miscounted[stay],
            vanished=record.stock.vanished[stay],
        ),
    )
