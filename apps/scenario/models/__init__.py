"""All models of scenario, so that they can be imported from one place."""

from apps.scenario.models.model import (
    BiologicalConstraints,
    FCRModel,
    FCRModelStage,
    FCRModelStageOverride,
    MortalityModel,
    MortalityModelStage,
    Stage,
    StageConstraint,
    TemperatureProfile,
    TemperatureReading,
    TGCModel,
    TGCModelStage,
)
from apps.scenario.models.projection import ProjectionRun, Scenario, ScenarioModelChange, ScenarioProjection

__all__ = [
    "BiologicalConstraints",
    "FCRModel",
    "FCRModelStage",
    "FCRModelStageOverride",
    "MortalityModel",
    "MortalityModelStage",
    "ProjectionRun",
    "Scenario",
    "ScenarioModelChange",
    "ScenarioProjection",
    "Stage",
    "StageConstraint",
    "TGCModel",
    "TGCModelStage",
    "TemperatureProfile",
    "TemperatureReading",
]
