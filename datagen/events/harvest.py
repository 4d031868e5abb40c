"""Slaughter: an event for every time that fish are taken out of a ring, and a lot for every grade of them."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from apps.harvest.models import HarvestEvent, HarvestLot
from datagen.arrays import Floats, Ints
from datagen.biology.feeding import whole_parts
from datagen.biology.water import day_of_year, year_wave
from datagen.catalog.ways.work import Quality
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.storage.arrow import FixedPoint, record_batch

GRADE_WEIGHT = 0.06
"""How much heavier than the mean the best grade's fish are, falling evenly to as much lighter; invented."""


def most_rows(life: LongestLife) -> dict[str, int]:
    return {
        "harvest_harvestevent": life.harvests,
        "harvest_harvestlot": life.harvests * len(life.catalog.grades.grades),
    }


def expected(record: BatchRecord) -> dict[str, int]:
    events = len(record.history.harvests.day)
    return {"harvest_harvestevent": events, "harvest_harvestlot": events * len(record.catalog.grades.grades)}


def expand(record: BatchRecord) -> Iterator[Rows]:
    harvests = record.history.harvests
    count = len(harvests.day)
    if not count:
        return
    event_id = record.ids(HarvestEvent, count)
    moment = record.at(harvests.day, 6)
    yield (
        HarvestEvent,
        record_batch(
            HarvestEvent,
            count,
            id=event_id,
            batch_id=record.batch_id,
            assignment_id=record.assignment_id[harvests.assignment],
            event_date=moment,
            document_ref=_documents(record),
            dest_geography_id=int(record.farm.geography_id[record.batch.geography]),
            dest_subsidiary="LG",
            created_at=moment,
            updated_at=moment,
        ),
    )
    yield _lots(record, event_id)


def _documents(record: BatchRecord) -> list[str]:
    """A ring's first by its name, the next with a number behind it."""
    times = Counter[int]()
    documents = []
    for stay in record.history.harvests.assignment.tolist():
        times[stay] += 1
        ring = record.farm.container_name[record.history.assignments.container[stay]]
        documents.append(f"HRV-{record.batch.number}-{ring}" + (f"-{times[stay]}" if times[stay] > 1 else ""))
    return documents


def lot_fish_and_grams(record: BatchRecord) -> tuple[Ints, Ints]:
    """Fish and live weight [g] of each lot [events, grades]; both sum exactly to what was counted at slaughter."""
    harvests, spec = record.history.harvests, record.catalog.biology.harvest
    grades = record.catalog.grades.grades
    luck = record.stream("grades").standard_normal((len(harvests.day), len(grades)))
    shares = np.array([grade.share for grade in grades]) * np.maximum(1.0 + spec.grade_share_sd * luck, 0.0)
    if (quality := record.case.way.quality) is not None:
        shares = _graded(record, quality, shares)
    counted = record.stock.counted
    fish = whole_parts(counted, shares)
    relative = fish * (1.0 + GRADE_WEIGHT * np.linspace(1.0, -1.0, len(grades)))
    grams = whole_parts(np.rint(counted * harvests.weight_g).astype(np.int64), relative)
    return fish, grams


def _graded(record: BatchRecord, quality: Quality, shares: Floats) -> Floats:
    """Shares of the grades [events, grades] of which the best has what its ring and season leave of it."""
    day = day_of_year(record.date(record.history.harvests.day))
    luck = record.stream("quality").standard_normal(len(shares))
    usual = np.log(quality.best_share / (1.0 - quality.best_share))
    logit = usual + quality.best_spread * luck - quality.season * year_wave(day, quality.worst_day)
    best = 1.0 / (1.0 + np.exp(-logit))
    others = shares[:, 1:] / np.maximum(shares[:, 1:].sum(axis=1, keepdims=True), 1e-9)
    return np.column_stack([best, (1.0 - best)[:, None] * others])


def _gutted_share(record: BatchRecord, events: int) -> Floats:
    """What is left of the live weight of each event's fish when they are gutted."""
    usual, quality = record.catalog.biology.harvest.gutted_share, record.case.way.quality
    if quality is None:
        return np.full(events, usual)
    luck = np.clip(record.stream("gutted").standard_normal(events), -3.0, 3.0)
    # Above the fillets, and below the whole fish.
    return np.clip(usual + quality.gutted_spread * luck, record.catalog.biology.harvest.fillet_share + 0.01, 0.99)


def _lots(record: BatchRecord, event_id: Ints) -> Rows:
    spec, harvests = record.catalog.biology.harvest, record.history.harvests
    fish, grams = lot_fish_and_grams(record)
    events, grades = fish.shape
    moment = np.repeat(record.at(harvests.day, 16), grades)

    def share(part: Floats | float) -> FixedPoint:
        yielded: Floats = np.rint(grams.ravel() * part)
        return FixedPoint(yielded.astype(np.int64))

    return HarvestLot, record_batch(
        HarvestLot,
        events * grades,
        id=record.ids(HarvestLot, events * grades),
        event_id=np.repeat(event_id, grades),
        product_grade_id=np.tile(record.farm.grade_id, events),
        unit_count=fish.ravel(),
        live_weight_kg=FixedPoint(grams.ravel()),
        gutted_weight_kg=share(np.repeat(_gutted_share(record, events), grades)),
        fillet_weight_kg=share(spec.fillet_share),
        created_at=moment,
        updated_at=moment,
    )
