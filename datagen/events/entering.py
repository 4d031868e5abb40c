"""How what happened is entered: on its day or days later, and now and then with a remark beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from datagen.arrays import Bools, Dates, Floats, Ints
from datagen.catalog.ways.recording import Corrections, Late
from datagen.events import duty
from datagen.events.context import BatchRecord, LongestLife, Was, since_monday
from datagen.storage.arrow import Array, chosen
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case

CAUGHT_UP = 8.0, 15.0
"""Hours of a day between which people catch up (invented)."""

ASKED_FOR = 3
"""Day of a month by which all of the month before is entered, for its costs are in the books a day later (invented)."""

DEATHS, MEALS, WEIGHINGS = "deaths", "meals", "weighings"
"""What is entered late, and drawn for by these names."""

LAST_CORRECTION_HOUR = 22
"""Of a day, by which what was mistyped and noticed on it has been put right (invented)."""

NOTICED = 8.0, 16.0
"""Hours of a later day between which it is noticed what was mistyped, and put right (invented)."""


def late(record: BatchRecord, subject: str, rows: Ints) -> Dates | None:
    """When entries of container-days were made, NaT for those made on their day; None if all were."""
    if subject not in record.case.late_entries:
        return None
    unit = record.farm.container_unit[record.history.assignments.container]
    moments: Dates = record.case.late_entries[subject][unit[record.row_assignment[rows]], record.row_day[rows]]
    return moments


def late_entries(case: "Case") -> dict[str, Dates]:
    """Of deaths, meals and weighings, when those of a day of the record were entered that came later [units, days].

    What would not be entered by the as-of day is said to have come on its day (NaT), until it has been entered.
    """
    spec, often = case.recording
    if spec is None or spec.entries is None or spec.entries.late is None:
        return {}
    return {subject: _late(case, subject, spec.entries.late, often) for subject in (DEATHS, MEALS, WEIGHINGS)}


def entered(on_time: Dates, late: Dates | None) -> Dates:
    """When entries were made that are made `on_time`, but for those that were not."""
    return on_time if late is None else np.where(np.isnat(late), on_time, late)


def _late(case: "Case", subject: str, spec: Late, often: float) -> Dates:
    farm, dates = case.farm, case.plan.dates().astype("datetime64[D]")
    forgetting = often * np.where(since_monday(dates) % 7 >= 5, spec.weekends, spec.weekdays)
    late = np.full((len(farm.unit_code), len(dates)), np.datetime64("NaT", "us"))
    for unit in np.flatnonzero(np.isin(farm.unit_geography, case.geographies) & farm.unit_in_production):
        place = farm.geography_code[farm.unit_geography[unit]]
        luck = stream(case.plan.seed, place, farm.unit_code[unit], f"{subject}, late").random((len(dates), 3))
        forgotten = np.flatnonzero(luck[:, 0] < forgetting)
        late[unit, forgotten] = _caught_up(dates[forgotten], luck[forgotten], spec)
    return np.where(late.astype("datetime64[D]") <= dates[-1], late, np.datetime64("NaT", "us"))


def _caught_up(dates: Dates, luck: Floats, spec: Late) -> Dates:
    """When what was forgotten on these days is entered: on a weekday."""
    days = np.clip(np.rint(spec.days * lognormal(luck[:, 1], spec.spread)), 1, spec.most_days)
    due = dates + days.astype("timedelta64[D]")
    weekday = since_monday(due) % 7
    due += np.where(weekday >= 5, 7 - weekday, 0).astype("timedelta64[D]")
    # Whoever closes a month asks for what is missing.
    asked = (dates.astype("datetime64[M]") + 1).astype("datetime64[D]") + np.timedelta64(ASKED_FOR - 1, "D")
    begin, end = CAUGHT_UP
    minutes = np.rint(60 * (begin + (end - begin) * luck[:, 2])).astype("timedelta64[m]")
    moments: Dates = np.minimum(due, asked).astype("datetime64[us]") + minutes
    return moments


def mistyped(value: Ints) -> Ints:
    """Numbers of which two digits change places, or the last one is typed twice.

    >>> mistyped(np.array([512, 40, 77, 3])).tolist()
    [521, 4, 777, 33]
    """
    tens, ones = value // 10 % 10, value % 10
    swapped = value - 10 * tens - ones + 10 * ones + tens
    typed: Ints = np.where((tens != ones) & (value >= 10), swapped, 10 * value + ones)
    return typed


@dataclass(frozen=True)
class Corrected:
    """Which of some rows were mistyped at first, when they were put right (NaT for the others), and what was said."""

    rows: Bools
    at: Dates
    why: Array

    def typed(self, value: Ints) -> Ints:
        """What was entered first."""
        first: Ints = np.where(self.rows, mistyped(value), value)
        return first


def updated(made: Dates, put_right: Corrected | None) -> Dates:
    """When rows were last changed."""
    return made if put_right is None else np.where(put_right.rows, put_right.at, made)


def versions(
    record: BatchRecord,
    rows: Ints,
    made: Dates,
    put_right: Corrected | None,
    typed: Callable[[Corrected], dict[str, Any]],
) -> tuple[Was, ...]:
    """What rows of container-days were as they were made, with what was `typed`, and those put right after that.

    Who is on duty puts it right: on the same day it is who had entered it.
    """
    stays = record.row_assignment[rows]
    by = duty.on_duty(record, stays, made)
    if put_right is None:
        return (Was(made, by=by),)
    then = duty.on_duty(record, stays, updated(made, put_right))
    return Was(made, {**typed(put_right), "updated_at": made}, by), Was(put_right.at, by=then, why=put_right.why)


def may_correct(life: LongestLife) -> bool:
    """Whether rows of batches of the plan may have been wrong at first."""
    spec = life.way.recording
    return spec is not None and spec.entries is not None and spec.entries.corrections is not None


def corrections(record: BatchRecord, subject: str, rows: Ints) -> int:
    """How many rows of these container-days were mistyped and put right by the last day of the record."""
    luck = _luck_of_typing(record, subject, rows)
    return 0 if luck is None else int((luck < 1.0).sum())


def corrected(record: BatchRecord, subject: str, rows: Ints, made: Dates) -> Corrected | None:
    """Which rows of container-days, each `made` at its time, were mistyped; None where nobody ever errs."""
    spec, _ = record.case.recording
    luck = _luck_of_typing(record, subject, rows)
    if luck is None or spec is None or spec.entries is None or spec.entries.corrections is None:
        return None
    each, wrong = spec.entries.corrections, luck < 1.0
    evening = made.astype("datetime64[D]").astype("datetime64[us]") + np.timedelta64(LAST_CORRECTION_HOUR, "h")
    later = 60 * each.hours * lognormal(np.minimum(luck, 1.0), each.spread)
    at = np.minimum(made + np.ceil(later).astype("timedelta64[m]"), evening)
    days, part = np.divmod(_unnoticed_days(luck, each), 1.0)
    begin, end = NOTICED
    noticed = record.at(record.row_day[rows] + days.astype(np.int64), begin + (end - begin) * part)
    # What was entered late may have been noticed by then: at once.
    at = np.where((days > 0) & (noticed > made), noticed, at)
    # Whichever digits of it: another number.
    said = (997 * luck % 1 * len(each.reasons)).astype(np.int64) + 1
    why = chosen([None, *each.reasons], np.where(wrong, said, 0))
    return Corrected(wrong, np.where(wrong, at, np.datetime64("NaT", "us")), why)


def _luck_of_typing(record: BatchRecord, subject: str, rows: Ints) -> Floats | None:
    """A number from 0 to 1 for those of these container-days that were mistyped, 1 or above for the others."""
    spec, often = record.case.recording
    if spec is None or spec.entries is None or spec.entries.corrections is None:
        return None
    luck: Floats = record.luck(f"{subject}, mistyped")[rows] / max(often * spec.entries.corrections.share, 1e-9)
    # What nobody has noticed yet counts as right, until a longer record knows of it.
    noticed = record.row_day[rows] + np.floor(_unnoticed_days(luck, spec.entries.corrections))
    known: Floats = np.where(noticed < record.case.plan.days, luck, 1.0)
    return known


def _unnoticed_days(luck: Floats, spec: Corrections) -> Floats:
    """Days after which what was mistyped is noticed, with a part of a day; 0 for what is noticed on its day."""
    # Whichever digits of it: another number.
    again = 7919 * luck % 1
    later = 1.0 + again / max(spec.later_share, 1e-9) * spec.later_days
    days: Floats = np.where(again < spec.later_share, later, 0.0)
    return days


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
