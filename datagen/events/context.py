"""What record families expand: a batch, or a geography, with its history, the farm's ids, dates and keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from apps.batch.models import BatchContainerAssignment
from datagen.arrays import Dates, Floats, Ints
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.stages import Stages
from datagen.catalog.ways import Way
from datagen.farm import Farm
from datagen.planning.plan import BatchPlan, Versions
from datagen.simulation.history import History
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.events.collecting import Booked
    from datagen.events.counting import Stock

Model: TypeAlias = Any
Rows: TypeAlias = tuple[Model, pa.RecordBatch]


@dataclass(frozen=True)
class Was:
    """What rows were from a moment on, NaT for those that never were so: the columns that say something else now."""

    at: Dates
    columns: Mapping[str, Any] = field(default_factory=dict)
    by: Ints | None = None
    """Who made them so, where no column says it."""
    why: Any = None
    """What was said of it, a column of texts."""


Changing: TypeAlias = tuple[Model, pa.RecordBatch, tuple[Was, ...]]
"""Rows as they are, and what they were before: as created, then after each change, the last of which made them so."""

CHUNK_ROWS = 65_536


def since_monday(dates: Dates) -> Ints:
    """Days since a Monday; in whole weeks, that of a calendar's week."""
    # 1970 began with a Thursday.
    days: Ints = dates.astype("datetime64[D]").astype(np.int64) + 3
    return days


@dataclass(frozen=True)
class LongestLife:
    """The longest life the plan allows a batch: eggs; containers, days and sensors by stage; rings are those at sea.

    One that is mixed begins at sea, some of it out of so many tanks at most.
    """

    catalog: Catalog
    way: Way
    stages: Stages
    eggs: int
    containers: Ints
    days: Ints
    sensors: Ints
    versions: Versions
    most_tanks: int = 0

    @property
    def mixed(self) -> bool:
        return self.most_tanks > 0

    @property
    def container_days(self) -> Ints:
        return self.containers * self.days

    @property
    def rings(self) -> int:
        return int(self.containers[-1])

    @property
    def harvests(self) -> int:
        """Most times that fish are taken for slaughter."""
        return self.rings * (1 if self.way.slaughter is None else self.way.slaughter.most_portions)


class OfBatch:
    """What is known of a batch by its plan: catalog, farm, days, keys and random numbers."""

    case: Case
    index: int
    first_id: Mapping[str, int]

    @property
    def catalog(self) -> Catalog:
        return self.case.catalog

    @property
    def farm(self) -> Farm:
        return self.case.farm

    @property
    def batch(self) -> BatchPlan:
        return self.case.batches[self.index]

    @cached_property
    def plan_first_day(self) -> date:
        return self.case.plan.first_day

    @property
    def as_of(self) -> date:
        return self.case.plan.as_of

    @property
    def unit(self) -> str:
        """What the ledger calls it."""
        return self.batch.number

    @property
    def stride(self) -> int:
        """From key to key."""
        return 1

    def ids(self, model: Model, count: int) -> Ints:
        """The first `count` primary keys of the batch's block in a table."""
        return self.first_id[model._meta.db_table] + np.arange(count)

    def date(self, day: Ints | int) -> Dates:
        """Calendar date of a day of the record."""
        dates: Dates = np.datetime64(self.plan_first_day) + np.asarray(day)
        return dates

    def weekday(self, day: Ints) -> Ints:
        """Of days of the record, 0 for Monday."""
        return since_monday(self.date(day)) % 7

    def at(self, day: Ints | int, hour: npt.ArrayLike) -> Dates:
        """Moment of an hour on a day of the record, UTC."""
        minutes = np.asarray(np.rint(np.asarray(hour) * 60), np.int64)
        moments: Dates = self.date(day).astype("datetime64[us]") + minutes.astype("timedelta64[m]")
        return moments

    def stream(self, *names: object) -> np.random.Generator:
        return stream(self.case.plan.seed, self.batch.number, *names)

    @property
    def start_day(self) -> int:
        """Day of the record on which the batch starts."""
        return (self.batch.start - self.plan_first_day).days

    @property
    def begin_day(self) -> int:
        """Day of the record from which on the record knows it: of a mix that on which it was made."""
        return self.start_day

    @property
    def last_day(self) -> int:
        """Day of the record that is the as-of day."""
        return (self.as_of - self.plan_first_day).days

    @property
    def batch_id(self) -> int:
        return self.first_id["batch_batch"]

    @cached_property
    def harvested_day(self) -> int:
        """Day of the record on which its last ring is emptied, by the plan."""
        return self.start_day + self.case.forecast(self.batch).harvested

    def staff(self, role: str) -> Ints:
        return self.farm.user_ids(role, self.batch.geography)


@dataclass(frozen=True)
class ComingRecord(OfBatch):
    """A batch ahead of the as-of day; its keys are those that it will have when it has begun."""

    case: Case
    index: int
    first_id: Mapping[str, int]


@dataclass(frozen=True)
class BatchRecord(OfBatch):
    """One batch to be expanded. `first_id` is the first primary key of its block in each table (by table name)."""

    case: Case
    index: int
    history: History
    first_id: Mapping[str, int]

    @property
    def stages(self) -> Stages:
        return self.case.stages

    @property
    def sea(self) -> int:
        return self.case.sea

    @property
    def stage_starts(self) -> tuple[int, ...]:
        return self.case.plan.stage_starts

    def stage_day(self, stage: int) -> int:
        """Day of the record on which the plan has the first fish in a stage."""
        return self.start_day + self.stage_starts[stage] - int(self.early(stage).max())

    def stage_days(self, stage: int) -> int:
        """Days from that one to the end of the stage, by plan."""
        return self.stage_starts[stage + 1] - self.stage_starts[stage] + int(self.early(stage).max())

    def early(self, stage: int) -> Ints:
        """How many days before its stage begins each of the containers planned for it gets fish; below 0: late."""
        if stage == self.sea:
            return self.case.early_days[self.index]
        return np.zeros(len(self.batch.containers[stage]), np.int64)

    def graded(self, stage: int) -> bool:
        """Whether the fish were sorted by size on the way to a stage."""
        return stage > 0 and self.case.graded[self.index] == stage

    def places(self, stage: int) -> tuple[Ints, Ints]:
        """The stay in each container that the plan has for a stage, -1 where it has not begun, and days before it.

        The days are those from the first on which the plan has fish in the stage. So what is drawn for all containers
        does not hang on which have fish already.
        """
        a, planned = self.history.assignments, len(self.batch.containers[stage])
        begun = np.flatnonzero(a.stage == stage)
        stays = np.append(begun, np.full(planned - len(begun), -1))
        return stays, np.where(stays >= 0, a.first_day[stays] - self.stage_day(stage), 0)

    @property
    def mix(self) -> BatchPlan | None:
        """The batch that is made of some of its fish and those of an older one."""
        return self.case.mixed.get(self.index)

    @cached_property
    def assignment_id(self) -> Ints:
        return self.ids(BatchContainerAssignment, len(self.history.assignments.batch))

    @cached_property
    def container_id(self) -> Ints:
        """Database id of each assignment's container."""
        return self.farm.container_id[self.history.assignments.container]

    @cached_property
    def booked(self) -> "Booked":
        """What the record has of its dead."""
        from datagen.events.collecting import booked  # which is a family of such records

        return booked(self)

    @cached_property
    def stock(self) -> "Stock":
        """How the book of its rings is off, and what slaughter counted."""
        from datagen.events.counting import stock  # which is a family of such records

        return stock(self)

    @cached_property
    def row_assignment(self) -> Ints:
        """Assignment of each container-day."""
        assignments = self.history.assignments
        return np.repeat(np.arange(len(assignments.days)), assignments.days)

    @cached_property
    def row_day(self) -> Ints:
        """Day of the record of each container-day."""
        assignments = self.history.assignments
        begins = assignments.first_day - assignments.row
        return np.arange(int(assignments.days.sum())) + begins[self.row_assignment]

    def luck(self, subject: str) -> Floats:
        """A number from 0 to 1 for each container-day, by its day and container: the same in a longer record."""
        luck = np.empty(len(self.row_day))
        for stage, rows, day, place in self._rows_of_stages:
            shape = (int(day.max()) + 1, len(self.batch.containers[stage]))
            luck[rows] = self.stream(self.stages.key[stage], subject).random(shape, dtype=np.float32)[day, place]
        return luck

    @cached_property
    def _rows_of_stages(self) -> list[tuple[int, Ints, Ints, Ints]]:
        """Of each stage its container-days, of each of them the day of the stage, and the place of its container."""
        stays, found = self.history.assignments, []
        for stage in np.unique(stays.stage).tolist():
            rows = np.flatnonzero(stays.stage[self.row_assignment] == stage)
            places = {container: place for place, container in enumerate(self.batch.containers[stage])}
            place = np.array([places.get(container, -1) for container in stays.container.tolist()])
            found.append((stage, rows, self.row_day[rows] - self.stage_day(stage), place[self.row_assignment[rows]]))
        return found

    def chronological(self, rows: Ints) -> Ints:
        """These container-days by day, then assignment: a longer history then only adds rows at the end."""
        return rows[np.lexsort((self.row_assignment[rows], self.row_day[rows]))]


@dataclass(frozen=True)
class MixedRecord(BatchRecord):
    """A batch that began as a mix of two others; `index` is that of the younger one, with which it counts its days.

    `source_ids` are the first keys of those two by their indices.
    """

    mixed: BatchPlan
    source_ids: Mapping[int, Mapping[str, int]]

    @property
    def batch(self) -> BatchPlan:
        return self.mixed

    @property
    def mix(self) -> BatchPlan | None:
        return None

    @property
    def begin_day(self) -> int:
        return int(self.history.assignments.first_day[0])

    def early(self, stage: int) -> Ints:
        return np.zeros(len(self.batch.containers[stage]), np.int64)


@dataclass(frozen=True)
class GeographyRecord:
    """What a geography has besides its batches. Keys count from `first_id` (by table name) by `stride`.

    So geographies interleave, and each can go on for ever.
    """

    case: Case
    history: History
    first_id: Mapping[str, int]
    stride: int

    @property
    def unit(self) -> str:
        """What the ledger calls it."""
        return unit_of(self.case, self.history.geography)

    def ids(self, model: Model, count: int) -> Ints:
        """The first `count` primary keys of the geography in a table."""
        return self.first_id[model._meta.db_table] + self.stride * np.arange(count)


def unit_of(case: Case, geography: int) -> str:
    """What the ledger calls what a geography has: by its first batch, for a database may hold several plans."""
    first = next(batch.number for batch in case.plan.batches if batch.geography == geography)
    return f"feed from {first} on"


Record: TypeAlias = BatchRecord | ComingRecord | GeographyRecord


def life(case: Case, batch: BatchPlan) -> LongestLife:
    """The longest life of a batch of the plan."""
    per_stage = [np.array(containers, np.int64) for containers in batch.containers]
    days = np.diff(case.plan.stage_starts)
    days[-1] += 0 if case.way.sea_transfer is None else case.way.sea_transfer.days_max - 1
    sensors = [int((case.farm.container_sensors[containers[:1]] >= 0).sum()) for containers in per_stage]
    return LongestLife(
        case.catalog,
        case.way,
        case.stages,
        batch.eggs,
        np.array([len(containers) for containers in per_stage]),
        days,
        np.array(sensors),
        case.plan.versions,
        0 if batch.mixed is None else len(case.batches[batch.mixed.younger].containers[-2]),
    )


def nearest_rows(record: BatchRecord, assignment: Ints, day: Ints) -> Ints:
    """Container-day of each assignment on a day, or on its nearest day where it has no record of that one."""
    assignments = record.history.assignments
    offset = np.clip(day - assignments.first_day[assignment], 0, assignments.days[assignment] - 1)
    rows: Ints = assignments.row[assignment] + offset
    return rows
