"""Upkeep of the tanks of a geography's broodstock, done and ahead."""

from collections.abc import Iterator

import numpy as np

from apps.broodstock.models import MaintenanceTask
from datagen.arrays import Ints, where_true
from datagen.case import Case
from datagen.catalog.broodstock import Parents
from datagen.events.context import Changing, GeographyRecord, Was
from datagen.events.orders import own_parents
from datagen.events.parents import tanks
from datagen.storage.arrow import record_batch
from datagen.streams import stream

TABLES: tuple[str, ...] = ("broodstock_maintenancetask",)

CLEANING_DAYS = 14
INSPECTION_DAYS = 91
REPAIRS_PER_YEAR = 1.5
AHEAD_DAYS = 28
"""Cleaned and inspected so often, planned so far ahead; invented."""

KINDS = ("cleaning", "inspection", "repair")
NOTES = ("Drained, scrubbed and disinfected", "Inlet, outlet, level and alarm", "Valve or pump")


def most_rows_a_day(case: Case, geography: int) -> int:
    """A task of each tank that parents may be in."""
    farm = case.farm
    return int(((farm.container_geography == geography) & ~farm.container_in_production).sum())


def expected(record: GeographyRecord) -> dict[str, int]:
    day, tank, _ = _tasks(record)
    done = int((_done_day(record, day, tank) < record.case.plan.days).sum()) if len(day) else 0
    return {"broodstock_maintenancetask": len(day), "broodstock_historicalmaintenancetask": done}


def expand(record: GeographyRecord) -> Iterator[Changing]:
    """Keys go by day and tank."""
    day, tank, kind = _tasks(record)
    if not len(day):
        return
    case, parents = record.case, _parents(record)
    assert parents is not None
    own = np.concatenate(tanks(case, parents))
    first = np.datetime64(case.plan.first_day)
    at = (first + day).astype("datetime64[us]") + np.timedelta64(8, "h")
    done_day = _done_day(record, day, tank)
    done = (first + done_day).astype("datetime64[us]") + np.timedelta64(13, "h")
    ahead = done_day >= case.plan.days
    # Written so long ahead, but for what breaks.
    planned = at - np.where(kind == KINDS.index("repair"), 0, AHEAD_DAYS).astype("timedelta64[D]")
    staff = case.farm.user_ids("MGR", record.history.geography)
    open_task = {"completed_date": None, "updated_at": planned}
    yield (
        MaintenanceTask,
        record_batch(
            MaintenanceTask,
            len(day),
            id=record.first_id["broodstock_maintenancetask"] + record.stride * (day * len(own) + tank),
            container_id=case.farm.container_id[own[tank]],
            created_by_id=int(staff[0]),
            task_type=np.array(KINDS)[kind],
            scheduled_date=at,
            completed_date=np.where(ahead, np.datetime64("NaT", "us"), done),
            notes=[NOTES[each] for each in kind],
            created_at=planned,
            updated_at=np.where(ahead, planned, done),
        ),
        (Was(planned, open_task), Was(np.where(ahead, np.datetime64("NaT", "us"), done))),
    )


def _done_day(record: GeographyRecord, day: Ints, tank: Ints) -> Ints:
    """Day of the record on which each task is done: its own, or up to two days later."""
    case, code = record.case, record.case.farm.geography_code[record.history.geography]
    parents = _parents(record)
    assert parents is not None
    shape = (case.plan.days + AHEAD_DAYS, sum(map(len, tanks(case, parents))))
    late: Ints = stream(case.plan.seed, code, "upkeep done").integers(0, 3, shape)
    return day + late[day, tank]


def _parents(record: GeographyRecord) -> Parents | None:
    """The geography's broodstock, where a batch of the plan comes from it."""
    here = (batch for batch in record.case.plan.batches if batch.geography == record.history.geography)
    return next((parents for batch in here if (parents := own_parents(record.case, batch))), None)


def _tasks(record: GeographyRecord) -> tuple[Ints, Ints, Ints]:
    """Day of the record, tank and kind of each task, by day; a tank has one a day at most, the rarer first."""
    parents = _parents(record)
    if parents is None:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing
    case, code = record.case, record.case.farm.geography_code[record.history.geography]
    days, count = case.plan.days + AHEAD_DAYS, sum(map(len, tanks(case, parents)))
    # A tank has days of its own.
    day, tank = np.arange(days)[:, None], np.arange(count)[None]
    kind = np.where((day + 5 * tank) % CLEANING_DAYS == 0, 0, -1)
    kind = np.where((day + 17 * tank) % INSPECTION_DAYS == 0, 1, kind)
    broken = stream(case.plan.seed, code, "repairs").random((days, count)) < REPAIRS_PER_YEAR / 365
    # What will break nobody knows.
    kind = np.where(broken & (day < case.plan.days), 2, kind)
    on, at = where_true(kind >= 0)
    return on, at, kind[on, at]
