"""Where the units of a case go: a contract, and the store in memory that keeps nothing but what their content is."""

from collections.abc import Iterable
from typing import Protocol

import pyarrow as pa

from datagen.storage import arrow
from datagen.storage.ledger import Content

Tables = Iterable[tuple[arrow.Model, pa.RecordBatch]]


class Store(Protocol):
    """A place for units, each of which is there wholly or not at all, and known by its content by table."""

    def write(self, unit: str, tables: Tables) -> dict[str, Content]:
        """Write a unit, unless it is there; tables may come in any order and interleaved. What then is there of it."""

    def content(self) -> dict[str, dict[str, Content]]:
        """Every unit that is there, with its content by table."""


class MemoryStore:
    """Knows how many rows of each table a unit has, and their hash: what tests and estimates want of a case."""

    def __init__(self) -> None:
        self._units: dict[str, dict[str, Content]] = {}

    def write(self, unit: str, tables: Tables) -> dict[str, Content]:
        if unit in self._units:
            return self._units[unit]
        hashes = arrow.TableHashes()
        for model, batch in tables:
            hashes.of(model).update(batch)
        self._units[unit] = {table: Content(each.rows, each.hexdigest()) for table, each in hashes.items()}
        return self._units[unit]

    def content(self) -> dict[str, dict[str, Content]]:
        return self._units
