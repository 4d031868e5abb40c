"""Where the rows of a table lie in an export's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

Partitions: TypeAlias = Mapping[str, str]
"""The file of each unit of a batch in a table of many, in a subfolder written as Hive does: column=value."""

OF_MANY = frozenset(
    (
        "batch_actualdailyassignmentstate",
        "batch_individualgrowthobservation",
        "batch_mortalityevent",
        "environmental_environmentalreading",
        "health_fishparameterscore",
        "health_licecount",
        "inventory_feedingevent",
        # With --history all.
        "batch_historicalindividualgrowthobservation",
        "batch_historicalmortalityevent",
        "health_historicalfishparameterscore",
        "health_historicallicecount",
        "inventory_historicalfeedingevent",
    )
)
"""Tables of thousands of rows a batch: these are a file a batch, all others one file."""

MANIFEST = "manifest.json"


def partition(geography_code: str, batch_number: str, name: str = "rows") -> str:
    return f"geography={geography_code}/batch={batch_number}/{name}"


def part(table: str, partition: str, suffix: str) -> str:
    """The file with a batch's rows of a table of many, in the export's folder."""
    return f"{table}/{partition}.{suffix}"


def whole(table: str, suffix: str) -> str:
    """The one file of a table; of a table of many where it has no rows at all."""
    return f"{table}/rows.{suffix}" if table in OF_MANY else f"{table}.{suffix}"


def pattern(folder: Path, table: str, suffix: str) -> str:
    """What finds all files of a table in the export's folder."""
    parts = f"{table}/*/*/*.{suffix}"
    return parts if next(folder.glob(parts), None) else whole(table, suffix)
