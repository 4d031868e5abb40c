"""Primary keys by arithmetic: every batch has a block of ids in every table, so children know their parents' ids."""

from collections import defaultdict
from collections.abc import Mapping

from datagen.case import Case
from datagen.events import FAMILIES
from datagen.events.context import life


def blocks(case: Case, taken: Mapping[str, int]) -> list[dict[str, int]]:
    """First id of each batch of the plan in each table.

    `taken` is the highest id in use before the run. A block is as long as the batch's longest life could need, so that
    ids depend neither on the as-of day nor on what later batches do.
    """
    following: dict[str, int] = defaultdict(lambda: 1)
    following.update({table: highest + 1 for table, highest in taken.items()})
    firsts = []
    for batch in case.plan.batches:
        longest = life(case, batch)
        first = {}
        for family in FAMILIES:
            for table, rows in family.most_rows(longest).items():
                first[table] = following[table]
                following[table] += rows
        firsts.append(first)
    return firsts
