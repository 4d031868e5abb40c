"""Samples that go to a laboratory, by the calendar or when too many fish die, and what it finds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import HealthLabSample
from datagen.arrays import Dates, Ints
from datagen.catalog.health import Disease, RoutineSample
from datagen.events.context import BatchRecord, Changing, LongestLife, Was
from datagen.events.health import issues
from datagen.events.health.issues import Issue
from datagen.storage.arrow import record_batch

FISH = 5
"""Pooled in a sample (usual)."""


@dataclass(frozen=True)
class LabSample:
    day: int
    answered_day: int
    assignment: int
    sample_type: str
    reference: str
    finding: str
    results: dict[str, object]


def most_rows(life: LongestLife) -> dict[str, int]:
    health = life.catalog.health
    most_samples = max(len(disease.samples) for disease in health.journal.diseases)
    routine = sum(each.containers * len(each.days_of_stage) for each in health.routine_samples)
    most = issues.most(life) * health.journal.lab_containers * most_samples + routine
    return {"health_healthlabsample": most, "health_historicalhealthlabsample": most}


def expected(record: BatchRecord, samples: tuple[LabSample, ...]) -> dict[str, int]:
    answered = sum(sample.answered_day <= record.last_day for sample in samples)
    return {"health_healthlabsample": len(samples), "health_historicalhealthlabsample": answered}


def answered_day(record: BatchRecord, issue: Issue) -> int:
    """When the answer comes about what was sampled of an issue."""
    return issue.day + 1 + _turnaround(record, record.stream("laboratory, days", issue.number))


def _turnaround(record: BatchRecord, luck: np.random.Generator) -> int:
    spec = record.catalog.health.journal
    return max(1, round(spec.lab_days * float(np.exp(spec.lab_days_spread * luck.standard_normal()))))


def samples(record: BatchRecord, issue: Issue, disease: Disease | None, worst: Ints) -> Iterator[LabSample]:
    """From the worst containers on the day after an outbreak, or after deaths that nobody can explain."""
    a = record.history.assignments
    if issue.day + 1 > record.last_day or (disease is None and issue.cause != "UNKNOWN"):
        return
    kinds = disease.samples if disease is not None else record.catalog.health.journal.unexplained_samples
    luck = record.stream("laboratory", issue.number).standard_normal((len(worst), len(kinds)))
    answered = answered_day(record, issue)
    taken = 0
    for place, stay in enumerate(worst):
        if a.departure_day[stay] <= issue.day + 1:
            continue
        for k, kind in enumerate(kinds):
            taken += 1
            results: dict[str, object] = {"fish": FISH}
            if disease is None:
                finding = "No specific change and no agent found"
            else:
                finding = f"{disease.finding} ({disease.agent})"
                if disease.pcr:
                    results["ct"] = round(float(np.clip(24.0 + 3.0 * luck[place, k], 14.0, 36.0)), 1)
            reference = f"LAB-{record.batch.number}-{issue.number:02d}-{taken}"
            yield LabSample(issue.day + 1, answered, int(stay), kind, reference, finding, results)


def routine(record: BatchRecord) -> Iterator[LabSample]:
    """What is sampled by the calendar, from containers drawn among those of the stage; in order of time."""
    stages = {key: number for number, key in enumerate(record.stages.key)}
    due = [
        (record.start_day + record.stage_starts[stages[each.stage]] + day, each)
        for each in record.catalog.health.routine_samples
        for day in each.days_of_stage
    ]
    for number, (day, each) in enumerate(sorted(due, key=lambda sample: sample[0]), 1):
        if day <= record.last_day:
            yield from _by_calendar(record, number, day, each, stages[each.stage])


def _by_calendar(record: BatchRecord, number: int, day: int, each: RoutineSample, stage: int) -> Iterator[LabSample]:
    a = record.history.assignments
    luck = record.stream("laboratory, routine", number)
    # Of all containers that the plan has for the stage, so that what else is drawn does not hang on who is there.
    order = luck.permutation(len(record.batch.containers[stage]))
    found = luck.random(len(order)) < each.found_share
    answered = day + _turnaround(record, luck)
    here = np.flatnonzero((a.stage == stage) & (a.first_day <= day) & (a.departure_day > day))
    for taken, place in enumerate(order[order < len(here)][: each.containers], 1):
        finding = each.found if found[place] else f"Negative: {each.looked_for}"
        reference = f"LAB-{record.batch.number}-R{number:02d}-{taken}"
        results: dict[str, object] = {"fish": FISH, "positive": int(found[place])}
        yield LabSample(day, answered, int(here[place]), each.sample_type, reference, finding, results)


def expand(record: BatchRecord, samples: tuple[LabSample, ...]) -> Iterator[Changing]:
    if not samples:
        return
    count, farm = len(samples), record.farm
    day = np.array([sample.day for sample in samples])
    answered_day = np.array([sample.answered_day for sample in samples])
    answered = answered_day <= record.last_day
    answered_on: Dates = record.date(answered_day)
    answered_on[~answered] = np.datetime64("NaT", "D")
    sent, told = record.at(day, 14), np.where(answered, record.at(answered_day, 15), np.datetime64("NaT", "us"))
    waiting = {
        "date_results_received": None,
        "findings_summary": None,
        "quantitative_results": None,
        "updated_at": record.at(day, 15),
    }
    vets = record.staff("VET")
    yield (
        HealthLabSample,
        record_batch(
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
            findings_summary=[
                sample.finding if known else None for sample, known in zip(samples, answered, strict=True)
            ],
            quantitative_results=[
                sample.results if known else None for sample, known in zip(samples, answered, strict=True)
            ],
            created_at=sent,
            updated_at=record.at(np.where(answered, answered_day, day), 15),
        ),
        (Was(sent, waiting), Was(told)),
    )
