"""The health record of a batch: its journal, laboratory samples, health checks, lice and treatments, linked together.

What the week's dead of a ring died of is in `datagen/events/death_reasons.py`: the same fish as in the daily events.
"""

from collections.abc import Iterator

from datagen.events.context import BatchRecord, Changing, LongestLife, Rows
from datagen.events.health import checks, journal, laboratory, lice, treatments


def most_rows(life: LongestLife) -> dict[str, int]:
    return {
        **journal.most_rows(life),
        **laboratory.most_rows(life),
        **checks.most_rows(life),
        **lice.most_rows(life),
        **treatments.most_rows(life),
    }


def expected(record: BatchRecord) -> dict[str, int]:
    infested, checked = lice.infestation(record), checks.checks(record)
    happened = journal.happenings(record, infested, checked)
    return {
        **journal.expected(record, happened),
        **laboratory.expected(record, happened.samples),
        **checks.expected(record, checked),
        **lice.expected(record, infested),
        **treatments.expected(record, infested),
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    """The tables tell of each other, so what they share is worked out once."""
    infested, checked = lice.infestation(record), checks.checks(record)
    happened = journal.happenings(record, infested, checked)
    yield from journal.expand(record, happened)
    yield from laboratory.expand(record, happened.samples)
    yield from checks.expand(record, checked, infested)
    if infested is not None:
        yield from lice.expand(record, infested)
    yield from treatments.expand(record, infested, happened, checked)
