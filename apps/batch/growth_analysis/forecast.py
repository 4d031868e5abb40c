"""What lies ahead of each active assignment of a batch: its last daily state, grown on to its scenario's last day."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from apps.batch.growth_analysis.queries import rows
from apps.batch.growth_analysis.scenario import Scenario, read_scenario

Columns = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_DAYS = 1_000
"""AquaMind looks no further ahead."""

BIAS_WINDOW_DAYS = 14
MOST_BIAS_C = 2.0
"""By how much, either way, water is taken to differ from its profile: as AquaMind does."""

HARVEST_WEIGHT_G = 5_000.0
TRANSFER_WEIGHT_G = 100.0
"""Where the database says none: AquaMind's."""

ATTENTION_DAYS = 30
"""What is due so soon and not planned needs attention: AquaMind's."""

IDS_PER_ASSIGNMENT = 10_000
"""A projection's key is its assignment's times this plus its number, as that of a daily state."""

# Of active batches, whose growth the pinned run says for every day.
BATCHES = """
    SELECT id, pinned_projection_run_id FROM batch_batch
    WHERE status = 'ACTIVE' AND pinned_projection_run_id IS NOT NULL ORDER BY id
"""
STATES = """
    SELECT a.id, s.container_id, s.date, s.day_number::int8, s.population::int8, s.avg_weight_g::float8,
           s.biomass_kg::float8, coalesce(s.confidence_scores->>'weight', '0')::float8
    FROM batch_actualdailyassignmentstate s JOIN batch_batchcontainerassignment a ON a.id = s.assignment_id
    WHERE s.batch_id = %(batch)s AND a.is_active
        AND s.date = (SELECT max(date) FROM batch_actualdailyassignmentstate WHERE batch_id = %(batch)s)
    ORDER BY a.id
"""
STATE_COLUMNS = {
    "assignment_id": "id",
    "container_id": "id",
    "day": "day",
    "day_number": "whole",
    "population": "whole",
    "weight_g": "real",
    "biomass_kg": "real",
    "confidence": "real",
}
# A profile's own temperature says nothing of how the water differs from it.
WATER = """
    SELECT assignment_id, date, day_number::int8, temp_c::float8 FROM batch_actualdailyassignmentstate
    WHERE batch_id = %(batch)s AND date > %(since)s AND assignment_id = ANY(%(stays)s) AND temp_c IS NOT NULL
        AND sources->>'temp' NOT IN ('profile', 'none')
    ORDER BY assignment_id, date
"""
WATER_COLUMNS = {"assignment_id": "id", "day": "day", "day_number": "whole", "temp_c": "real"}
RUN = """
    SELECT projection_date, current_stage_id, average_weight::float8 FROM scenario_scenarioprojection
    WHERE projection_run_id = %(run)s ORDER BY projection_date
"""
RUN_COLUMNS = {"day": "day", "stage": "id", "weight_g": "real"}
MODEL = """
    SELECT t.tgc_value::float8, p.profile_id, p.name, limits.max_weight_g::float8
    FROM scenario_projection_run r JOIN scenario s ON s.scenario_id = r.scenario_id
    JOIN scenario_tgcmodel t ON t.model_id = s.tgc_model_id
    JOIN scenario_temperatureprofile p ON p.profile_id = t.profile_id
    LEFT JOIN scenario_stage_constraint limits
        ON limits.constraint_set_id = s.biological_constraints_id AND limits.lifecycle_stage = 'smolt'
    WHERE r.run_id = %s
"""
HARVESTED_AT = "SELECT max(weight_threshold_g)::float8 FROM planning_activitytemplate WHERE activity_type = 'HARVEST'"
# Of the whole batch, or of the containers that they name.
PLANNED = """
    SELECT DISTINCT activity_type, container_id FROM planning_plannedactivity
    WHERE batch_id = %s AND activity_type IN ('HARVEST', 'TRANSFER') AND status IN ('PENDING', 'IN_PROGRESS')
"""


@dataclass(frozen=True)
class Known:
    """What is known of a batch: the columns that the queries find, in a database or in tables of none.

    `now` are the states of the last day, `water` the temperatures since `BIAS_WINDOW_DAYS` before, `run` the pinned
    run's days. Of weights None where nothing says one.
    """

    batch_id: int
    now: Columns
    water: Columns
    run: Columns
    scenario: Scenario
    tgc: float
    profile: tuple[int, str]
    transfer_g: float | None
    harvest_g: float | None
    planned: set[tuple[str, int | None]]


@dataclass(frozen=True)
class Ahead:
    """Assignments of one batch as they are, and grids [days from tomorrow on, assignments] of what they will be.

    `stages` are those of the grid's days, by time: the pinned run's.
    """

    batch_id: int
    now: Columns
    run: Columns
    tgc: float
    profile: tuple[int, str]
    bias_c: Floats
    temp_c: Floats
    weight_g: Floats
    population: Ints
    harvest_g: float
    transfer_g: float
    planned: set[tuple[str, int | None]]


def read(connection: psycopg.Connection[Any], batch_id: int, run_id: int) -> Known | None:
    """What a database knows of a batch; None where it has no daily states."""
    now = rows(connection, STATES, {"batch": batch_id}, STATE_COLUMNS)
    scenario = read_scenario(connection, batch_id)
    if scenario is None or not len(now["day"]):
        return None
    stays = now["assignment_id"].tolist()
    since = (np.datetime64(0, "D") + int(now["day"].max()) - BIAS_WINDOW_DAYS).astype(object)
    [(tgc, profile_id, profile, transfer_g)] = connection.execute(MODEL, [run_id]).fetchall()
    [(harvest_g,)] = connection.execute(HARVESTED_AT).fetchall()
    return Known(
        batch_id=batch_id,
        now=now,
        water=rows(connection, WATER, {"batch": batch_id, "since": since, "stays": stays}, WATER_COLUMNS),
        run=rows(connection, RUN, {"run": run_id}, RUN_COLUMNS),
        scenario=scenario,
        tgc=tgc,
        profile=(profile_id, profile),
        transfer_g=transfer_g,
        harvest_g=harvest_g,
        planned=set(connection.execute(PLANNED, [batch_id]).fetchall()),
    )


def look_ahead(known: Known) -> Ahead:
    """What the daily states of a batch come to."""
    now, scenario, bias_c = known.now, known.scenario, _bias_c(known)
    ahead = known.run["day"] > now["day"].max()
    stages = known.run["stage"][ahead][:MOST_DAYS].tolist()
    number = now["day_number"].max() + 1 + np.arange(len(stages))
    temp_c = np.round(scenario.temp_c(number)[:, None] + bias_c, 2)
    gain = np.array([scenario.tgc[stage] for stage in stages])[:, None] / 1000.0 * np.maximum(temp_c, 0.0)
    left = np.cumprod([1.0 - scenario.death_rate[stage] for stage in stages])[:, None]
    return Ahead(
        batch_id=known.batch_id,
        now=now,
        run=known.run,
        tgc=known.tgc,
        profile=known.profile,
        bias_c=bias_c,
        temp_c=temp_c,
        # Iwama & Tautz (1981), as the daily states grow.
        weight_g=np.round((np.cbrt(now["weight_g"]) + np.cumsum(gain, axis=0)) ** 3, 2),
        population=np.rint(now["population"] * left).astype(np.int64),
        harvest_g=known.harvest_g or HARVEST_WEIGHT_G,
        transfer_g=known.transfer_g or TRANSFER_WEIGHT_G,
        planned=known.planned,
    )


def _bias_c(known: Known) -> Floats:
    """How much warmer each assignment's water was of late than its profile."""
    stays, water = known.now["assignment_id"], known.water
    differs = water["temp_c"] - known.scenario.temp_c(water["day_number"])
    at = np.searchsorted(stays, water["assignment_id"])
    days = np.bincount(at, minlength=len(stays))
    mean_c = np.bincount(at, np.nan_to_num(differs), len(stays)) / np.maximum(days, 1)
    bias_c: Floats = np.clip(mean_c, -MOST_BIAS_C, MOST_BIAS_C)
    return bias_c.round(2)


def projections(ahead: Ahead) -> Columns:
    """The columns of projected days, by assignment, then by day."""
    days, stays = ahead.weight_g.shape
    number, now = np.arange(1, days + 1), ahead.now

    def column(values: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(values, (days, stays)).T.ravel()

    return {
        "id": column(now["assignment_id"] * IDS_PER_ASSIGNMENT + number[:, None]),
        "computed_date": column(now["day"]).astype("datetime64[D]"),
        "projection_date": column(now["day"] + number[:, None]).astype("datetime64[D]"),
        "day_number": column(now["day_number"] + number[:, None]),
        "projected_weight_g": column(ahead.weight_g),
        "projected_population": column(ahead.population),
        "projected_biomass_kg": np.round(column(ahead.population * ahead.weight_g) / 1000.0, 2),
        "temperature_used_c": column(ahead.temp_c),
        "temp_bias_c": column(ahead.bias_c),
        "assignment_id": column(now["assignment_id"]),
        "container_id": column(now["container_id"]),
    }


def summaries(ahead: Ahead) -> Columns:
    """The columns of one row an assignment; NaT and NaN where a weight is not reached."""
    now = ahead.now
    harvest, harvest_g = _first_day(ahead, ahead.harvest_g)
    transfer, transfer_g = _first_day(ahead, ahead.transfer_g)
    # Fish that are past it have been moved.
    moved = now["weight_g"] >= ahead.transfer_g
    transfer, transfer_g = np.where(moved, np.nan, transfer), np.where(moved, np.nan, transfer_g)
    original = np.flatnonzero(ahead.run["weight_g"] >= ahead.harvest_g)
    original_day = float(ahead.run["day"][original[0]]) if len(original) else np.nan
    has_harvest, has_transfer = _planned(ahead, "HARVEST"), _planned(ahead, "TRANSFER")
    soon = [(harvest <= ATTENTION_DAYS) & ~has_harvest, (transfer <= ATTENTION_DAYS) & ~has_transfer]
    return {
        "assignment_id": now["assignment_id"],
        "current_weight_g": now["weight_g"],
        "current_population": now["population"],
        "current_biomass_kg": now["biomass_kg"],
        "state_date": now["day"].astype("datetime64[D]"),
        "state_day_number": now["day_number"],
        "state_confidence": now["confidence"],
        "projected_harvest_date": _date(now["day"] + harvest),
        "projected_harvest_weight_g": harvest_g,
        "days_to_harvest": _whole(harvest),
        "projected_transfer_date": _date(now["day"] + transfer),
        "projected_transfer_weight_g": transfer_g,
        "days_to_transfer": _whole(transfer),
        "original_harvest_date": _date(np.full(len(harvest), original_day)),
        "harvest_variance_days": _whole(now["day"] + harvest - original_day),
        "has_planned_harvest": has_harvest,
        "has_planned_transfer": has_transfer,
        "needs_planning_attention": soon[0] | soon[1],
        "temp_bias_c": ahead.bias_c,
    }


def _first_day(ahead: Ahead, weight_g: float) -> tuple[Floats, Floats]:
    """After how many days each assignment has a weight, and which it then is; NaN if it never has."""
    heavy: NDArray[np.bool_] = ahead.weight_g >= weight_g
    ever: NDArray[np.bool_] = np.any(heavy, axis=0)
    if not len(heavy):
        return np.full(len(ever), np.nan), np.full(len(ever), np.nan)
    first = heavy.argmax(axis=0)
    return np.where(ever, first + 1.0, np.nan), np.where(ever, ahead.weight_g[first, np.arange(len(ever))], np.nan)


def _planned(ahead: Ahead, kind: str) -> NDArray[np.bool_]:
    whole = (kind, None) in ahead.planned
    return np.array([whole or (kind, container) in ahead.planned for container in ahead.now["container_id"].tolist()])


def _date(days: Floats) -> NDArray[Any]:
    whole = np.nan_to_num(days).astype(np.int64).astype("datetime64[D]")
    return np.where(np.isnan(days), np.datetime64("NaT", "D"), whole)


def _whole(values: Floats) -> NDArray[Any]:
    """Whole numbers, and None where there is none."""
    whole = np.nan_to_num(values).astype(np.int64).astype(object)
    whole[np.isnan(values)] = None
    return whole
