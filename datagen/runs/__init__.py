"""Whole runs on a database: made, carried on, analysed, wiped; and what each asks of it first."""

from datagen import orm  # noqa: F401 - what follows imports models
from datagen.runs.run import (
    Job,
    check_schema,
    described,
    execute,
    follow,
    identify,
    one_beside,
    plan_hash,
    prepare,
    rebuild,
)

__all__ = [
    "Job",
    "check_schema",
    "described",
    "execute",
    "follow",
    "identify",
    "one_beside",
    "plan_hash",
    "prepare",
    "rebuild",
]
