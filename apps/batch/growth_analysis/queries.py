"""The queries that read a batch's record, and how their rows come over as arrays."""

from datetime import date
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

GROWTH_SAMPLE, TRANSFER, VACCINATION, MANUAL = range(4)
"""Kinds of weighing, the most trusted first."""

POSTGRES_EPOCH_DAY = (date(2000, 1, 1) - date(1970, 1, 1)).days
BINARY = {
    "id": ("int8send", ">i8"),
    "day": ("date_send", ">i4"),
    "whole": ("int8send", ">i8"),
    "real": ("float8send", ">f8"),
}
"""How each kind of column is sent, and what arrives; days are turned from PostgreSQL's count into Unix's."""

STAYS = """
    WITH stay AS (
        SELECT a.*, b.start_date, coalesce(s.expected_weight_min_g, 0) AS stage_min_g,
               least(%(as_of)s, coalesce(b.actual_end_date, %(as_of)s), coalesce(a.departure_date - 1, %(as_of)s))
                   AS last_date
        FROM batch_batchcontainerassignment a
        JOIN batch_batch b ON b.id = a.batch_id
        JOIN batch_lifecyclestage s ON s.id = a.lifecycle_stage_id
        WHERE a.batch_id = %(batch)s
    )
    SELECT id, container_id, lifecycle_stage_id, start_date, assignment_date, last_date, population_count::int8,
           coalesce(avg_weight_g, stage_min_g)::float8
    FROM stay
    WHERE assignment_date <= last_date AND assignment_date <= %(to)s AND last_date >= %(from)s
    ORDER BY assignment_date, id
"""
STAY_COLUMNS = {
    "id": "id",
    "container_id": "id",
    "lifecycle_stage_id": "id",
    "batch_start": "day",
    "first_day": "day",
    "last_day": "day",
    "own_count": "whole",
    "own_weight_g": "real",
}

CREATIONS = """
    SELECT dest_assignment_id, coalesce(actual_delivery_date, expected_delivery_date),
           greatest(coalesce(egg_count_actual, egg_count_planned) - mortality_on_arrival, 0)::int8
    FROM batch_creationaction
    WHERE status = 'COMPLETED' AND dest_assignment_id = ANY(%(stays)s)
"""
CREATION_COLUMNS = {"dest": "id", "day": "day", "fish": "whole"}

# A source outside of what is computed now, of another batch or before the window, has its last state in the table.
TRANSFERS = """
    SELECT source_assignment_id, coalesce(dest_assignment_id, 0), coalesce(actual_execution_date, planned_date),
           transferred_count::int8, mortality_during_transfer::int8, coalesce(measured_avg_weight_g, 'NaN')::float8,
           CASE selection_method WHEN 'LARGEST' THEN 0.88 WHEN 'SMALLEST' THEN 1.12 ELSE 1 END::float8,
           coalesce(CASE WHEN source_assignment_id <> ALL(%(stays)s) THEN (
               SELECT avg_weight_g FROM batch_actualdailyassignmentstate state
               WHERE state.assignment_id = source_assignment_id
                   AND state.date < coalesce(actual_execution_date, planned_date)
               ORDER BY state.date DESC LIMIT 1
           ) END, 'NaN')::float8
    FROM batch_transferaction
    WHERE status = 'COMPLETED' AND coalesce(actual_execution_date, planned_date) IS NOT NULL
        AND (source_assignment_id = ANY(%(stays)s) OR dest_assignment_id = ANY(%(stays)s))
"""
TRANSFER_COLUMNS = {
    "source": "id",
    "dest": "id",
    "day": "day",
    "fish": "whole",
    "died": "whole",
    "measured_g": "real",
    "selection": "real",
    "stored_source_g": "real",
}

HARVESTS = """
    SELECT event.assignment_id, (event.event_date AT TIME ZONE 'UTC')::date, sum(lot.unit_count)::int8
    FROM harvest_harvestevent event JOIN harvest_harvestlot lot ON lot.event_id = event.id
    WHERE event.batch_id = %(batch)s AND event.assignment_id = ANY(%(stays)s)
    GROUP BY 1, 2
"""
HARVEST_COLUMNS = {"assignment": "id", "day": "day", "fish": "whole"}

# A treatment has no column for the weight: it is in the health check taken with it, or in its description.
WEIGHINGS = f"""
    SELECT {GROWTH_SAMPLE}::int8, assignment_id, sample_date,
           (sum(avg_weight_g * greatest(sample_size, 1)) / sum(greatest(sample_size, 1)))::float8
    FROM batch_growthsample WHERE assignment_id = ANY(%(stays)s) GROUP BY 2, 3
    UNION ALL
    SELECT {VACCINATION}, batch_assignment_id, day, avg(weight_g)::float8
    FROM (
        SELECT t.batch_assignment_id, (t.treatment_date AT TIME ZONE 'UTC')::date AS day,
               coalesce(h.avg_weight_g,
                        substring(t.description FROM '([0-9]+[.]?[0-9]*) g mean weight')::numeric) AS weight_g
        FROM health_treatment t LEFT JOIN health_healthsamplingevent h ON h.id = t.sampling_event_id
        WHERE t.batch_assignment_id = ANY(%(stays)s) AND t.includes_weighing
    ) AS weighed
    WHERE weight_g IS NOT NULL GROUP BY 2, 3
"""
BY_HAND = f"""
    UNION ALL
    SELECT {MANUAL}, assignment_id, date, avg_weight_g::float8
    FROM batch_actualdailyassignmentstate
    WHERE assignment_id = ANY(%(stays)s) AND batch_id = %(batch)s AND anchor_type = 'manual'
"""
WEIGHING_COLUMNS = {"kind": "whole", "assignment": "id", "day": "day", "weight_g": "real"}

DEATHS = """
    SELECT assignment_id, event_date, sum(count)::int8
    FROM batch_mortalityevent
    WHERE batch_id = %(batch)s AND assignment_id IS NOT NULL AND event_date BETWEEN %(first)s AND %(last)s
    GROUP BY 1, 2
"""
DEATHS_COLUMNS = {"assignment": "id", "day": "day", "count": "whole"}
DEATHS_RECORDED = "SELECT EXISTS (SELECT FROM batch_mortalityevent WHERE batch_id = %s)"

BY_CONTAINER_COLUMNS = {"container": "id", "day": "day", "value": "real"}
FEED = """
    SELECT container_id, feeding_date, sum(amount_kg)::float8
    FROM inventory_feedingevent
    WHERE batch_id = %(batch)s AND feeding_date BETWEEN %(first)s AND %(last)s
    GROUP BY 1, 2
"""

# Averaged by the server: an eighth of the rows come over, 35 ms a batch of 46,000 readings.
TEMPERATURES = """
    SELECT container_id, (reading_time AT TIME ZONE 'UTC')::date, avg(value)::float8
    FROM environmental_environmentalreading
    WHERE batch_id = %(batch)s AND container_id IS NOT NULL
        AND parameter_id = (SELECT min(id) FROM environmental_environmentalparameter WHERE lower(name) = 'temperature')
        AND reading_time >= (%(first)s::date)::timestamp AT TIME ZONE 'UTC'
        AND reading_time < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY 1, 2
"""


def rows(
    connection: psycopg.Connection[Any], query: str, values: dict[str, Any], columns: dict[str, str]
) -> dict[str, NDArray[Any]]:
    """Columns of a query without NULLs, as one string of bytes: row by row would take the client thrice the time."""
    row = np.dtype([(name, BINARY[kind][1]) for name, kind in columns.items()])
    sent = " || ".join(f"{BINARY[kind][0]}({name})" for name, kind in columns.items())
    whole = f"SELECT count(*), string_agg({sent}, '') FROM ({query}) AS found ({', '.join(columns)})"
    # Named, for the connection's own kind may be Django's, which knows no binary results.
    with psycopg.Cursor(connection) as cursor:
        [(count, data)] = cursor.execute(whole.encode(), values, binary=True).fetchall()
    table = np.frombuffer(data or b"", row)
    if len(table) != count:
        raise ValueError(f"{count - len(table)} of {count} rows have a NULL: {query}")
    found = {name: table[name].astype(np.float64 if kind == "real" else np.int64) for name, kind in columns.items()}
    for name, kind in columns.items():
        if kind == "day":
            found[name] += POSTGRES_EPOCH_DAY
    return found
