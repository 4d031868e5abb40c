"""The health journal: what was seen, found and done with a batch, as its history has it; and laboratory samples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import HealthLabSample, JournalEntry
from datagen.arrays import Dates, Floats, Ints
from datagen.biology.mortality import CAUSES
from datagen.catalog.health import Disease
from datagen.events import lice
from datagen.events.context import BatchRecord, Life, Rows
from datagen.storage.arrow import record_batch

HOURS = {
    "observation": 8.0,
    "vaccination": 9.0,
    "treatment": 9.5,
    "issue": 10.0,
    "action": 11.0,
    "sample": 14.0,
    "diagnosis": 15.0,
}
"""When in the day entries of a category are written, which is also their order."""

NEVER = 1 << 30

ISSUES = {
    "DISEASE": ("Outbreak of disease suspected", "Moribund fish taken out daily; samples sent to the laboratory"),
    "HANDLING": ("Injured and exhausted fish after handling", "Feed held back and fish left undisturbed"),
    "PREDATION": ("Bite wounds, predators at the nets", "Nets checked and seal guard tightened"),
    "ENVIRONMENTAL": ("Fish gasping: water is harming them", "Feeding stopped; aeration started"),
    "UNKNOWN": ("Deaths without visible cause", "Moribund fish taken out daily; samples sent to the laboratory"),
    "OTHER": ("Many runts and deformed fish among the dead", "Runts taken out"),
}
"""By cause of most deaths: what is written down as the issue, and what is done about it."""

BLOOM = "Algae or jellyfish in the area"


@dataclass(frozen=True)
class Checks:
    """The health checks in order of time: their container-days, assignments and days."""

    row: Ints
    assignment: Ints
    day: Ints


@dataclass(frozen=True)
class Entry:
    """An entry of the journal; `closed_day` is when nothing was left to be done, `assignment` -1 the whole batch."""

    day: int
    category: str
    severity: str
    text: str
    closed_day: int
    closing: str
    assignment: int = -1
    operation: int = -1


@dataclass(frozen=True)
class Issue:
    """Raised deaths, from the day on which a week's were too many; `share` is the worst week's."""

    number: int
    day: int
    closed_day: int
    cause: str
    share: float


@dataclass(frozen=True)
class LabSample:
    day: int
    assignment: int
    sample_type: str
    reference: str
    finding: str
    results: dict[str, object]


@dataclass(frozen=True)
class Happenings:
    """The journal and the laboratory's samples, each in order of time."""

    entries: tuple[Entry, ...]
    samples: tuple[LabSample, ...]

    def operation_entry_id(self, record: BatchRecord, category: str, kind: Ints) -> Ints:
        """Id of the entry about each vaccination or treatment, by its kind."""
        first = record.first_id["health_journalentry"]
        ids = {e.operation: first + place for place, e in enumerate(self.entries) if e.category == category}
        return np.array([ids[int(k)] for k in kind], np.int64)


@dataclass(frozen=True)
class _Course:
    """The batch as a whole by day of its life: fish alive, deaths by cause [days, causes], and means over its fish."""

    stage: Ints
    fish: Floats
    deaths: Floats
    everyday: Floats
    weight_g: Floats
    temp_c: Floats
    appetite: Floats

    def week_share(self) -> Floats:
        """Share of the fish that died in the week up to each day."""
        begin = np.maximum(np.arange(len(self.fish)) - 6, 0)
        share: Floats = _week(self.deaths.sum(axis=1)) / np.maximum(self.fish[begin], 1.0)
        return share

    def week_everyday(self) -> Floats:
        """Share that would have died of everyday causes alone; the stage may have changed within the week."""
        return _week(self.everyday)


def _week(daily: Floats) -> Floats:
    """Sums over the week up to each day."""
    total = np.concatenate(([0.0], np.cumsum(daily)))
    summed: Floats = total[1:] - total[np.maximum(np.arange(len(daily)) - 6, 0)]
    return summed


def most_rows(life: Life) -> dict[str, int]:
    spec, days = life.catalog.health.journal, int(life.days.sum())
    issues = days // spec.rest_days + 1
    rounds = days // spec.every_days + 1
    checks = int((-(-life.days // life.catalog.health.checks.every_days)).sum())
    operations = len(life.catalog.biology.vaccinations) + len(life.catalog.biology.lice_treatments)
    most_samples = max(len(disease.samples) for disease in spec.diseases)
    return {
        "health_journalentry": rounds + checks + operations + len(life.days) + 3 * issues,
        "health_healthlabsample": issues * spec.lab_containers * most_samples,
    }


def happenings(record: BatchRecord, infested: lice.Infestation | None, checked: Checks) -> Happenings:
    """What the journal tells; an entry is made of nothing that was not known on its day, but may close later."""
    course = _course(record)
    issues = _issues(record, course)
    findings = {issue.number: _finding(record, course, issue) for issue in issues}
    entries = [
        *_rounds(record, course),
        *_transfers(record),
        *_vaccinations(record, course),
        *_delousings(record, infested),
        *_health_checks(record, checked),
    ]
    samples: list[LabSample] = []
    for issue in issues:
        worst = _worst(record, issue)
        entries += _about(record, course, issue, findings[issue.number], worst)
        samples += _lab_samples(record, issue, findings[issue.number], worst)
    known = [entry for entry in entries if entry.day <= record.last_day]
    known.sort(key=lambda entry: (entry.day, HOURS[entry.category]))
    return Happenings(tuple(known), tuple(samples))


def _course(record: BatchRecord) -> _Course:
    days, age = record.history.days, record.row_day - record.start_day
    length = int(age.max()) + 1

    def total(weights: Floats) -> Floats:
        summed: Floats = np.bincount(age, weights, length).astype(float)
        return summed

    fish = total(days.fish.astype(float))
    alive = np.maximum(fish, 1.0)
    deaths = np.zeros((length, len(CAUSES)))
    np.add.at(deaths, (age, days.cause), days.deaths)
    stage = np.searchsorted(record.stage_starts, np.arange(length), side="right") - 1
    means = (total(days.fish * values) / alive for values in (days.weight_g, days.temp_c, days.appetite))
    return _Course(stage, fish, deaths, record.stages.daily_hazard[stage], *means)


def _issues(record: BatchRecord, course: _Course) -> list[Issue]:
    spec, week = record.catalog.health.journal, course.week_share()
    alarm, calm = (times * course.week_everyday() for times in (spec.alarm_times_everyday, spec.calm_times_everyday))
    issues: list[Issue] = []
    day = 0
    while (found := np.flatnonzero(week[day:] > alarm[day:])).size:
        onset = day + int(found[0])
        over = np.flatnonzero(week[onset:] < calm[onset:])
        closed = onset + int(over[0]) if over.size else len(week)
        cause = CAUSES[int(course.deaths[max(onset - 6, 0) : onset + 1].sum(axis=0).argmax())]
        # Unless it has ended with the batch, what has not calmed down by the as-of day is open.
        ended = over.size or record.start_day + closed <= record.last_day
        worst = float(week[onset : closed + 1].max())
        closed_day = record.start_day + closed if ended else NEVER
        issues.append(Issue(len(issues) + 1, record.start_day + onset, closed_day, cause, worst))
        day = max(closed, onset + spec.rest_days)
    return issues


def _rounds(record: BatchRecord, course: _Course) -> Iterator[Entry]:
    """The routine round, every so many days of the batch's life."""
    spec = record.catalog.health.journal
    for age in range(spec.every_days, len(course.fish), spec.every_days):
        month = slice(age - spec.every_days, age)
        share = course.deaths[month].sum() / max(course.fish[month.start], 1.0)
        times = share / max(course.everyday[month].sum(), 1e-9)
        severity = "low" if times < spec.calm_times_everyday else "medium"
        severity = "high" if times >= spec.alarm_times_everyday else severity
        fed = course.stage[age] > 0
        appetite = f", appetite {100 * course.appetite[month].mean():.0f} %" if fed else ""
        text = (
            f"Routine round: {course.fish[age]:,.0f} fish of {course.weight_g[age]:,.2f} g"
            f" at {course.temp_c[age]:.1f} °C{appetite}; {100 * share:.2f} % died in {spec.every_days} days"
        )
        day = record.start_day + age
        if severity == "low":
            yield Entry(day, "observation", severity, text, day, "Nothing to follow up")
        else:
            yield Entry(day, "observation", severity, text, day + spec.every_days, "Seen again on the next round")


def _transfers(record: BatchRecord) -> Iterator[Entry]:
    moves = record.history.moves
    for stage in np.unique(moves.stage):
        these = moves.stage == stage
        day, moved, died = int(moves.day[these][0]), int(moves.moved[these].sum()), int(moves.died[these].sum())
        text = f"Moved to {record.stages.name[stage]}: {moved:,} fish in {these.sum()} lifts, {died:,} died on the way"
        yield Entry(day, "action", "low", text, day + 7, "Fish feed and behave as before")


def _vaccinations(record: BatchRecord, course: _Course) -> Iterator[Entry]:
    done = record.history.vaccinations
    for kind in np.unique(done.kind):
        spec, these = record.catalog.biology.vaccinations[kind], done.kind == kind
        day = int(done.day[these][0])
        weight_g = course.weight_g[day - record.start_day]
        text = f"Vaccination, {spec.vaccine}: {these.sum()} containers, fish of {weight_g:.1f} g"
        over = f"Withholding period of {spec.withholding_days} days over"
        yield Entry(day, "vaccination", "low", text, day + spec.withholding_days, over, operation=int(kind))


def _delousings(record: BatchRecord, infested: lice.Infestation | None) -> Iterator[Entry]:
    done, rings = record.history.treatments, len(record.batch.containers[-1])
    if infested is None:
        return
    types = record.catalog.lice.types
    females = np.array([kind.gender == "female" and kind.adult for kind in types])
    fish = record.catalog.lice.counting.fish
    for kind in np.unique(done.kind):
        spec = record.catalog.biology.lice_treatments[kind]
        day = int(done.day[done.kind == kind].min())
        week = max(int(np.searchsorted(infested.counted_on, day - infested.first_day)) - 1, 0)
        made = infested.made[week]
        per_fish = infested.counts[week][made][:, females].sum() / max(fish * made.sum(), 1)
        last = day + (rings - 1) // spec.rings_per_day
        text = f"{lice.delousing(record, int(kind)).name} of {rings} rings; {per_fish:.2f} adult females a fish counted"
        over = f"Withholding period of {spec.withholding_days} days over in all rings"
        severity = "high" if per_fish >= 1.0 else "medium"
        yield Entry(day, "treatment", severity, text, last + spec.withholding_days, over, operation=int(kind))


def _health_checks(record: BatchRecord, checked: Checks) -> Iterator[Entry]:
    fish = record.catalog.health.checks.fish
    for day, containers in zip(*np.unique(checked.day, return_counts=True), strict=True):
        text = f"Health check: {fish} fish from each of {containers} containers weighed, measured and scored"
        yield Entry(int(day), "sample", "low", text, int(day) + 3, "Reviewed by the veterinarian")


def _worst(record: BatchRecord, issue: Issue) -> Ints:
    """The assignments with most deaths for their fish in the week of the issue, worst first."""
    a, days = record.history.assignments, record.history.days
    here = np.flatnonzero((a.first_day <= issue.day) & (a.departure_day > issue.day))
    row = a.row[here] + issue.day - a.first_day[here]
    total = np.concatenate(([0], np.cumsum(days.deaths)))
    dead = total[row + 1] - total[np.maximum(row - 6, a.row[here])]
    order = np.argsort(-dead / np.maximum(days.fish[row], 1), kind="stable")
    worst: Ints = here[order]
    return worst[: record.catalog.health.journal.lab_containers]


def _finding(record: BatchRecord, course: _Course, issue: Issue) -> Disease | None:
    """The disease that the laboratory finds behind an outbreak."""
    age = issue.day - record.start_day
    stage = record.stages.key[course.stage[age]]
    known = [
        disease
        for disease in record.catalog.health.journal.diseases
        if stage in disease.stages and course.temp_c[age] <= disease.warmest_c
    ]
    if issue.cause != "DISEASE" or not known:
        return None
    return known[int(record.stream("disease", issue.number).integers(len(known)))]


def _about(record: BatchRecord, course: _Course, issue: Issue, disease: Disease | None, worst: Ints) -> Iterator[Entry]:
    spec = record.catalog.health.journal
    age = issue.day - record.start_day
    seen, done = ISSUES[issue.cause]
    if issue.cause == "ENVIRONMENTAL" and course.stage[age] == record.sea:
        seen = BLOOM
    severity = "high" if issue.share >= spec.high_week_share else "medium"
    severity = "low" if issue.share < spec.medium_week_share else severity
    begin = max(age - 6, 0)
    dead = course.deaths[begin : age + 1].sum()
    text = f"{seen}: {dead:,.0f} deaths in a week, {100 * dead / max(course.fish[begin], 1.0):.2f} % of the batch"
    place = int(worst[0])
    yield Entry(issue.day, "issue", severity, text, issue.closed_day, "Deaths back to the everyday", place)
    yield Entry(issue.day + 1, "action", severity, done, issue.day + 8, "Done", place)
    if disease is not None:
        text = f"{disease.name}: {disease.finding}. {disease.action}."
        day = issue.day + 1 + spec.lab_days
        closed = max(issue.closed_day, day)
        yield Entry(day, "diagnosis", severity, text, closed, "Deaths back to the everyday", place)


def _lab_samples(record: BatchRecord, issue: Issue, disease: Disease | None, worst: Ints) -> Iterator[LabSample]:
    """From the worst containers on the day after an outbreak, or after deaths that nobody can explain."""
    a = record.history.assignments
    if issue.day + 1 > record.last_day or (disease is None and issue.cause != "UNKNOWN"):
        return
    kinds = disease.samples if disease is not None else record.catalog.health.journal.unexplained_samples
    luck = record.stream("laboratory", issue.number).standard_normal((len(worst), len(kinds)))
    taken = 0
    for place, stay in enumerate(worst):
        if a.departure_day[stay] <= issue.day + 1:
            continue
        for k, kind in enumerate(kinds):
            taken += 1
            results: dict[str, object] = {"fish": 5}
            if disease is None:
                finding = "No specific change and no agent found"
            else:
                finding = f"{disease.finding} ({disease.agent})"
                if disease.pcr:
                    results["ct"] = round(float(np.clip(24.0 + 3.0 * luck[place, k], 14.0, 36.0)), 1)
            reference = f"LAB-{record.batch.number}-{issue.number:02d}-{taken}"
            yield LabSample(issue.day + 1, int(stay), kind, reference, finding, results)


def expand(record: BatchRecord, happened: Happenings) -> Iterator[Rows]:
    if happened.entries:
        yield _entries(record, happened.entries)
    if happened.samples:
        yield _samples(record, happened.samples)


def _entries(record: BatchRecord, entries: tuple[Entry, ...]) -> Rows:
    count = len(entries)
    day = np.array([entry.day for entry in entries])
    closed_day = np.array([entry.closed_day for entry in entries])
    closed = closed_day <= record.last_day
    assignment = np.array([entry.assignment for entry in entries])
    written = record.at(day, np.array([HOURS[entry.category] for entry in entries]))
    vets = record.staff("VET")
    return JournalEntry, record_batch(
        JournalEntry,
        count,
        id=record.ids(JournalEntry, count),
        batch_id=record.batch_id,
        container_id=np.ma.masked_array(record.container_id[assignment], assignment < 0),
        user_id=vets[(record.index + np.arange(count)) % len(vets)],
        entry_date=written,
        category=[entry.category for entry in entries],
        severity=[entry.severity for entry in entries],
        description=[entry.text for entry in entries],
        resolution_status=closed,
        resolution_notes=[entry.closing if done else "" for entry, done in zip(entries, closed, strict=True)],
        created_at=written,
        updated_at=np.where(closed & (closed_day > day), record.at(np.where(closed, closed_day, day), 16), written),
    )


def _samples(record: BatchRecord, samples: tuple[LabSample, ...]) -> Rows:
    count, farm = len(samples), record.farm
    day = np.array([sample.day for sample in samples])
    answered_day = day + record.catalog.health.journal.lab_days
    answered = answered_day <= record.last_day
    answered_on: Dates = record.date(answered_day)
    answered_on[~answered] = np.datetime64("NaT")
    vets = record.staff("VET")
    return HealthLabSample, record_batch(
        HealthLabSample,
        count,
        id=record.ids(HealthLabSample, count),
        batch_container_assignment_id=record.assignment_id[np.array([sample.assignment for sample in samples])],
        recorded_by_id=vets[record.index % len(vets)],
        sample_type_id=farm.sample_type_id[[farm.sample_type_name.index(sample.sample_type) for sample in samples]],
        sample_date=record.date(day),
        date_sent_to_lab=record.date(day),
        date_results_received=answered_on,
        lab_reference_id=[sample.reference for sample in samples],
        findings_summary=[sample.finding if known else None for sample, known in zip(samples, answered, strict=True)],
        quantitative_results=[
            sample.results if known else None for sample, known in zip(samples, answered, strict=True)
        ],
        created_at=record.at(day, 14),
        updated_at=record.at(np.where(answered, answered_day, day), 15),
    )
