"""Which containers and numbers a database has used: what a batch that is added to it must keep clear of."""

import re
from collections.abc import Sequence

from aquamind import database
from datagen.storage import ledger


def occupied(dsn: str, containers: Sequence[str], code: str) -> tuple[set[int], int]:
    """Indices of those containers that batches have lived in, and the next running number of a geography by its code.

    What an interrupted run has left is not counted: run again, it must find what it found before.
    """
    with database.connect(dsn, autocommit=True) as connection:
        there = connection.execute("SELECT to_regclass('public.batch_batch') IS NOT NULL").fetchone()
        if there is None or not there[0]:
            return set(), 1
        others = {number for (number,) in connection.execute("SELECT batch_number FROM batch_batch")}
        others -= ledger.interrupted(connection)
        lived_in = connection.execute(
            "SELECT DISTINCT container.name FROM batch_batchcontainerassignment assignment"
            " JOIN batch_batch batch ON batch.id = batch_id AND batch_number = ANY(%s)"
            " JOIN infrastructure_container container ON container.id = container_id",
            [sorted(others)],
        ).fetchall()
    index = {name: number for number, name in enumerate(containers)}
    numbered = [re.fullmatch(rf"{code}-[0-9]+-([0-9]+)", number) for number in others]
    highest = max((int(number[1]) for number in numbered if number), default=0)
    return {index[name] for (name,) in lived_in if name in index}, highest + 1
