"""What is known of the active batches' last days, out of Arrow tables that no database holds."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from apps.batch.growth_analysis.forecast import BIAS_WINDOW_DAYS, Known
from apps.batch.growth_analysis.tables import floats, ints, scenario_of
from apps.batch.models import Batch

pc: Any = pyarrow.compute

STATES = "batch_actualdailyassignmentstate"
READ = {
    "batch_batch": ("id", "status", "pinned_projection_run_id"),
    "batch_batchcontainerassignment": ("id", "batch_id", "is_active"),
    "planning_plannedactivity": ("batch_id", "activity_type", "container_id", "status"),
    "scenario": ("scenario_id", "tgc_model_id", "mortality_model_id", "biological_constraints_id"),
    "scenario_projection_run": ("run_id", "scenario_id"),
    "scenario_scenarioprojection": ("projection_run_id", "projection_date", "current_stage_id", "average_weight"),
}
MASTER_DATA = ("planning_activitytemplate", "scenario_stage_constraint", "scenario_temperatureprofile")
"""Beside those that daily states rest on."""
OPEN = ("PENDING", "IN_PROGRESS")


def latest(states: pa.Table) -> pa.Table:
    """The states of a batch that its forecast rests on."""
    columns = [
        "assignment_id", "batch_id", "container_id", "date", "day_number", "population", "avg_weight_g", "biomass_kg",
        "temp_c", "sources", "confidence_scores",
    ]  # fmt: skip
    since = ints(states["date"]).max() - BIAS_WINDOW_DAYS
    return states.select(columns).filter(pc.greater(states["date"].cast(pa.int32()), since))


def known(tables: Mapping[str, pa.Table], states: pa.Table | None) -> Iterator[Known]:
    """The same as a database would say, of all active batches; `states` are their latest, None where there is none."""
    if states is None:
        return
    scenarios = {row["scenario_id"]: row for row in tables["scenario"].to_pylist()}
    scenario_of_run = {row["run_id"]: row["scenario_id"] for row in tables["scenario_projection_run"].to_pylist()}
    profiles = {row["profile_id"]: row["name"] for row in tables["scenario_temperatureprofile"].to_pylist()}
    growth = {row["model_id"]: row for row in tables["scenario_tgcmodel"].to_pylist()}
    limits = {
        row["constraint_set_id"]: row["max_weight_g"]
        for row in tables["scenario_stage_constraint"].to_pylist()
        if row["lifecycle_stage"] == "smolt"
    }
    templates = tables["planning_activitytemplate"].to_pylist()
    weights = [row["weight_threshold_g"] for row in templates if row["activity_type"] == "HARVEST"]
    harvested_at = max((weight for weight in weights if weight is not None), default=None)
    for batch, run in _batches(tables["batch_batch"]):
        own = _of(states, "batch_id", batch)
        if not own.num_rows:
            continue
        scenario = scenarios[scenario_of_run[run]]
        model = growth[scenario["tgc_model_id"]]
        stays = _of(tables["batch_batchcontainerassignment"], "batch_id", batch)
        now, water = _now_and_water(own, ints(stays.filter(stays["is_active"])["id"]))
        yield Known(
            batch_id=batch,
            now=now,
            water=water,
            run=_days(_of(tables["scenario_scenarioprojection"], "projection_run_id", run)),
            scenario=scenario_of(scenario, tables),
            tgc=float(model["tgc_value"]),
            profile=(model["profile_id"], profiles[model["profile_id"]]),
            transfer_g=_real(limits.get(scenario["biological_constraints_id"])),
            harvest_g=_real(harvested_at),
            planned=_planned(_of(tables["planning_plannedactivity"], "batch_id", batch)),
        )


def _batches(batches: pa.Table) -> list[tuple[int, int]]:
    """Active batches with the run that is pinned to them."""
    return sorted(
        (row["id"], row["pinned_projection_run_id"])
        for row in batches.select(list(READ["batch_batch"])).to_pylist()
        if row["status"] == Batch.Status.ACTIVE and row["pinned_projection_run_id"] is not None
    )


def _of(table: pa.Table, column: str, key: int) -> pa.Table:
    return table.filter(pc.equal(table[column], key))


def _real(value: Any) -> float | None:
    return None if value is None else float(value)


def _now_and_water(states: pa.Table, active: NDArray[np.int64]) -> tuple[dict[str, Any], dict[str, Any]]:
    stay, day = ints(states["assignment_id"]), ints(states["date"])
    source = np.array([known.get("temp") for known in _json(states["sources"])], object)
    confidence = [float(known.get("weight", 0)) for known in _json(states["confidence_scores"])]
    columns = {
        "assignment_id": stay,
        "container_id": ints(states["container_id"]),
        "day": day,
        "day_number": ints(states["day_number"]),
        "population": ints(states["population"]),
        "weight_g": floats(states["avg_weight_g"]),
        "biomass_kg": floats(states["biomass_kg"]),
        "confidence": np.array(confidence),
        "temp_c": floats(states["temp_c"]),
    }
    last = np.flatnonzero((day == day.max()) & np.isin(stay, active))
    last = last[np.argsort(stay[last])]
    measured = ~np.isnan(columns["temp_c"]) & ~np.isin(source, ("profile", "none"))
    of_late = np.flatnonzero(measured & np.isin(stay, stay[last]))
    of_late = of_late[np.lexsort((day[of_late], stay[of_late]))]
    now = {name: values[last] for name, values in columns.items() if name != "temp_c"}
    water = {name: columns[name][of_late] for name in ("assignment_id", "day", "day_number", "temp_c")}
    return now, water


def _json(column: Any) -> list[dict[str, Any]]:
    return [json.loads(text) for text in column.to_pylist()]


def _days(run: pa.Table) -> dict[str, Any]:
    day = ints(run["projection_date"])
    columns = {"day": day, "stage": ints(run["current_stage_id"]), "weight_g": np.asarray(run["average_weight"])}
    order = np.argsort(day)
    return {name: values[order] for name, values in columns.items()}


def _planned(activities: pa.Table) -> set[tuple[str, int | None]]:
    return {
        (row["activity_type"], row["container_id"])
        for row in activities.to_pylist()
        if row["activity_type"] in ("HARVEST", "TRANSFER") and row["status"] in OPEN
    }
