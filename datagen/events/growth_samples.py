"""The weekly weighing: a sample of single fish from every container, and its statistics."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from apps.batch.models import GrowthSample, IndividualGrowthObservation
from datagen.arrays import Ints
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


def expand(record: BatchRecord) -> Iterator[Changing]:
    rows = sampled_rows(record)
    if not len(rows):
        return
    fish = record.catalog.biology.sampling.fish
    sample_id = record.ids(GrowthSample, len(rows))
    weight_g, length_cm = single_fish(record, rows, fish, "growth sample")
    taken = entering.entered(record.at(record.row_day[rows], 11), entering.late(record, entering.WEIGHINGS, rows))
    put_right = entering.corrected(record, SUBJECT, rows, taken)
    mean_g = weight_g.mean(axis=1)

    def typed(wrong: entering.Corrected) -> dict[str, Any]:
        # Of small fish it is the digits after the point that are mistyped.
        small, grams = wrong.typed(np.rint(100 * mean_g).astype(np.int64)) / 100, wrong.typed(mean_g.astype(np.int64))
        return {"avg_weight_g": np.where(wrong.rows, np.where(mean_g < 10, small, grams + mean_g % 1.0), mean_g)}

    by = duty.on_duty(record, record.row_assignment[rows], taken)
    noted = entering.notes(
        record, lambda: record.luck("growth sample, remarks")[rows], {"growth_samples": np.ones(len(rows), bool)}
    )
    yield (
        GrowthSample,
        record_batch(
            GrowthSample,
            len(rows),
            id=sample_id,
            assignment_id=record.assignment_id[record.row_assignment[rows]],
            sample_date=record.date(record.row_day[rows]),
            sample_size=fish,
            avg_weight_g=mean_g,
            avg_length_cm=length_cm.mean(axis=1),
            std_deviation_weight=weight_g.std(axis=1, ddof=1),
            std_deviation_length=length_cm.std(axis=1, ddof=1),
            min_weight_g=weight_g.min(axis=1),
            max_weight_g=weight_g.max(axis=1),
            condition_factor=(100.0 * weight_g / length_cm**3).mean(axis=1),
            notes=None if noted is None else chosen([None, *noted[0][1:]], noted[1]),
            created_at=taken,
            updated_at=entering.updated(taken, put_right),
        ),
        entering.versions(record, rows, taken, put_right, typed),
    )
    step = max(CHUNK_ROWS // fish, 1)
    names = [f"F{number:02d}" for number in range(1, fish + 1)]
    for at in range(0, len(rows), step):
        part = slice(at, at + step)
        samples = len(rows[part])
        first = record.first_id["batch_individualgrowthobservation"] + at * fish
        yield (
            IndividualGrowthObservation,
            record_batch(
                IndividualGrowthObservation,
                samples * fish,
                id=first + np.arange(samples * fish),
                growth_sample_id=np.repeat(sample_id[part], fish),
                fish_identifier=chosen(names, np.tile(np.arange(fish), samples)),
                weight_g=weight_g[part].ravel(),
                length_cm=length_cm[part].ravel(),
                created_at=np.repeat(taken[part], fish),
                updated_at=np.repeat(taken[part], fish),
            ),
            (Was(np.repeat(taken[part], fish), by=None if by is None else np.repeat(by[part], fish)),),
        )
