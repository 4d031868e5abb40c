"""Record families: what a history looks like in AquaMind's tables, a family a module or a package of modules."""

import math
from collections import Counter
from collections.abc import Collection, Iterator

from datagen import orm  # noqa: F401 - what follows imports models
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.events import (
    audit,
    batches,
    collecting,
    coming,
    counting,
    death_reasons,
    eggs,
    feed_purchases,
    feeding,
    finance,
    growth_samples,
    harvest,
    health,
    hidden,
    mixing,
    mortality,
    parents,
    readings,
    scenarios,
    thinnings,
    transfers,
    upkeep,
    weather,
)
from datagen.events.context import BatchRecord, Changing, ComingRecord, LongestLife, MixedRecord, Record, Rows, life
from datagen.events.family import BatchFamily, GeographyFamily
from datagen.events.truth import (
    TruthDeaths,
    TruthHallFailure,
    TruthLiceCount,
    TruthOutbreak,
    TruthSensorFault,
    TruthState,
    TruthStock,
)
from datagen.planning.plan import Versions

FAMILIES: tuple[BatchFamily, ...] = (
    batches,
    parents,
    eggs,
    transfers,
    thinnings,
    mixing,
    scenarios,
    mortality,
    collecting,
    counting,
    hidden,
    death_reasons,
    growth_samples,
    feeding,
    harvest,
    finance,
    health,
    readings,
)
"""Of a batch; in this order: nothing depends on it, but small tables first shows a mistake sooner."""

STREAMED: tuple[BatchFamily, ...] = (readings,)
"""Of these, whose tables have most rows of all, and which no other refers to: worth a transaction of their own.

They follow from what a batch has lived, on whatever later day it is asked of.
"""

HIDING: dict[str, BatchFamily] = {
    TruthDeaths._meta.db_table: collecting,
    TruthStock._meta.db_table: counting,
    TruthState._meta.db_table: hidden,
    TruthOutbreak._meta.db_table: hidden,
    TruthLiceCount._meta.db_table: health,
    TruthSensorFault._meta.db_table: readings,
    TruthHallFailure._meta.db_table: readings,
}
"""Those that fill tables of the truth too, which have no blocks of keys; by these."""

OF_EGGS: tuple[BatchFamily, ...] = (parents, eggs, transfers, thinnings)
"""Of these, which a batch that began as a mix of others has none of: it has no eggs, and is not moved."""

GEOGRAPHY_FAMILIES: tuple[GeographyFamily, ...] = (feed_purchases, weather, upkeep)


def most_rows(life: LongestLife) -> "Counter[str]":
    """How many keys a batch can need in each table, in the longest life the plan allows."""
    rows: Counter[str] = Counter()
    for family in FAMILIES:
        if not (life.mixed and family in OF_EGGS):
            rows.update(family.most_rows(life))
    rows.update(audit.created(rows, life.versions))
    return rows


def making(case: Case, tables: Collection[str]) -> tuple[BatchFamily, ...]:
    """The families that fill any of these tables of a batch."""
    hiding = [HIDING[table] for table in tables if table in HIDING]
    lives = [life(case, batch) for batch in (case.plan.batches[0], *[*case.mixed.values()][:1])]

    def fills(family: BatchFamily) -> bool:
        rows = {table for longest in lives for table in family.most_rows(longest)}
        versions = audit.created(dict.fromkeys(rows, 0), case.plan.versions)
        return family in hiding or any(table in rows or table in versions for table in tables)

    return tuple(filter(fills, FAMILIES))


A_YEAR_DAYS = 366


def settled_after(catalog: Catalog) -> int:
    """Days after the last fish has left from which on nothing of a batch is awaited any more, whatever the as-of day.

    A year, in which months are closed and weeks judged, and what the catalog has people wait for.
    """
    journal, treatments, biology = catalog.health.journal, catalog.treatments, catalog.biology
    # As late as no answer in a million comes.
    waits = [math.ceil(journal.lab_days * math.exp(5.0 * journal.lab_days_spread))]
    waits += [treatments.vaccination_judged_after_days]
    waits += [each.withholding_days for each in biology.vaccinations]
    waits += [each.withholding_days for each in biology.lice_treatments]
    return A_YEAR_DAYS + max(waits)


def tables_of_geographies(versions: Versions) -> list[str]:
    """What is filled by geographies, and of what of it versions are kept."""
    tables = [table for family in GEOGRAPHY_FAMILIES for table in family.TABLES]
    return [*tables, *audit.created(dict.fromkeys(tables, 0), versions)]


def most_rows_a_day(case: Case, geography: int) -> dict[str, int]:
    """How many keys a geography can need in each of its tables for a day of the record."""
    rows = {}
    for family in GEOGRAPHY_FAMILIES:
        rows.update(dict.fromkeys(family.TABLES, family.most_rows_a_day(case, geography)))
    # A row has a version of its making and one of a change at most.
    rows.update({table: 2 * most for table, most in audit.created(rows, case.plan.versions).items()})
    return rows


def expand(record: Record, families: tuple[BatchFamily, ...] = FAMILIES) -> Iterator[Rows]:
    """All rows of a batch, begun or ahead, or of some families; or of what a geography has besides its batches.

    Each are followed by their versions.
    """
    for model, rows, *was in _made(record, families):
        yield model, rows
        yield from audit.trail(record, model, rows, *was)


def _made(record: Record, families: tuple[BatchFamily, ...]) -> Iterator[Rows | Changing]:
    if isinstance(record, ComingRecord):
        yield from coming.expand(record)
    elif isinstance(record, BatchRecord):
        for family in families:
            if not (isinstance(record, MixedRecord) and family in OF_EGGS):
                yield from family.expand(record)
    else:
        for shared in GEOGRAPHY_FAMILIES:
            yield from shared.expand(record)


def expected(record: Record) -> "Counter[str]":
    """How many rows `expand` makes, by table."""
    rows: Counter[str] = Counter()
    if isinstance(record, ComingRecord):
        rows.update(coming.expected(record))
    elif isinstance(record, BatchRecord):
        for family in FAMILIES:
            if not (isinstance(record, MixedRecord) and family in OF_EGGS):
                rows.update(family.expected(record))
    else:
        for shared in GEOGRAPHY_FAMILIES:
            rows.update(shared.expected(record))
    rows.update(audit.created(rows, record.case.plan.versions))
    return rows
