"""The models of a batch's scenario that its daily states rest on: growth, deaths, and water where none was measured."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The run that is pinned to the batch, else the batch's first scenario.
MODELS = """
    SELECT t.model_id, t.tgc_value, t.profile_id, m.model_id, m.rate, m.frequency
    FROM scenario s
    JOIN scenario_tgcmodel t ON t.model_id = s.tgc_model_id
    JOIN scenario_mortalitymodel m ON m.model_id = s.mortality_model_id
    WHERE s.scenario_id = (
        SELECT coalesce(
            (SELECT r.scenario_id FROM scenario_projection_run r WHERE r.run_id = b.pinned_projection_run_id),
            (SELECT min(f.scenario_id) FROM scenario f WHERE f.batch_id = b.id))
        FROM batch_batch b WHERE b.id = %s)
"""
TGC_STAGES = "SELECT lifecycle_stage, tgc_value::float8 FROM scenario_tgc_model_stage WHERE tgc_model_id = %s"
MORTALITY_STAGES = """
    SELECT lifecycle_stage, daily_rate_percent::float8 FROM scenario_mortality_model_stage WHERE mortality_model_id = %s
"""
PROFILE = "SELECT day_number, temperature FROM scenario_temperaturereading WHERE profile_id = %s ORDER BY day_number"

CALLED_IN_MODELS = {"adult": "harvest"}
"""Stages that models of growth and deaths call by another name than the batch's."""


@dataclass(frozen=True)
class Scenario:
    """Growth coefficient (x1000) and daily share of deaths by lifecycle stage id; the profile's days and degrees."""

    tgc: dict[int, float]
    death_rate: dict[int, float]
    profile_day: Floats
    profile_temp_c: Floats

    def temp_c(self, day_number: NDArray[np.int64]) -> Floats:
        """The profile's temperature by day of life; its last value carries on; NaN without a profile."""
        if not len(self.profile_day):
            return np.full(day_number.shape, np.nan)
        at = np.searchsorted(self.profile_day, day_number, "right") - 1
        return self.profile_temp_c[np.maximum(at, 0)]


def read_scenario(connection: psycopg.Connection[Any], batch_id: int) -> Scenario | None:
    """The models that apply to a batch all its life; None without a scenario.

    Changes of the growth model within a scenario are left out: they put the seasons into a course of temperatures that
    has none, and the measured temperatures have them.
    """
    found = connection.execute(MODELS, [batch_id]).fetchone()
    if found is None:
        return None
    tgc_id, tgc, profile_id, mortality_id, percent, frequency = found
    stages = connection.execute("SELECT id, name FROM batch_lifecyclestage").fetchall()
    tgc_of = dict(connection.execute(TGC_STAGES, [tgc_id]).fetchall())
    percent_of = dict(connection.execute(MORTALITY_STAGES, [mortality_id]).fetchall())
    profile = connection.execute(PROFILE, [profile_id]).fetchall()
    return applied(stages, tgc, tgc_of, percent, frequency, percent_of, profile)


def applied(
    stages: list[tuple[int, str]],
    tgc: float,
    tgc_of: dict[str, float],
    percent: float,
    frequency: str,
    percent_of: dict[str, float],
    days: list[tuple[int, float]],
) -> Scenario:
    """The models for stages (ids with names): growth and deaths of all, and by stage; the profile's days, in order."""
    # A weekly rate is the share that dies in seven days.
    daily = percent / 100.0 if frequency == "daily" else 1.0 - (1.0 - percent / 100.0) ** (1.0 / 7.0)
    profile = np.array(days, np.float64).reshape(-1, 2)
    return Scenario(
        {stage: _of_stage(tgc_of, name, tgc) for stage, name in stages},
        {stage: _of_stage(percent_of, name, daily * 100.0) / 100.0 for stage, name in stages},
        profile[:, 0],
        profile[:, 1],
    )


def _of_stage(values: dict[str, float], name: str, otherwise: float) -> float:
    """The value for a stage: under its name, as AquaMind looks it up, or under the schema's keys (`egg`, `alevin`)."""
    if name in values:
        return values[name]
    for part in name.lower().split("&"):
        key = re.sub(r"[^a-z]+", "_", part.strip())
        for choice in (key, CALLED_IN_MODELS.get(key, key)):
            if choice in values:
                return values[choice]
    return otherwise
