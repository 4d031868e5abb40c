"""What fish died of by the judgement of health staff: the week's dead of every container at sea, by reason."""

from collections.abc import Iterator

import numpy as np

from apps.health.models import MortalityRecord
from datagen.arrays import Ints
from datagen.biology.mortality import CAUSES
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.storage.arrow import record_batch

WEEK = 7


def most_rows(life: LongestLife) -> dict[str, int]:
    weeks = life.days[-1] // WEEK + 2
    return {"health_mortalityrecord": int(life.rings * weeks * len(CAUSES))}


def expected(record: BatchRecord) -> dict[str, int]:
    return {"health_mortalityrecord": len(_weeks(record)[0])}


def expand(record: BatchRecord) -> Iterator[Rows]:
    assignment, cause, count, day = _weeks(record)
    vets = record.staff("VET")
    yield (
        MortalityRecord,
        record_batch(
            MortalityRecord,
            len(count),
            id=record.ids(MortalityRecord, len(count)),
            batch_id=record.batch_id,
            container_id=record.container_id[assignment],
            assignment_id=record.assignment_id[assignment],
            reason_id=record.farm.cause_reason_id[cause],
            # The veterinarian looks at the week's dead on its last day.
            event_date=record.at(day, 15 + record.index % len(vets)),
            count=count,
        ),
    )


def _weeks(record: BatchRecord) -> tuple[Ints, Ints, Ints, Ints]:
    """Assignment, cause, fish and day of each judgement, in order of time: of weeks from Monday that are over.

    The week in which a container is emptied is judged on its last day.
    """
    history = record.history
    stays, booked = history.assignments, record.booked
    at_sea = stays.stage[record.row_assignment] == record.sea
    rows = np.flatnonzero(at_sea & (booked.deaths > 0))
    assignment, day = record.row_assignment[rows], record.row_day[rows]
    epoch = int(np.datetime64(record.plan_first_day).astype("datetime64[D]").astype(np.int64))
    # The first day of 1970 was a Thursday.
    sunday = (epoch + day + 3) // WEEK * WEEK + 3 - epoch
    judged = np.minimum(sunday, np.where(stays.left[assignment], stays.departure_day[assignment] - 1, sunday))
    over = judged <= record.last_day
    shape = (record.case.plan.days, len(stays.days), len(CAUSES))
    keys = np.ravel_multi_index((judged[over], assignment[over], booked.cause[rows[over]].astype(np.int64)), shape)
    found, of = np.unique(keys, return_inverse=True)
    day, assignment, cause = np.unravel_index(found, shape)
    count = np.bincount(of, booked.deaths[rows[over]], len(found)).astype(np.int64)
    return assignment, cause, count, day
