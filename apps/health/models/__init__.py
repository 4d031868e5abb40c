"""All models of health, so that they can be imported from one place."""

from apps.health.models.journal import HealthLabSample, JournalEntry, SampleType
from apps.health.models.losses import LiceCount, LiceType, MortalityReason, MortalityRecord
from apps.health.models.sampling import (
    FishParameterScore,
    HealthParameter,
    HealthSamplingEvent,
    IndividualFishObservation,
    ParameterScoreDefinition,
)
from apps.health.models.treatment import Treatment, VaccinationType

__all__ = [
    "FishParameterScore",
    "HealthLabSample",
    "HealthParameter",
    "HealthSamplingEvent",
    "IndividualFishObservation",
    "JournalEntry",
    "LiceCount",
    "LiceType",
    "MortalityReason",
    "MortalityRecord",
    "ParameterScoreDefinition",
    "SampleType",
    "Treatment",
    "VaccinationType",
]
