"""What planned activities rest on, out of Arrow tables that no database holds."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute

from apps.batch.models import Batch
from apps.planning.models import ActivityTemplate, ActivityType
from apps.planning.seeding import OPEN, STAGE, Known, Past, first_rings, has_plan

pc: Any = pyarrow.compute
Row = dict[str, Any]

READ = {
    "batch_batch": (
        "id", "batch_number", "status", "start_date", "expected_end_date", "actual_end_date",
        "pinned_projection_run_id", "batch_type",
    ),
    "batch_batchcontainerassignment": ("id", "batch_id", "container_id", "is_active"),
    "batch_batchtransferworkflow": (
        "id", "batch_id", "completed_by_id", "dest_lifecycle_stage_id", "workflow_type", "status", "planned_start_date",
        "actual_completion_date",
    ),
    "batch_creationaction": ("workflow_id", "executed_by_id"),
    "batch_creationworkflow": ("id", "batch_id"),
    "batch_growthsample": ("assignment_id", "sample_date"),
    "harvest_harvestevent": ("id", "batch_id", "document_ref"),
    "health_treatment": ("batch_id", "treatment_type", "treatment_date"),
    "scenario": ("scenario_id", "batch_id", "created_by_id"),
    "scenario_projection_run": ("run_id", "scenario_id"),
}  # fmt: skip
MASTER_DATA = {
    "auth_user": ("id",),
    "infrastructure_area": ("id", "geography_id"),
    "infrastructure_container": ("id", "area_id"),
    "planning_activitytemplate": (
        "id", "target_lifecycle_stage_id", "name", "description", "activity_type", "trigger_type", "day_offset",
        "notes_template", "is_active",
    ),
}  # fmt: skip


def known(tables: Mapping[str, pa.Table], day: date, lived: bool) -> Known:
    """The same as a database would say."""
    templates = [
        ActivityTemplate(**row)
        for row in tables["planning_activitytemplate"].to_pylist()
        if row["is_active"] and row["trigger_type"] == "DAY_OFFSET"
    ]
    templates.sort(key=lambda template: (template.day_offset or 0, template.pk))
    wanted = [batch for row in tables["batch_batch"].to_pylist() if has_plan(batch := Batch(**row), day, lived)]
    wanted.sort(key=lambda batch: batch.pk)
    scenario_of = {row["run_id"]: row["scenario_id"] for row in tables["scenario_projection_run"].to_pylist()}
    scenarios = {row["scenario_id"]: row for row in tables["scenario"].to_pylist()}
    first: dict[int, int] = {}
    for key in sorted(scenarios, reverse=True):
        first[scenarios[key]["batch_id"]] = key
    anybody: int = pc.min(tables["auth_user"]["id"]).as_py()
    batches = [
        (batch, scenario, scenarios[scenario]["created_by_id"] or anybody)
        for batch in wanted
        if (scenario := scenario_of.get(batch.pinned_projection_run_id) or first.get(batch.pk))
    ]
    return Known(templates, batches, _pasts(tables, wanted))


def _pasts(tables: Mapping[str, pa.Table], batches: list[Batch]) -> dict[int, Past]:
    ids = pa.array([batch.pk for batch in batches], pa.int64())

    def of_these(table: str) -> pa.Table:
        return tables[table].filter(pc.is_in(tables[table]["batch_id"], ids))

    pasts: dict[int, Past] = defaultdict(Past)
    for row in of_these("batch_batchtransferworkflow").sort_by("id").to_pylist():
        past, stage = pasts[row["batch_id"]], row["dest_lifecycle_stage_id"]
        if row["workflow_type"] != STAGE:
            continue
        if row["status"] == "COMPLETED":
            past.transfers[stage] = (row["actual_completion_date"], row["id"], row["completed_by_id"])
        elif row["status"] in OPEN:
            past.open_transfers[stage] = (row["planned_start_date"], row["id"], OPEN[row["status"]])
    treated = of_these("health_treatment").to_pylist()
    treatments = {(row["treatment_date"].date(), row["batch_id"], row["treatment_type"]) for row in treated}
    for day, batch, kind in sorted(treatments):
        pasts[batch].operated(kind, day)
    stays = of_these("batch_batchcontainerassignment")
    for (day, batch), container in sorted(_sampled(tables["batch_growthsample"], stays).items()):
        pasts[batch].operations[ActivityType.SAMPLING].append((day, day, container))
    for row in of_these("harvest_harvestevent").to_pylist():
        pasts[row["batch_id"]].harvest_began = True
    for batch, ring in first_rings(_rings(tables, stays, batches), pasts).items():
        pasts[batch].first_ring = ring
    batch_of = {row["id"]: row["batch_id"] for row in of_these("batch_creationworkflow").to_pylist()}
    for row in tables["batch_creationaction"].to_pylist():
        if (operator := row["executed_by_id"]) is not None and row["workflow_id"] in batch_of:
            past = pasts[batch_of[row["workflow_id"]]]
            past.operator = max(operator, past.operator or operator)
    return pasts


def _sampled(samples: pa.Table, stays: pa.Table) -> dict[tuple[date, int], int]:
    """Days and batches, each with the first of the containers that were sampled then."""
    sampled = samples.select(["assignment_id", "sample_date"]).join(
        stays.select(["id", "batch_id", "container_id"]), "assignment_id", "id", join_type="inner"
    )
    first = sampled.group_by(["sample_date", "batch_id"]).aggregate([("container_id", "min")])
    return {(row["sample_date"], row["batch_id"]): row["container_id_min"] for row in first.to_pylist()}


def _rings(tables: Mapping[str, pa.Table], stays: pa.Table, batches: list[Batch]) -> list[tuple[int, int, str, int]]:
    """Geography, batch and ring of the fish at sea, the batch that is to be harvested first before the others."""
    geography_of = {row["id"]: row["geography_id"] for row in tables["infrastructure_area"].to_pylist()}
    area_of = {row["id"]: row["area_id"] for row in tables["infrastructure_container"].to_pylist()}
    active = {batch.pk: batch for batch in batches if batch.status == Batch.Status.ACTIVE}
    at_sea = [
        (active[row["batch_id"]].expected_end_date or date.max, row["batch_id"], row["container_id"])
        for row in stays.to_pylist()
        if row["is_active"] and row["batch_id"] in active and area_of[row["container_id"]] is not None
    ]
    return [(geography_of[area_of[ring]], batch, active[batch].batch_number, ring) for _, batch, ring in sorted(at_sea)]
