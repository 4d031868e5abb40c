"""What the pages show, added up in SQL: a batch by its indexes in milliseconds, and little enough to send whole."""

import json
from datetime import date
from typing import Any

from django.db import connection

from apps.record import last_days

Columns = dict[str, list[Any]]
FILTERS = ("geography", "status", "stage", "year")

# A stay lasts until the day the fish leave; an open one until the day after its batch's record ends.
STAYS = """
    SELECT stay.id, stay.batch_id, container.name AS container,
           coalesce(station.name || ' ' || hall.name, area.name) AS place,
           CASE WHEN area.id IS NULL THEN 'hall' ELSE 'area' END AS kind,
           coalesce(station.geography_id, area.geography_id) AS geography_id, stage.name AS stage,
           stay.assignment_date AS first,
           coalesce(stay.departure_date, (%(days)s::jsonb ->> stay.batch_id::text)::date + 1, %(as_of)s + 1) AS until,
           stay.population_count, stay.is_active AS open
    FROM batch_batchcontainerassignment stay
    JOIN batch_lifecyclestage stage ON stage.id = stay.lifecycle_stage_id
    JOIN infrastructure_container container ON container.id = stay.container_id
    LEFT JOIN infrastructure_hall hall ON hall.id = container.hall_id
    LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
    LEFT JOIN infrastructure_area area ON area.id = container.area_id
"""

# A batch is the fish that live, also while its rings are harvested one by one; then those that were harvested.
BATCHES = """
    WITH stay AS (
        SELECT batch_id, min(container_id) AS container_id, count(*) FILTER (WHERE is_active) AS containers,
               sum(population_count) FILTER (WHERE is_active) AS fish,
               sum(biomass_kg) FILTER (WHERE is_active) AS biomass_kg
        FROM batch_batchcontainerassignment GROUP BY batch_id
    ), harvest AS (
        SELECT batch_id, sum(unit_count) AS fish, sum(live_weight_kg) AS biomass_kg
        FROM harvest_harvestevent event JOIN harvest_harvestlot lot ON lot.event_id = event.id GROUP BY batch_id
    ), listed AS (
        SELECT batch.batch_number AS number, geography.name AS geography, batch.status, stage.name AS stage,
               batch.start_date AS start, batch.actual_end_date AS end,
               coalesce(batch.actual_end_date, (%(days)s::jsonb ->> batch.id::text)::date, %(as_of)s)
               - batch.start_date AS age_days,
               coalesce(stay.containers, 0) AS containers,
               coalesce(stay.fish, harvest.fish)::int8 AS fish,
               (coalesce(stay.biomass_kg, harvest.biomass_kg) / 1000)::float8 AS biomass_t,
               (coalesce(stay.biomass_kg, harvest.biomass_kg) * 1000
                / nullif(coalesce(stay.fish, harvest.fish), 0))::float8 AS weight_g
        FROM batch_batch batch
        JOIN batch_lifecyclestage stage ON stage.id = batch.lifecycle_stage_id
        LEFT JOIN stay ON stay.batch_id = batch.id
        LEFT JOIN harvest ON harvest.batch_id = batch.id
        LEFT JOIN infrastructure_container container ON container.id = stay.container_id
        LEFT JOIN infrastructure_area area ON area.id = container.area_id
        LEFT JOIN infrastructure_hall hall ON hall.id = container.hall_id
        LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
        LEFT JOIN infrastructure_geography geography
            ON geography.id = coalesce(area.geography_id, station.geography_id)
    )
    SELECT * FROM listed
    WHERE %(number)s IN ('', number) AND %(geography)s IN ('', geography)
        AND %(status)s IN ('', status) AND %(stage)s IN ('', stage) AND %(year)s IN ('', extract(year FROM start)::text)
    ORDER BY start DESC, number
"""

CHOICES = """
    SELECT (SELECT array_agg(name ORDER BY id) FROM infrastructure_geography) AS geography,
           (SELECT array_agg(DISTINCT status) FROM batch_batch) AS status,
           (SELECT array_agg(name ORDER BY "order") FROM batch_lifecyclestage) AS stage,
           (SELECT array_agg(DISTINCT extract(year FROM start_date)::text) FROM batch_batch) AS year
"""

SAMPLES = """
    SELECT sample.sample_date AS date, sample.avg_weight_g::float8 AS weight_g, sample.sample_size AS fish,
           container.name AS container
    FROM batch_growthsample sample
    JOIN batch_batchcontainerassignment stay ON stay.id = sample.assignment_id
    JOIN infrastructure_container container ON container.id = stay.container_id
    WHERE stay.batch_id = %(batch)s AND (%(stay)s::int8 IS NULL OR stay.id = %(stay)s)
    ORDER BY sample.sample_date, stay.id
"""

PROJECTION = """
    SELECT projection_date AS date, round(average_weight::numeric, 2)::float8 AS weight_g,
           round(population)::int8 AS fish
    FROM scenario_scenarioprojection
    WHERE projection_run_id = (SELECT pinned_projection_run_id FROM batch_batch WHERE id = %(batch)s)
    ORDER BY day_number
"""

# Means over containers by their fish: a ring of many fish says more about a batch than one of few.
STATES = """
    SELECT date, sum(population)::int8 AS fish,
           round(sum(avg_weight_g * population) / nullif(sum(population), 0), 2)::float8 AS weight_g,
           round(sum(biomass_kg))::float8 AS biomass_kg, sum(mortality_count)::int8 AS deaths,
           round(avg(temp_c), 2)::float8 AS temp_c, count(*) AS containers,
           string_agg(DISTINCT anchor_type, ',' ORDER BY anchor_type) AS anchors, count(anchor_type) AS anchored,
           round(avg((confidence_scores->>'weight')::numeric), 2)::float8 AS weight_confidence,
           round(avg((confidence_scores->>'temp')::numeric), 2)::float8 AS temp_confidence,
           round(avg((confidence_scores->>'mortality')::numeric), 2)::float8 AS mortality_confidence,
           round(avg((confidence_scores->>'feed')::numeric), 2)::float8 AS feed_confidence
    FROM batch_actualdailyassignmentstate
    WHERE batch_id = %(batch)s AND (%(stay)s::int8 IS NULL OR assignment_id = %(stay)s)
    GROUP BY date ORDER BY date
"""

DEATHS = """
    SELECT date_trunc('week', event_date)::date AS week, cause, sum(count)::int8 AS fish
    FROM batch_mortalityevent
    WHERE batch_id = %(batch)s AND (%(stay)s::int8 IS NULL OR assignment_id = %(stay)s)
    GROUP BY 1, 2 ORDER BY 1, 2
"""

FEED = """
    SELECT date_trunc('week', feeding_date)::date AS week, round(sum(amount_kg), 1)::float8 AS kg
    FROM inventory_feedingevent
    WHERE batch_id = %(batch)s AND (%(stay)s::int8 IS NULL OR batch_assignment_id = %(stay)s)
    GROUP BY 1 ORDER BY 1
"""

FCR = """
    SELECT period_start AS first, period_end AS last, weighted_avg_fcr::float8 AS fcr,
           overall_confidence_level AS confidence, estimation_method AS method
    FROM inventory_batchfeedingsummary
    WHERE batch_id = %(batch)s AND weighted_avg_fcr IS NOT NULL
    ORDER BY period_start
"""
CONTAINER_FCR = """
    SELECT period_start AS first, period_end AS last, fcr::float8 AS fcr, confidence_level AS confidence,
           estimation_method AS method
    FROM inventory_containerfeedingsummary
    WHERE batch_id = %(batch)s AND container_assignment_id = %(stay)s AND fcr IS NOT NULL
    ORDER BY period_start
"""

BATCH_STAYS = f"""
    SELECT id, container, place, stage, first, until, open, population_count AS fish
    FROM ({STAYS} WHERE stay.batch_id = %(batch)s) AS stay
    ORDER BY first, container
"""

PLACES = """
    WITH equipped AS (
        SELECT hall_id, area_id, count(*) AS containers
        FROM infrastructure_container container
        WHERE EXISTS (SELECT FROM infrastructure_sensor sensor WHERE sensor.container_id = container.id)
        GROUP BY hall_id, area_id
    )
    SELECT geography.name AS geography, coalesce(station.name || ' ' || hall.name, area.name) AS place,
           CASE WHEN area.id IS NULL THEN 'hall' ELSE 'area' END AS kind, containers
    FROM equipped
    LEFT JOIN infrastructure_hall hall ON hall.id = hall_id
    LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
    LEFT JOIN infrastructure_area area ON area.id = area_id
    JOIN infrastructure_geography geography ON geography.id = coalesce(station.geography_id, area.geography_id)
    ORDER BY geography.id, area.id NULLS FIRST, hall.id
"""

VISITS = f"""
    SELECT batch_number AS batch, geography.name AS geography, place, stage, min(first) AS first, max(until) AS until,
           bool_or(open) AS open, count(*) AS containers
    FROM ({STAYS}) AS stay JOIN batch_batch batch ON batch.id = stay.batch_id
    JOIN infrastructure_geography geography ON geography.id = geography_id
    GROUP BY batch_number, geography.name, place, stage
    ORDER BY first, place
"""

OCCUPANCY = f"""
    SELECT geography.name AS geography, kind, day AS date,
           sum(sum(change)) OVER (PARTITION BY geography.name, kind ORDER BY day)::int8 AS containers
    FROM ({STAYS}) AS stay
    JOIN infrastructure_geography geography ON geography.id = geography_id
    CROSS JOIN LATERAL (VALUES (first, 1), (until, -1), (%(as_of)s, 0)) AS turn(day, change)
    WHERE day <= %(as_of)s
    GROUP BY geography.name, kind, day ORDER BY geography.name, kind, day
"""


def columns(query: str, **values: Any) -> Columns:
    """A query's columns by name: in JSON a third of the size of rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description]
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def rows(query: str, **values: Any) -> list[dict[str, Any]]:
    """A query's rows by column name, for a template."""
    found = columns(query, **values)
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _reach(as_of: date) -> dict[str, Any]:
    """How far the record of each batch reaches, and of those that no run recorded."""
    return {"as_of": as_of, "days": json.dumps({batch: day.isoformat() for batch, day in last_days().items()})}


def batches(as_of: date, **wanted: str) -> list[dict[str, Any]]:
    """The batches with this number, geography, status, stage or starting year; all where none is wanted."""
    return rows(BATCHES, **_reach(as_of), **{"number": "", **dict.fromkeys(FILTERS, ""), **wanted})


def batch_chart(batch_id: int, as_of: date, stay_id: int | None) -> dict[str, Columns]:
    """All series of a batch's page, of the whole batch or of one stay; `as_of` is the last day of its record."""
    of = {"batch": batch_id, "stay": stay_id}
    return {
        "samples": columns(SAMPLES, **of),
        "projection": columns(PROJECTION, **of),
        "states": columns(STATES, **of),
        "deaths": columns(DEATHS, **of),
        "feed": columns(FEED, **of),
        "fcr": columns(FCR if stay_id is None else CONTAINER_FCR, **of),
        "stays": columns(BATCH_STAYS, as_of=as_of, days="{}", **of),
    }


def plan_chart(as_of: date) -> dict[str, Columns]:
    """Which batch was in which hall or area when, and how many containers were occupied from each day on."""
    reach = _reach(as_of)
    return {
        "places": columns(PLACES),
        "visits": columns(VISITS, **reach),
        "occupancy": columns(OCCUPANCY, **reach),
    }
