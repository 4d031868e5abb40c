"""Samples that go to a laboratory when too many fish die, and what it finds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.health.models import HealthLabSample
from datagen.arrays import Dates, Ints
from datagen.catalog.health import Disease
from datagen.events.context import BatchRecord, LongestLife, Rows
from datagen.events.health import issues
from datagen.events.health.issues import Issue
from datagen.storage.arrow import record_batch


@dataclass(frozen=True)
class LabSample:
    day: int
    assignment: int
    sample_type: str
    reference: str
    finding: str
    results: dict[str, object]


def most_rows(life: LongestLife) -> dict[str, int]:
    spec = life.catalog.health.journal
    most_samples = max(len(disease.samples) for disease in spec.diseases)
    return {"health_healthlabsample": issues.most(life) * spec.lab_containers * most_samples}


def expected(samples: tuple[LabSample, ...]) -> dict[str, int]:
    return {"health_healthlabsample": len(samples)}


def samples(record: BatchRecord, issue: Issue, disease: Disease | None, worst: Ints) -> Iterator[LabSample]:
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


def expand(record: BatchRecord, samples: tuple[LabSample, ...]) -> Iterator[Rows]:
    if not samples:
        return
    count, farm = len(samples), record.farm
    day = np.array([sample.day for sample in samples])
    answered_day = day + record.catalog.health.journal.lab_days
    answered = answered_day <= record.last_day
    answered_on: Dates = record.date(answered_day)
    answered_on[~answered] = np.datetime64("NaT", "D")
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
            created_at=record.at(day, 14),
            updated_at=record.at(np.where(answered, answered_day, day), 15),
        ),
    )
