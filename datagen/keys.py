"""Primary keys by arithmetic, so that children know their parents' ids before anything is written."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datagen.case import Case
from datagen.events import most_rows, most_rows_a_day, tables_of_geographies
from datagen.events.context import BatchRecord, ComingRecord, GeographyRecord, MixedRecord, Record, life
from datagen.simulation.history import History

RESERVED_DAYS = 30 * 365
"""How long a record may become that has another plan's above it; invented."""


@dataclass(frozen=True)
class Keys:
    """First primary keys by table: of each batch, those ahead last, and of each geography, which go by `stride`.

    `of_mixed` are those of batches that began as a mix of others, by the index of the younger of these.

    `after` is the first key that another plan may have: above all blocks, and what geographies can fill in
    `RESERVED_DAYS`.
    """

    of_batch: list[dict[str, int]]
    of_mixed: dict[int, dict[str, int]]
    of_geography: dict[int, dict[str, int]]
    after: dict[str, int]

    @property
    def stride(self) -> int:
        return len(self.of_geography)

    @property
    def tables(self) -> list[str]:
        """Every table that the plan writes."""
        of_mixed = next(iter(self.of_mixed.values()), {})
        return sorted({*self.of_batch[0], *of_mixed, *next(iter(self.of_geography.values()))})


def keys(case: Case, taken: Mapping[str, int]) -> Keys:
    """Keys above those that were `taken` before the run: the highest by table.

    A batch has a block in every table, as long as its longest life could need, so that ids depend neither on the as-of
    day nor on what later batches do. What belongs to a geography has no end: there the geographies interleave.
    """
    following: dict[str, int] = defaultdict(lambda: 1)
    following.update({table: highest + 1 for table, highest in taken.items()})
    of_geography = {
        geography: {table: following[table] + place for table in tables_of_geographies(case.plan.versions)}
        for place, geography in enumerate(case.geographies)
    }
    of_batch, of_mixed = [], {}

    def block(rows: Mapping[str, int]) -> dict[str, int]:
        first = {table: following[table] for table in rows}
        following.update({table: first[table] + count for table, count in rows.items()})
        return first

    for index, batch in enumerate(case.batches):
        of_batch.append(block(most_rows(life(case, batch))))
        # Right after that of the younger batch, so that it hangs on no later one.
        if index in case.mixed:
            of_mixed[index] = block(most_rows(life(case, case.mixed[index])))
    for geography, first in of_geography.items():
        for table, most in most_rows_a_day(case, geography).items():
            end = first[table] + len(of_geography) * most * RESERVED_DAYS
            following[table] = max(following[table], end)
    return Keys(of_batch, of_mixed, of_geography, dict(following))


def records(case: Case, histories: Mapping[int, History]) -> Iterator[Record]:
    """All that a lived plan expands, keyed as in an empty database: its geographies, its batches, and those ahead."""
    given = keys(case, {})
    for geography, history in histories.items():
        yield GeographyRecord(case, history, given.of_geography[geography], given.stride)
    for index, batch in enumerate(case.plan.batches):
        yield BatchRecord(case, index, histories[batch.geography].batch(index), given.of_batch[index])
    for index, lived in mixed(case, histories):
        yield mixed_record(case, index, lived, given)
    for index in range(len(case.plan.batches), len(case.batches)):
        yield ComingRecord(case, index, given.of_batch[index])


def mixed_record(case: Case, index: int, lived: History, given: Keys) -> MixedRecord:
    """What a batch expands that began as a mix of others; the index is that of the younger of these."""
    batch = case.mixed[index]
    assert batch.mixed is not None
    sources = {each: given.of_batch[each] for each in (batch.mixed.older, index)}
    return MixedRecord(case, index, lived, given.of_mixed[index], batch, sources)


def mixed(case: Case, histories: Mapping[int, History]) -> Iterator[tuple[int, History]]:
    """Batches that have begun as a mix of others: the index of the younger of these, and what they lived."""
    place = len(case.plan.batches)
    for index, batch in case.mixed.items():
        if index < len(case.plan.batches):
            if histories[batch.geography].has(place):
                yield index, histories[batch.geography].batch(place, index)
            place += 1
