"""Which containers a database has taken, and when: what a batch that is added to it must keep clear of."""

from datetime import date

from aquamind import database
from datagen.farm import Farm

FOR_EVER = date.max.toordinal()


def taken(dsn: str, farm: Farm, geography: int) -> tuple[list[tuple[int, int, int]], int]:
    """Stays in the database, as (container, first day, day after the last), and the geography's next running number.

    An open stay is taken for ever: what its batch will do is not in the record.
    """
    with database.connect(dsn, autocommit=True) as connection:
        there = connection.execute("SELECT to_regclass('public.batch_batch') IS NOT NULL").fetchone()
        if there is None or not there[0]:
            return [], 1
        rows = connection.execute(
            "SELECT container.name, assignment_date, departure_date FROM batch_batchcontainerassignment"
            " JOIN infrastructure_container container ON container.id = container_id"
        ).fetchall()
        last = connection.execute(
            "SELECT coalesce(max(substring(batch_number FROM '[0-9]+$')::int), 0) FROM batch_batch"
            " WHERE batch_number ~ %s",
            [f"^{farm.geography_code[geography]}-[0-9]+-[0-9]+$"],
        ).fetchone()
    index = {name: number for number, name in enumerate(farm.container_name)}
    stays = [
        (index[name], first.toordinal(), end.toordinal() if end else FOR_EVER)
        for name, first, end in rows
        if name in index
    ]
    return stays, int(last[0] if last else 0) + 1
