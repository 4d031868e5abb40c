"""All models of batch, so that they can be imported from one place."""

from apps.batch.models.base import Batch, BatchComposition, BatchContainerAssignment, LifeCycleStage, Species
from apps.batch.models.daily_state import ActualDailyAssignmentState
from apps.batch.models.forecast import ContainerForecastSummary, LiveForwardProjection
from apps.batch.models.mixing import BatchMixEvent, BatchMixEventComponent
from apps.batch.models.observation import GrowthSample, IndividualGrowthObservation, MortalityEvent
from apps.batch.models.workflow import (
    ActionStatus,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    CreationAction,
    TransferAction,
    WorkflowStatus,
)

__all__ = [
    "ActionStatus",
    "ActualDailyAssignmentState",
    "Batch",
    "BatchComposition",
    "BatchContainerAssignment",
    "BatchCreationWorkflow",
    "BatchMixEvent",
    "BatchMixEventComponent",
    "BatchTransferWorkflow",
    "ContainerForecastSummary",
    "CreationAction",
    "GrowthSample",
    "IndividualGrowthObservation",
    "LifeCycleStage",
    "LiveForwardProjection",
    "MortalityEvent",
    "Species",
    "TransferAction",
    "WorkflowStatus",
]
