"""Vaccinations and delousings, one row a container, with what came of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from apps.health.models import HealthSamplingEvent, Treatment
from datagen.arrays import Bools, Floats, Ints, Objects
from datagen.events.body import bodies
from datagen.events.context import BatchRecord, Changing, LongestLife, Was, nearest_rows
from datagen.events.health import lice
from datagen.events.health.checks import Checks
from datagen.events.health.journal import Happenings
from datagen.events.transfers import WEIGHED_FISH
from datagen.simulation.lice import most_times
from datagen.storage.arrow import record_batch

OUTCOMES = np.array(["pending", "successful", "partial", "unsuccessful"])
PENDING, SUCCESSFUL, PARTIAL, UNSUCCESSFUL = range(4)

LAST_CHECK_DAYS = 30
"""A health check so long before a treatment is what it was decided on."""


@dataclass(frozen=True)
class _Treated:
    """Treatments, one row a container; an id of 0 is none."""

    day: Ints
    assignment: Ints
    hour: Floats
    treatment_type: Objects
    description: Objects
    dosage: Objects
    duration_days: Ints
    withholding_days: Ints
    outcome: Ints
    judged_day: Ints
    includes_weighing: Bools
    vaccine_id: Ints
    check_id: Ints
    entry_id: Ints


def most_rows(life: LongestLife) -> dict[str, int]:
    biology = life.catalog.biology
    # Which stage a vaccination finds depends on the catalog's days: as many rows as the fullest one needs.
    vaccinations = len(biology.vaccinations) * int(life.containers.max())
    most = vaccinations + most_times(life.catalog, life.way) * life.rings
    return {"health_treatment": most, "health_historicaltreatment": most}


def expected(record: BatchRecord, infested: lice.Infestation | None) -> dict[str, int]:
    vaccinations = record.history.vaccinations
    judged = int(_judged(record, vaccinations.day).sum())
    if infested is not None:
        judged += int((_outcomes(record, infested)[0] != PENDING).sum())
    return {
        "health_treatment": len(vaccinations.day) + len(record.history.treatments.day),
        "health_historicaltreatment": judged,
    }


def expand(
    record: BatchRecord, infested: lice.Infestation | None, happened: Happenings, checked: Checks
) -> Iterator[Changing]:
    """Every vaccination and delousing, in order of time."""
    parts = [_vaccinations(record, happened)]
    if infested is not None:
        parts.append(_delousings(record, infested, happened, checked))
    done = _in_order_of_time(parts)
    count = len(done.day)
    if not count:
        return
    vets = record.staff("VET")
    judged = np.where(done.outcome != PENDING, record.at(done.judged_day, 15), np.datetime64("NaT", "us"))
    yield (
        Treatment,
        record_batch(
            Treatment,
            count,
            id=record.ids(Treatment, count),
            batch_id=record.batch_id,
            batch_assignment_id=record.assignment_id[done.assignment],
            container_id=record.container_id[done.assignment],
            user_id=vets[record.index % len(vets)],
            treatment_date=record.at(done.day, done.hour),
            treatment_type=done.treatment_type,
            description=done.description,
            dosage=done.dosage,
            duration_days=done.duration_days,
            withholding_period_days=done.withholding_days,
            outcome=OUTCOMES[done.outcome],
            includes_weighing=done.includes_weighing,
            vaccination_type_id=_some(done.vaccine_id),
            sampling_event_id=_some(done.check_id),
            journal_entry_id=done.entry_id,
        ),
        (Was(record.at(done.day, done.hour), {"outcome": OUTCOMES[PENDING]}), Was(judged)),
    )


def _in_order_of_time(parts: Sequence[_Treated]) -> _Treated:
    columns = [np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(_Treated)]
    done = _Treated(*columns)
    order = np.lexsort((done.assignment, done.day))
    return _Treated(*(column[order] for column in columns))


def _some(ids: Ints) -> "np.ma.MaskedArray[tuple[int], np.dtype[np.int64]]":
    """Ids of which 0 means none."""
    return np.ma.masked_equal(ids, 0)


def _vaccinations(record: BatchRecord, happened: Happenings) -> _Treated:
    done, specs, spec = record.history.vaccinations, record.catalog.biology.vaccinations, record.catalog.treatments
    of = {vaccine.name: vaccine for vaccine in spec.vaccines}
    vaccines = [of[each.vaccine] for each in specs]
    ids = np.array([record.farm.vaccine_id[record.farm.vaccine_name.index(each.vaccine)] for each in specs], np.int64)
    weighed = _weighed(record, np.array([vaccine.weighed_share for vaccine in vaccines]))
    judged = _judged(record, done.day)
    fine = done.share < spec.vaccination_good_below_deaths
    names = [vaccines[k].name for k in done.kind]
    mean_g = _weighed_mean_g(record, done.assignment, done.day)
    return _Treated(
        day=done.day,
        assignment=done.assignment,
        hour=np.full(len(done.day), 9.0),
        treatment_type=np.full(len(done.day), "vaccination", object),
        description=np.array(
            [
                f"{name}; {grams:.1f} g mean weight of {WEIGHED_FISH} fish" if scales else name
                for name, grams, scales in zip(names, mean_g, weighed, strict=True)
            ],
            object,
        ),
        dosage=np.array([vaccine.dosage for vaccine in vaccines], object)[done.kind],
        duration_days=np.ones(len(done.day), np.int64),
        withholding_days=np.array([each.withholding_days for each in specs], np.int64)[done.kind],
        outcome=np.where(judged, np.where(fine, SUCCESSFUL, PARTIAL), PENDING),
        judged_day=done.day + spec.vaccination_judged_after_days,
        includes_weighing=weighed,
        vaccine_id=ids[done.kind],
        check_id=np.zeros(len(done.day), np.int64),
        entry_id=happened.operation_entry_id(record, "vaccination", done.kind),
    )


def _judged(record: BatchRecord, vaccinated_day: Ints) -> Bools:
    """Whether it is known how those vaccinated on these days have taken it."""
    judged: Bools = vaccinated_day + record.catalog.treatments.vaccination_judged_after_days <= record.last_day
    return judged


def _weighed(record: BatchRecord, share: Floats) -> Bools:
    """Whether fish of each container were weighed when it was vaccinated."""
    done = record.history.vaccinations
    uniform = np.empty(len(done.day))
    for kind in np.unique(done.kind):
        which = done.kind == kind
        uniform[which] = record.stream("vaccination, weighed", int(kind)).random(int(which.sum()))
    weighed: Bools = uniform < share[done.kind]
    return weighed


def _weighed_mean_g(record: BatchRecord, assignment: Ints, day: Ints) -> Floats:
    """The mean weight of a few fish of each container, which errs by its standard error."""
    row = nearest_rows(record, assignment, day)
    luck = np.clip(record.stream("vaccination, scales").standard_normal(len(day)), -3.0, 3.0)
    standard_error = bodies(record, row).weight_cv / np.sqrt(WEIGHED_FISH)
    mean_g: Floats = record.history.days.weight_g[row] * (1.0 + standard_error * luck)
    return mean_g


def _delousings(record: BatchRecord, infested: lice.Infestation, happened: Happenings, checked: Checks) -> _Treated:
    done, met = record.history.treatments, lice.met_by(record)
    times = range(most_times(record.catalog, record.case.way))
    specs, ways = [met.operation(time) for time in times], [met.method(time) for time in times]

    def of_way(name: str) -> Objects:
        return np.array([getattr(way, name) for way in ways], object)[done.kind]

    outcome, judged_day = _outcomes(record, infested)
    # In the order of the rings over the well-boat's day.
    per_day = np.array([each.rings_per_day for each in specs], np.int64)[done.kind]
    hour = 7.0 + 2.5 * ((done.assignment - infested.stays[0]) % per_day)
    return _Treated(
        day=done.day,
        assignment=done.assignment,
        hour=np.minimum(hour, 20.0),
        treatment_type=of_way("treatment_type"),
        description=of_way("name"),
        dosage=of_way("dosage"),
        duration_days=np.array([each.duration_days for each in specs], np.int64)[done.kind],
        withholding_days=np.array([each.withholding_days for each in specs], np.int64)[done.kind],
        outcome=outcome,
        judged_day=judged_day,
        includes_weighing=np.zeros(len(done.day), bool),
        vaccine_id=np.zeros(len(done.day), np.int64),
        check_id=_last_check_id(record, checked, done.assignment, done.day),
        entry_id=happened.operation_entry_id(record, "treatment", done.kind),
    )


def _outcomes(record: BatchRecord, infested: lice.Infestation) -> tuple[Ints, Ints]:
    """What the counts before and after each delousing say, and the day of the latter; pending until there is one."""
    done, spec = record.history.treatments, record.catalog.treatments
    ring, day = done.assignment - infested.stays[0], done.day - infested.first_day
    found = lice.counted_mobile(record, infested)
    before = np.searchsorted(infested.counted_on, day, side="left") - 1
    after = np.searchsorted(infested.counted_on, day, side="right")
    counted = (after < len(infested.counted_on)) & (before >= 0)
    after, before = np.minimum(after, len(found) - 1), np.maximum(before, 0)
    fewer = 1.0 - found[after, ring] / np.maximum(found[before, ring], 1)
    some = np.where(fewer >= spec.partial_from, PARTIAL, UNSUCCESSFUL)
    outcome = np.where(fewer >= spec.successful_from, SUCCESSFUL, some)
    outcome = np.where(counted & infested.made[after, ring], outcome, PENDING)
    return outcome, infested.first_day + infested.counted_on[after]


def _last_check_id(record: BatchRecord, checked: Checks, assignment: Ints, day: Ints) -> Ints:
    """Id of the container's own health check not long before, 0 where there is none."""
    if not len(checked.day):
        return np.zeros(len(day), np.int64)
    ago = day[:, None] - checked.day[None, :]
    meant = (checked.assignment[None, :] == assignment[:, None]) & (ago >= 0) & (ago < LAST_CHECK_DAYS)
    latest = len(checked.day) - 1 - meant[:, ::-1].argmax(axis=1)
    return np.where(meant.any(axis=1), record.ids(HealthSamplingEvent, len(checked.day))[latest], 0)
