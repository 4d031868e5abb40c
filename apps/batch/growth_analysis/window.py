"""States recomputed where the record has changed, for a system in use."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg

from apps.batch.growth_analysis.record import read
from apps.batch.growth_analysis.states import ANCHORS, SOURCES, States, compute

TABLE = "batch_actualdailyassignmentstate"
COLUMNS = (
    "id, assignment_id, batch_id, container_id, lifecycle_stage_id, date, day_number, avg_weight_g, population,"
    " biomass_kg, temp_c, mortality_count, feed_kg, observed_fcr, anchor_type, sources, confidence_scores,"
    " last_computed_at"
)
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('daily states', %s))"
MODELLED_BEFORE = f"""
    SELECT EXISTS (SELECT FROM {TABLE} WHERE batch_id = %s AND date < %s AND sources->>'mortality' = 'model')
        AND EXISTS (SELECT FROM batch_mortalityevent WHERE batch_id = %s)
"""


def recompute(connection: psycopg.Connection[Any], batch_id: int, first: date, last: date, as_of: date) -> int:
    """Replace a batch's states of the days from `first` to `last`, and return how many there are now.

    What is stored afterwards is what computing everything would give, if nothing recorded outside of these days has
    changed. A change of weights or deaths tells on all later days: then `last` is the as-of day.
    """
    with connection.transaction():
        # Of two that recompute the same batch the second waits, and then sees what both were called for.
        connection.execute(LOCK, [batch_id])
        told = connection.execute(MODELLED_BEFORE, [batch_id, first, batch_id]).fetchone()
        if told is not None and told[0]:
            # The first death on record turns modelled deaths into none, from the first day on.
            first = date.min
        record = read(connection, batch_id, as_of, (first, last))
        # A stay that was shortened has lost its days: what is not computed any more goes as well.
        connection.execute(
            f"DELETE FROM {TABLE} WHERE batch_id = %s AND date BETWEEN %s AND %s".encode(), [batch_id, first, last]
        )
        return 0 if record is None else _insert(connection, compute(record), first, last)


def _insert(connection: psycopg.Connection[Any], states: States, first: date, last: date) -> int:
    dates = states.date
    chosen = np.flatnonzero((dates >= np.datetime64(first)) & (dates <= np.datetime64(last)))
    now = datetime.now(UTC)
    ids = states.id
    with connection.cursor() as cursor, cursor.copy(f"COPY {TABLE} ({COLUMNS}) FROM STDIN".encode()) as copy:
        for row in chosen.tolist():
            copy.write_row(
                (
                    int(ids[row]),
                    int(states.assignment_id[row]),
                    states.batch_id,
                    int(states.container_id[row]),
                    int(states.lifecycle_stage_id[row]),
                    dates[row].item(),
                    int(states.day_number[row]),
                    float(states.avg_weight_g[row]),
                    int(states.population[row]),
                    float(states.biomass_kg[row]),
                    _known(states.temp_c[row]),
                    int(states.mortality_count[row]),
                    round(float(states.feed_kg[row]), 2),
                    _known(states.observed_fcr[row]),
                    ANCHORS[states.anchor[row]] if states.anchor[row] >= 0 else None,
                    SOURCES[states.sources[row]],
                    states.confidences[states.confidence[row]],
                    now,
                )
            )
    return len(chosen)


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
