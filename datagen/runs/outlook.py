"""What a plan will make, before a row of it is made: its use of containers, its rows and the disk that they take.

The plan is lived, which takes seconds, and every record family is asked how many rows it will have of that.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np

from datagen.arrays import Floats
from datagen.case import Case
from datagen.events import expected
from datagen.events import most_rows as most_rows_of
from datagen.events.context import life
from datagen.keys import records
from datagen.planning.plan import UTILISATION_FROM_DAY, containers_by_kind, planned_occupancy
from datagen.runs import analysis, books
from datagen.simulation.history import History

BYTES_PER_ROW = {
    "environmental_environmentalreading": 238,
    "batch_actualdailyassignmentstate": 463,
    "inventory_feedingevent": 207,
    "datagen.truth_sensor_fault": 185,
    "health_licecount": 162,
    "batch_individualgrowthobservation": 133,
    "health_fishparameterscore": 126,
    "batch_mortalityevent": 130,
    "datagen.truth_state": 97,
}
"""Disk of a row with its indexes, measured on `medium`."""

BYTES_PER_OTHER_ROW = 250

EMPTY_BYTES = 100_000_000
"""What a server with a database takes that has master data alone, measured on `small`."""

LOG_SHARE, MOST_LOG_BYTES = 1 / 8, 270_000_000
"""The log that is left: of small databases such a share of their rows, of others what the embedded server keeps. With
both, what is asked for is within 3 % of what `small` and `medium` took."""

ROOMY = 2
"""How often the most rows of a plan's batches must fit a disk for which rows need not be counted: beside them is what
geographies have, and what follows."""


@dataclass(frozen=True)
class Use:
    """Use of one kind of container of a geography, as shares of those in production.

    `utilisation` is from day 780 of the record to the as-of day; None in a shorter record.
    """

    geography: str
    kind: str
    containers: int
    planned_peak: float
    utilisation: float | None


@dataclass(frozen=True)
class Outlook:
    """A plan in figures; `bound` names what kept it from holding all batches asked for."""

    preset: str
    seed: int
    stagger_days: int
    saturation: float
    batches: dict[str, int]
    bound: str | None
    first_start: date
    last_start: date
    as_of: date
    expected_harvested: int
    uses: tuple[Use, ...]
    utilisation_by_geography: dict[str, float | None]
    utilisation_by_kind: dict[str, float | None]
    utilisation: float | None
    rows: dict[str, int]
    disk_bytes: int


def expected_rows(case: Case, histories: dict[int, History]) -> dict[str, "Counter[str]"]:
    """Rows by table that each unit of a lived plan will have."""
    return {record.unit: expected(record) for record in records(case, histories)}


def most_rows(case: Case) -> "Counter[str]":
    """Rows by table that the batches of a plan may have at most, as their keys are laid out."""
    batches = (*case.batches, *case.mixed.values())
    return sum((most_rows_of(life(case, batch)) for batch in batches), Counter())


def following_rows(case: Case, histories: dict[int, History]) -> "Counter[str]":
    """Rows by table that are worked out from the record of a lived plan."""
    return Counter(analysis.expected(case, histories)) + Counter(books.expected(case, histories))


def disk_bytes(rows: "Counter[str]") -> int:
    """Disk that a database of these rows takes, with their indexes and the log."""
    of_rows = sum(count * BYTES_PER_ROW.get(table, BYTES_PER_OTHER_ROW) for table, count in rows.items())
    return EMPTY_BYTES + of_rows + int(min(LOG_SHARE * of_rows, MOST_LOG_BYTES))


def foresee(case: Case, histories: dict[int, History], bound: str | None = None) -> Outlook:
    """A plan that was lived, in figures."""
    plan, farm = case.plan, case.farm
    stock = containers_by_kind(farm)
    peak = planned_occupancy(plan, farm).max(axis=0)
    occupied = occupancy(case, histories)[UTILISATION_FROM_DAY:]
    mean = occupied.mean(axis=0) if len(occupied) else np.full_like(stock, np.nan)
    rows: Counter[str] = sum(expected_rows(case, histories).values(), Counter())
    rows += following_rows(case, histories)
    here = np.flatnonzero(stock.sum(axis=1))
    return Outlook(
        plan.preset,
        plan.seed,
        plan.stagger_days,
        plan.saturation,
        {farm.geography_name[g]: sum(batch.geography == g for batch in plan.batches) for g in here},
        bound,
        plan.first_day,
        max(batch.start for batch in plan.batches),
        plan.as_of,
        sum(len(history.completed()) for history in histories.values()),
        tuple(
            Use(
                farm.geography_name[g],
                farm.stage_name[stage],
                int(stock[g, stage]),
                float(peak[g, stage] / stock[g, stage]),
                _share(mean[g, stage], stock[g, stage]),
            )
            for g in here
            for stage in np.flatnonzero(stock[g])
        ),
        {farm.geography_name[g]: _share(mean[g], stock[g]) for g in here},
        {name: _share(mean[:, stage], stock[:, stage]) for stage, name in enumerate(farm.stage_name)},
        _share(mean, stock),
        dict(rows),
        disk_bytes(rows),
    )


def occupancy(case: Case, histories: dict[int, History]) -> Floats:
    """Containers occupied on each day of the record [days, geographies, stages]."""
    change = np.zeros((case.plan.days + 1, len(case.farm.geography_name), len(case.stages.key)))
    for geography, history in histories.items():
        stays = history.assignments
        here = change[:, geography]
        np.add.at(here, (stays.first_day, stays.stage), 1.0)
        np.subtract.at(here, (stays.departure_day, stays.stage), 1.0)
    return np.cumsum(change, axis=0)[: case.plan.days]


def _share(occupied: Floats, stock: Floats) -> float | None:
    share = float(np.sum(occupied) / max(float(np.sum(stock)), 1.0))
    return None if np.isnan(share) else share
