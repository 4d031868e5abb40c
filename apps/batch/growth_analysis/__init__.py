"""Growth Analysis: the daily state of every assignment, worked out from what was recorded and from nothing else."""

from apps.batch.growth_analysis.record import MissingScenario, read
from apps.batch.growth_analysis.states import States, compute
from apps.batch.growth_analysis.window import recompute

__all__ = ["MissingScenario", "States", "compute", "read", "recompute"]
