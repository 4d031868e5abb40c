"""Growth Analysis: the daily state of every assignment, worked out from what was recorded and from nothing else."""

from apps.batch.growth_analysis.record import MissingScenario, Record, read, until
from apps.batch.growth_analysis.states import States, compute
from apps.batch.growth_analysis.window import recompute

__all__ = ["MissingScenario", "Record", "States", "compute", "read", "recompute", "until"]
