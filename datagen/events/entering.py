"""How what happened is entered: on its day or days later, and now and then with a remark beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from datagen.arrays import Bools, Dates, Floats, Ints
from datagen.catalog.ways.recording import Late
from datagen.events.context import BatchRecord
from datagen.streams import stream

CAUGHT_UP = 8.0, 15.0
"""Hours of a day between which people catch up (invented)."""

ASKED_FOR = 3
"""Day of a month by which all of the month before is entered, for its costs are in the books a day later (invented)."""


def late(record: BatchRecord, subject: str, rows: Ints) -> Dates | None:
    """When entries of container-days were made that were not made on their day, NaT for the others; None if all were.

    What would not be entered by the as-of day is said to have come on its day, until it has been entered.
    """
    spec, often = record.case.recording
    if spec is None or spec.entries is None or spec.entries.late is None:
        return None
    unit = record.farm.container_unit[record.history.assignments.container][record.row_assignment[rows]]
    later = np.full((int(unit.max(initial=0)) + 1, record.last_day + 1), np.datetime64("NaT", "us"))
    for each in np.unique(unit):
        later[each] = _later(record, int(each), subject, spec.entries.late, often)
    moments: Dates = later[unit, record.row_day[rows]]
    return moments


def entered(on_time: Dates, late: Dates | None) -> Dates:
    """When entries were made that are made `on_time`, but for those that were not."""
    return on_time if late is None else np.where(np.isnat(late), on_time, late)


def _later(record: BatchRecord, unit: int, subject: str, spec: Late, often: float) -> Dates:
    """When the entries of each day of the record of a hall or area are made, NaT for on their day."""
    farm, day = record.farm, np.arange(record.last_day + 1)
    place = farm.geography_code[record.batch.geography]
    luck = stream(record.case.plan.seed, place, farm.unit_code[unit], f"{subject}, late").random((len(day), 3))
    forgotten = luck[:, 0] < often * np.where(record.weekday(day) >= 5, spec.weekends, spec.weekdays)
    days = spec.days * lognormal(luck[:, 1], spec.spread)
    due = day + np.clip(np.rint(days), 1, spec.most_days).astype(np.int64)
    due += np.where(record.weekday(due) >= 5, 7 - record.weekday(due), 0)
    # Whoever closes a month asks for what is missing.
    month = record.date(day).astype("datetime64[M]") + 1
    asked = (month.astype("datetime64[D]") - np.datetime64(record.plan_first_day)).astype(np.int64) + ASKED_FOR - 1
    due = np.minimum(due, asked)
    begin, end = CAUGHT_UP
    moments = record.at(due, begin + (end - begin) * luck[:, 2])
    made: Dates = np.where(forgotten & (due <= record.last_day), moments, np.datetime64("NaT", "us"))
    return made


def lognormal(luck: Floats, spread: float) -> Floats:
    """By what a median is multiplied; two halves of a logistic curve are near enough to a normal one."""
    times: Floats = np.exp(spread * np.log((luck + 1e-4) / (1.0 - luck + 1e-4)) / 1.7)
    return times


def remarks(luck: Floats, said: Iterable[tuple[Bools, Sequence[str], float]]) -> tuple[list[str], Ints]:
    """What stands beside rows, on most nothing: all texts, and of each row which.

    Said is for kinds of rows which they are, what people write, and on which share of them.
    """
    texts, place = [""], np.zeros(luck.shape, np.int64)
    for of, each, share in said:
        noted = of & (luck < share)
        place[noted] = len(texts) + np.minimum(luck[noted] / share * len(each), len(each) - 1).astype(np.int64)
        texts += each
    return texts, place


def notes(record: BatchRecord, luck: Callable[[], Floats], kinds: Mapping[str, Bools]) -> tuple[list[str], Ints] | None:
    """What is written beside rows of these kinds, as above; None where nobody writes any."""
    spec, often = record.case.recording
    if spec is None or spec.entries is None or not spec.entries.notes:
        return None
    said = [each for each in spec.entries.notes if each.beside in kinds]
    return remarks(luck(), ((kinds[each.beside], each.remarks, often * each.noted_share) for each in said))
