"""What a record family is: the tables of one subject, and how the history of a batch or of a geography fills them.

Every module in `FAMILIES` of `datagen.events` is one. It knows the models' fields and no connection.
"""

from collections.abc import Iterator
from typing import Protocol

from datagen.case import Case
from datagen.events.context import BatchRecord, Changing, GeographyRecord, LongestLife, Rows


class BatchFamily(Protocol):
    """A family that a batch fills by itself, within its own blocks of keys."""

    def most_rows(self, life: LongestLife) -> dict[str, int]:
        """How many rows a batch can have in each of the family's tables, in the longest life the plan allows.

        Of tables of versions: how many can tell of changes, for each row as many.
        """

    def expected(self, record: BatchRecord) -> dict[str, int]:
        """How many rows `expand` will make, by table, worked out without making them; of versions, those of changes."""

    def expand(self, record: BatchRecord) -> Iterator[Rows | Changing]:
        """The rows, as record batches, table by table, in chunks."""


class GeographyFamily(Protocol):
    """A family that belongs to a geography as a whole; its keys interleave with those of the other geographies."""

    TABLES: tuple[str, ...]

    def most_rows_a_day(self, case: Case, geography: int) -> int:
        """How many keys of each of its tables a day of the record can need."""

    def expected(self, record: GeographyRecord) -> dict[str, int]:
        """How many rows `expand` will make, by table, worked out without making them."""

    def expand(self, record: GeographyRecord) -> Iterator[Rows | Changing]:
        """The rows, as record batches, table by table."""
