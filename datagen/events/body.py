"""Single fish of a container on a day: how much they differ in weight, how fat and how long they are."""

from dataclasses import dataclass

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology import size
from datagen.biology.water import day_of_year
from datagen.catalog.ways.living import SingleFish
from datagen.events.context import BatchRecord


@dataclass(frozen=True)
class Bodies:
    """Of the fish of each container-day: how their weights vary, and their condition factor and its spread."""

    weight_cv: Floats
    k: Floats
    k_sd: Floats


def bodies(record: BatchRecord, rows: Ints) -> Bodies:
    """Of the fish on these container-days."""
    stage, stages = record.history.assignments.stage[record.row_assignment[rows]], record.stages
    if (spec := record.case.way.single_fish) is not None:
        return _lived(record, rows, stage, spec)
    return Bodies(stages.weight_cv[stage], stages.condition_k[stage], stages.condition_k_sd[stage])


def _lived(record: BatchRecord, rows: Ints, stage: Ints, spec: SingleFish) -> Bodies:
    stages, sea, day = record.stages, record.sea, record.row_day[rows]
    age, starts = day - record.start_day, np.array(record.stage_starts)
    passed = np.clip((age - starts[stage]) / np.diff(starts)[stage], 0.0, 1.0)
    # Each stage on land is as in the book in its middle.
    known = np.append((starts[:sea] + starts[1 : sea + 1]) / 2.0, starts[sea])
    k = np.interp(age, known, np.append(stages.condition_k[:sea], spec.sea_condition.newcomers))
    at_sea = np.flatnonzero(stage == sea)
    # Moved from ring to ring, they are no newcomers again.
    first_day = record.history.assignments.first_day[record.row_assignment[rows[at_sea]]]
    sea_days = day[at_sea] - np.minimum(first_day, record.start_day + starts[sea])
    weight_g = record.history.days.weight_g[rows[at_sea]]
    k[at_sea] = spec.sea_condition.k(weight_g, day_of_year(record.date(day[at_sea])), sea_days)
    return Bodies(
        weight_cv=stages.weight_cv[stage] * (1.0 + spec.spread_growth * (2.0 * passed - 1.0)),
        k=k,
        k_sd=np.interp(age, known, np.append(stages.condition_k_sd[:sea], stages.condition_k_sd[sea])),
    )


def single_fish(record: BatchRecord, rows: Ints, fish: int, *address: str) -> tuple[Floats, Floats]:
    """Weights [g] and fork lengths [cm] of `fish` fish from each of these container-days [rows, fish], as recorded."""
    of, spec = bodies(record, rows), record.case.way.single_fish
    draws = record.stream(*address).standard_normal((len(rows), 2, fish), dtype=np.float32).astype(float)
    heavy, fat = draws[:, 0], draws[:, 1]
    if spec is not None:
        together = spec.weight_and_condition
        fat = together * heavy + np.sqrt(1.0 - together**2) * fat
        heavy = size.skewed(heavy, spec.skew)
    weight_g = np.round(size.weights_g(record.history.days.weight_g[rows][:, None], of.weight_cv[:, None], heavy), 2)
    # Beyond a condition of 0.6 to 1.8 no salmon lives (invented).
    k = np.clip(of.k[:, None] + of.k_sd[:, None] * fat, 0.6, 1.8)
    return weight_g, np.round(size.lengths_cm(weight_g, k), 2)
