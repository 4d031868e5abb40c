"""The health journal: what was seen, found and done with a batch, as its history has it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import JournalEntry
from datagen.arrays import Ints
from datagen.catalog.health import Disease
from datagen.events.context import BatchRecord, Changing, LongestLife, Was
from datagen.events.health import issues, laboratory, lice
from datagen.events.health.checks import Checks
from datagen.events.health.issues import Course, Issue
from datagen.events.health.laboratory import LabSample
from datagen.simulation.lice import most_times
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
class Entry:
    """An entry of the journal; `closed_day` is when nothing was left to be done, `assignment` -1 the whole batch.

    The severity of an entry on raised deaths follows their worst week: what it was when the entry was written, and
    when it was closed.
    """

    day: int
    category: str
    severity: str
    text: str
    closed_day: int
    closing: str
    assignment: int = -1
    operation: int = -1
    first_severity: str | None = None
    last_severity: str | None = None


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


def most_rows(life: LongestLife) -> dict[str, int]:
    spec, days = life.catalog.health.journal, int(life.days.sum())
    rounds = days // spec.every_days + 1
    checks = int((-(-life.days // life.catalog.health.checks.every_days)).sum())
    operations = len(life.catalog.biology.vaccinations) + most_times(life.catalog, life.way)
    # A transfer into each stage but the first, and a thinning.
    most = rounds + checks + operations + len(life.days) + 3 * issues.most(life)
    return {"health_journalentry": most, "health_historicaljournalentry": most}


def expected(record: BatchRecord, happened: Happenings) -> dict[str, int]:
    closed = sum(entry.day < entry.closed_day <= record.last_day for entry in happened.entries)
    return {"health_journalentry": len(happened.entries), "health_historicaljournalentry": closed}


def happenings(record: BatchRecord, infested: lice.Infestation | None, checked: Checks) -> Happenings:
    """What the journal tells; an entry is made of nothing that was not known on its day, but may close later."""
    course = issues.course(record)
    found = issues.issues(record, course)
    findings = {issue.number: issues.finding(record, course, issue) for issue in found}
    entries = [
        *_rounds(record, course),
        *_transfers(record),
        *_thinning(record),
        *_vaccinations(record, course),
        *_delousings(record, infested),
        *_health_checks(record, checked),
    ]
    samples: list[LabSample] = [*laboratory.routine(record)]
    for issue in found:
        worst = issues.worst(record, issue)
        entries += _about(record, course, issue, findings[issue.number], worst)
        samples += laboratory.samples(record, issue, findings[issue.number], worst)
    samples.sort(key=lambda sample: sample.day)
    known = [entry for entry in entries if entry.day <= record.last_day]
    known.sort(key=lambda entry: (entry.day, HOURS[entry.category]))
    return Happenings(tuple(known), tuple(samples))


def _rounds(record: BatchRecord, course: Course) -> Iterator[Entry]:
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
    for stage in np.setdiff1d(moves.stage, record.history.waiting.stage):
        these = moves.stage == stage
        day, moved, died = int(moves.day[these][-1]), int(moves.moved[these].sum()), int(moves.died[these].sum())
        text = f"Moved to {record.stages.name[stage]}: {moved:,} fish in {these.sum()} lifts, {died:,} died on the way"
        yield Entry(day, "action", "low", text, day + 7, "Fish feed and behave as before")


def _thinning(record: BatchRecord) -> Iterator[Entry]:
    moves, names = record.history.thinnings, record.farm.container_name
    if not len(moves.day):
        return
    place, day = record.history.assignments.container, int(moves.day[0])
    rings = " and ".join(names[each] for each in place[moves.source])
    moved, died = int(moves.moved.sum()), int(moves.died.sum())
    text = f"Thinned: {moved:,} fish out of {rings} into {names[place[moves.dest[0]]]}, {died:,} died on the way"
    yield Entry(day, "action", "low", text, day + 7, "Fish feed and behave as before")


def _vaccinations(record: BatchRecord, course: Course) -> Iterator[Entry]:
    done = record.history.vaccinations
    for kind in np.unique(done.kind):
        spec, these = record.catalog.biology.vaccinations[kind], done.kind == kind
        day = int(done.day[these][0])
        weight_g = course.weight_g[day - record.start_day]
        text = f"Vaccination, {spec.vaccine}: {these.sum()} containers, fish of {weight_g:.1f} g"
        over = f"Withholding period of {spec.withholding_days} days over"
        yield Entry(day, "vaccination", "low", text, day + spec.withholding_days, over, operation=int(kind))


def _delousings(record: BatchRecord, infested: lice.Infestation | None) -> Iterator[Entry]:
    done, a = record.history.treatments, record.history.assignments
    if infested is None:
        return
    met, types = lice.met_by(record), record.catalog.lice.types
    females = np.array([kind.gender == "female" and kind.adult for kind in types])
    fish = record.catalog.lice.counting.fish
    for kind in np.unique(done.kind):
        spec = met.operation(int(kind))
        day = int(done.day[done.kind == kind].min())
        week = max(int(np.searchsorted(infested.counted_on, day - infested.first_day)) - 1, 0)
        made = infested.made[week]
        per_fish = infested.counts[week][made][:, females].sum() / max(fish * made.sum(), 1)
        rings = int(np.count_nonzero(a.first_day[infested.stays] <= day))
        last = spec.last_day(day, len(record.batch.containers[-1]))
        text = f"{met.method(int(kind)).name} of {rings} rings; {per_fish:.2f} adult females a fish counted"
        over = "Fish feed as before in all rings"
        if spec.withholding_days:
            over = f"Withholding period of {spec.withholding_days} days over in all rings"
        severity = "high" if per_fish >= 1.0 else "medium"
        yield Entry(day, "treatment", severity, text, last + spec.withholding_days, over, operation=int(kind))


def _health_checks(record: BatchRecord, checked: Checks) -> Iterator[Entry]:
    fish = record.catalog.health.checks.fish
    for day, containers in zip(*np.unique(checked.day, return_counts=True), strict=True):
        text = f"Health check: {fish} fish from each of {containers} containers weighed, measured and scored"
        yield Entry(int(day), "sample", "low", text, int(day) + 3, "Reviewed by the veterinarian")


def _about(record: BatchRecord, course: Course, issue: Issue, disease: Disease | None, worst: Ints) -> Iterator[Entry]:
    age = issue.day - record.start_day
    seen, done = ISSUES[issue.cause]
    if issue.cause == "ENVIRONMENTAL" and course.stage[age] == record.sea:
        seen = BLOOM
    week = course.week_share()

    def severity_by(day: int) -> str:
        """As far as is known on a day."""
        return _severity(record, float(week[age : max(day - record.start_day, age) + 1].max()))

    def entry(day: int, category: str, text: str, closed_day: int, closing: str, place: int) -> Entry:
        now, first, last = _severity(record, issue.share), severity_by(day), severity_by(closed_day)
        return Entry(day, category, now, text, closed_day, closing, place, -1, first, last)

    begin = max(age - 6, 0)
    dead = course.deaths[begin : age + 1].sum()
    text = f"{seen}: {dead:,.0f} deaths in a week, {100 * dead / max(course.fish[begin], 1.0):.2f} % of the batch"
    place = int(worst[0])
    yield entry(issue.day, "issue", text, issue.closed_day, "Deaths back to the everyday", place)
    yield entry(issue.day + 1, "action", done, issue.day + 8, "Done", place)
    if disease is not None:
        text = f"{disease.name}: {disease.finding}. {disease.action}."
        day = laboratory.answered_day(record, issue)
        closed, departure_day = max(issue.closed_day, day), record.history.assignments.departure_day
        # The answer may come when the fish have been moved on, and is then the batch's; of a harvested one nobody asks.
        if day <= departure_day.max():
            place = place if day <= departure_day[place] else -1
            yield entry(day, "diagnosis", text, closed, "Deaths back to the everyday", place)


def _severity(record: BatchRecord, week_share: float) -> str:
    """Of raised deaths, by the share of the fish that died in the worst week."""
    spec = record.catalog.health.journal
    if week_share < spec.medium_week_share:
        return "low"
    return "high" if week_share >= spec.high_week_share else "medium"


def expand(record: BatchRecord, happened: Happenings) -> Iterator[Changing]:
    if happened.entries:
        yield _entries(record, happened.entries)


def _entries(record: BatchRecord, entries: tuple[Entry, ...]) -> Changing:
    count = len(entries)
    day = np.array([entry.day for entry in entries])
    closed_day = np.array([entry.closed_day for entry in entries])
    closed = closed_day <= record.last_day
    assignment = np.array([entry.assignment for entry in entries])
    written = record.at(day, np.array([HOURS[entry.category] for entry in entries]))
    vets = record.staff("VET")
    at_once, later = closed_day == day, closed & (closed_day > day)
    rows = record_batch(
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
        updated_at=np.where(later, record.at(np.where(closed, closed_day, day), 16), written),
    )
    as_written = {
        "severity": [entry.first_severity or entry.severity for entry in entries],
        "resolution_status": at_once,
        "resolution_notes": [entry.closing if done else "" for entry, done in zip(entries, at_once, strict=True)],
        "updated_at": written,
    }
    as_closed = {"severity": [entry.last_severity or entry.severity for entry in entries]}
    ended = np.where(later, record.at(np.where(later, closed_day, day), 16), np.datetime64("NaT", "us"))
    return JournalEntry, rows, (Was(written, as_written), Was(ended, as_closed))
