"""Record families: what a batch's history looks like in AquaMind's tables, a family a module.

A family has `most_rows(life)`, how many rows a batch can fill in each of its tables in the longest life the plan
allows, and `expand(batch)`, the rows themselves as record batches. It knows the models' fields and no connection.
"""

from collections.abc import Iterator

from datagen.events import (
    batches,
    feeding,
    finance,
    growth_samples,
    harvest,
    health,
    mortality,
    readings,
    scenarios,
    transfers,
)
from datagen.events.context import BatchRecord, Rows

FAMILIES = (batches, transfers, scenarios, mortality, growth_samples, feeding, harvest, finance, health, readings)
"""In this order; nothing depends on it, but small tables first shows a mistake sooner."""


def expand(batch: BatchRecord) -> Iterator[Rows]:
    """All rows of a batch, table by table, in chunks."""
    for family in FAMILIES:
        yield from family.expand(batch)
