"""The weekly weighing: a sample of single fish from every container, and its statistics."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.batch.models import GrowthSample, IndividualGrowthObservation
from datagen.arrays import Dates, Floats, Ints
from datagen.events import duty, entering
from datagen.events.body import single_fish
from datagen.events.context import CHUNK_ROWS, BatchRecord, Changing, LongestLife, Was
from datagen.storage.arrow import chosen, record_batch

TABLE, VERSIONS, SUBJECT = "batch_growthsample", "batch_historicalgrowthsample", "growth sample"


def most_rows(life: LongestLife) -> dict[str, int]:
    spec = life.catalog.biology.sampling
    first = life.stages.index(spec.first_stage)
    samples = int((life.containers * -(-life.days // spec.every_days))[first:].sum())
    changes = {VERSIONS: samples} if entering.may_correct(life) else {}
    return {TABLE: samples, "batch_individualgrowthobservation": samples * spec.fish, **changes}


def sampled_rows(record: BatchRecord) -> Ints:
    """Container-days on which a sample is taken, in order of time."""
    spec = record.catalog.biology.sampling
    first = record.stages.index(spec.first_stage)
    a = record.history.assignments
    week = (record.row_day - record.start_day - record.stage_starts[first] - spec.weekday_of_stage) % spec.every_days
    weighed = (week == 0) & (a.stage[record.row_assignment] >= first) & (record.history.days.fish >= spec.fish)
    return record.chronological(np.flatnonzero(weighed))


def last_weighing_day(record: BatchRecord) -> Ints:
    """Day of the record of each assignment's last sample, -1 without one."""
    rows = sampled_rows(record)
    last = np.full(len(record.history.assignments.stage), -1)
    np.maximum.at(last, record.row_assignment[rows], record.row_day[rows])
    return last


def expected(record: BatchRecord) -> dict[str, int]:
    rows, fish = sampled_rows(record), record.catalog.biology.sampling.fish
    return {
        TABLE: len(rows),
        "batch_individualgrowthobservation": len(rows) * fish,
        VERSIONS: entering.corrections(record, SUBJECT, rows),
    }


@dataclass(frozen=True)
class _Weighings:
    """The samples of these container-days: `weight_g` and `length_cm` of single fish [samples, fish].

    They were `taken`, and entered, at these moments; `by` says by whom, where anything is said of shifts.
    """

    rows: Ints
    sample_id: Ints
    weight_g: Floats
    length_cm: Floats
    taken: Dates
    by: Ints | None


def expand(record: BatchRecord) -> Iterator[Changing]:
    rows = sampled_rows(record)
    if not len(rows):
        return
    fish = record.catalog.biology.sampling.fish
    weight_g, length_cm = single_fish(record, rows, fish, "growth sample")
    taken = entering.entered(record.at(record.row_day[rows], 11), entering.late(record, entering.WEIGHINGS, rows))
    by = duty.on_duty(record, record.row_assignment[rows], taken)
    weighings = _Weighings(rows, record.ids(GrowthSample, len(rows)), weight_g, length_cm, taken, by)
    yield _samples(record, weighings)
    step = max(CHUNK_ROWS // fish, 1)
    for at in range(0, len(rows), step):
        yield _single_fish(record, weighings, slice(at, min(at + step, len(rows))))


def _samples(record: BatchRecord, weighings: _Weighings) -> Changing:
    """The statistics of each sample, and what was mistyped of its mean before it was put right."""
    rows, weight_g, length_cm = weighings.rows, weighings.weight_g, weighings.length_cm
    put_right = entering.corrected(record, SUBJECT, rows, weighings.taken)
    noted = entering.notes(
        record, lambda: record.luck("growth sample, remarks")[rows], {"growth_samples": np.ones(len(rows), bool)}
    )
    mean_g = weight_g.mean(axis=1)
    made = record_batch(
        GrowthSample,
        len(rows),
        id=weighings.sample_id,
        assignment_id=record.assignment_id[record.row_assignment[rows]],
        sample_date=record.date(record.row_day[rows]),
        sample_size=weight_g.shape[1],
        avg_weight_g=mean_g,
        avg_length_cm=length_cm.mean(axis=1),
        std_deviation_weight=weight_g.std(axis=1, ddof=1),
        std_deviation_length=length_cm.std(axis=1, ddof=1),
        min_weight_g=weight_g.min(axis=1),
        max_weight_g=weight_g.max(axis=1),
        condition_factor=(100.0 * weight_g / length_cm**3).mean(axis=1),
        notes=None if noted is None else chosen([None, *noted[0][1:]], noted[1]),
        created_at=weighings.taken,
        updated_at=entering.updated(weighings.taken, put_right),
    )

    def typed(wrong: entering.Corrected) -> dict[str, Any]:
        # Of small fish it is the digits after the point that are mistyped.
        small, grams = wrong.typed(np.rint(100 * mean_g).astype(np.int64)) / 100, wrong.typed(mean_g.astype(np.int64))
        return {"avg_weight_g": np.where(wrong.rows, np.where(mean_g < 10, small, grams + mean_g % 1.0), mean_g)}

    return GrowthSample, made, entering.versions(record, rows, weighings.taken, put_right, typed)


def _single_fish(record: BatchRecord, weighings: _Weighings, part: slice) -> Changing:
    """Every fish of a part of the samples."""
    samples, fish = weighings.weight_g[part].shape
    count = samples * fish
    taken = np.repeat(weighings.taken[part], fish)
    rows = record_batch(
        IndividualGrowthObservation,
        count,
        id=record.first_id["batch_individualgrowthobservation"] + part.start * fish + np.arange(count),
        growth_sample_id=np.repeat(weighings.sample_id[part], fish),
        fish_identifier=chosen([f"F{number:02d}" for number in range(1, fish + 1)], np.tile(np.arange(fish), samples)),
        weight_g=weighings.weight_g[part].ravel(),
        length_cm=weighings.length_cm[part].ravel(),
        created_at=taken,
        updated_at=taken,
    )
    by = None if weighings.by is None else np.repeat(weighings.by[part], fish)
    return IndividualGrowthObservation, rows, (Was(taken, by=by),)
