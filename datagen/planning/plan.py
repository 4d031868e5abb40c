"""The frozen plan: every batch with its start, eggs, harvest target and containers, stage by stage."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from aquamind.errors import UserError
from datagen.arrays import Dates, Floats, Ints
from datagen.biology.water import day_of_year
from datagen.catalog.ways import Imperfections, WayName
from datagen.farm import Farm

Versions: TypeAlias = Literal["edited", "all"]


@dataclass(frozen=True)
class Mixed:
    """Of which two batches of the plan (indices) one is a mix: a ring of the older, and `part` as many fish of the
    younger as it puts into each of its own rings. The mix has left the ring on the day that it `ends`."""

    older: int
    younger: int
    part: float
    ends: date


@dataclass(frozen=True)
class BatchPlan:
    """One batch: `containers[stage]` are indices into the farm, in the order in which they are filled.

    `growth` is its pace, as a multiple of the catalog's; `harvest_from`, the day before which no harvest is decided on,
    however heavy the fish are. One that is `mixed` begins at sea, in one ring: it follows from a plan.
    """

    number: str
    geography: int
    start: date
    eggs: int
    harvest_target_g: float
    containers: tuple[tuple[int, ...], ...]
    growth: float = 1.0
    harvest_from: date | None = None
    mixed: Mixed | None = None

    @property
    def harvest_from_day(self) -> int:
        """Day of life, from 0, on which a harvest may first be decided on; 0 where it may at any time."""
        return 0 if self.harvest_from is None else (self.harvest_from - self.start).days


@dataclass(frozen=True)
class Plan:
    """What will be simulated: the batches in order of their start, and the last day of the record.

    `containers_per_stage` is None where batches take as many as the saturation leaves them. `stage_starts` are the days
    of life on which the stages begin, and last the day by which a batch has been harvested.
    `way` is how it is lived, and `imperfections` how badly it is recorded. `versions` says of which tables there is an
    audit trail: of what people edit, or of the mass of the record too.
    """

    preset: str
    seed: int
    as_of: date
    years: float
    stagger_days: int
    saturation: float
    containers_per_stage: int | None
    stage_starts: tuple[int, ...]
    batches: tuple[BatchPlan, ...]
    way: WayName = "planned"
    imperfections: Imperfections = "none"
    versions: Versions = "edited"

    @cached_property
    def first_day(self) -> date:
        return min(batch.start for batch in self.batches)

    @cached_property
    def days(self) -> int:
        """Days of the record, from the first batch's start to the as-of day, both included."""
        return (self.as_of - self.first_day).days + 1

    def dates(self) -> Dates:
        """Every day of the record."""
        dates: Dates = np.datetime64(self.first_day) + np.arange(self.days)
        return dates

    def days_of_year(self) -> Floats:
        """1 on the first of January, by day of the record."""
        return day_of_year(self.dates())

    @cached_property
    def starts(self) -> Ints:
        """Day of the record on which each batch starts."""
        # The simulation asks for it on every day of every batch at sea.
        return np.array([(batch.start - self.first_day).days for batch in self.batches], np.int64)

    @property
    def sea(self) -> int:
        """Index of the stage at sea, the last."""
        return len(self.stage_starts) - 2

    def stage_days(self, stage: int) -> int:
        return self.stage_starts[stage + 1] - self.stage_starts[stage]


EARLIEST_AS_OF, LATEST_AS_OF = date(1950, 1, 1), date(2199, 12, 31)
"""The record's last day lies within."""

LONGEST_RECORD_DAYS = 100 * 365
"""No record begins earlier before its last day: it would fill the memory."""

UTILISATION_FROM_DAY = 780
"""Utilisation is measured from this day of the record on, when the first batches are grown (reading of the guide)."""


def planned_occupancy(plan: Plan, farm: Farm) -> Floats:
    """Containers planned to be occupied, by day, geography and stage [days, geographies, stages]; longest lives.

    The days reach to the end of the last planned life: the peak may lie after the as-of day.
    """
    starts = plan.starts
    days = int(starts.max()) + plan.stage_starts[-1] + 1
    change = np.zeros((days + 1, len(farm.geography_name), len(plan.stage_starts) - 1))
    for batch, start in zip(plan.batches, starts, strict=True):
        for stage, containers in enumerate(batch.containers):
            first, end = start + plan.stage_starts[stage], start + plan.stage_starts[stage + 1]
            change[min(first, days), batch.geography, stage] += len(containers)
            change[min(end, days), batch.geography, stage] -= len(containers)
    return np.cumsum(change, axis=0)[:days]


def containers_by_kind(farm: Farm) -> Floats:
    """Containers in production, by geography and by the stage that lives in them [geographies, stages]."""
    count = np.zeros((len(farm.geography_name), len(farm.stage_name)))
    stage = np.asarray(farm.unit_stage)[farm.container_unit]
    used = farm.container_in_production & (stage >= 0)
    np.add.at(count, (farm.container_geography[used], stage[used]), 1)
    return count


def check_as_of(start: date, as_of: date) -> None:
    """A batch that has not begun by the as-of day has no history; dates far off are slips of the pen."""
    if not EARLIEST_AS_OF <= as_of <= LATEST_AS_OF:
        raise UserError("as-of", as_of.isoformat(), f"Give a day from {EARLIEST_AS_OF} to {LATEST_AS_OF}.")
    if (as_of - start).days > LONGEST_RECORD_DAYS:
        cure = f"It lies more than {LONGEST_RECORD_DAYS // 365} years before the as-of day {as_of.isoformat()}."
        raise UserError("start-date", start.isoformat(), f"{cure} Start later.")
    if start > as_of:
        raise UserError(
            "start-date",
            start.isoformat(),
            f"It is after the as-of day {as_of.isoformat()}. Start by then, or set a later --as-of.",
        )
