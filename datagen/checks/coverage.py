"""Whether a database, of whomever, has what acceptance tests need: fish of every age, fresh records, work ahead.

What is wanted is what AquaMind's users ask of their own check.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from aquamind import database
from datagen import checks

LEAST_ACTIVE = 30
LEAST_OF_STAGE = 4
LEAST_ABOUT_TO_MOVE = 2
LAST_DAYS = 10
"""Before a change of stage; invented: the check that is asked for says "the last days"."""
OLDEST_DAYS = 3
LEAST_WITH_STATES = 0.8

OF_STAGES = """
    SELECT stage.name, count(batch.id)
    FROM batch_lifecyclestage stage
    LEFT JOIN batch_batch batch ON batch.lifecycle_stage_id = stage.id AND batch.status = 'ACTIVE'
        AND batch.start_date <= %(as_of)s
    GROUP BY stage.id ORDER BY stage."order"
"""
ABOUT_TO_MOVE = """
    SELECT stage.name, count(batch.id)
    FROM planning_activitytemplate template
    JOIN batch_lifecyclestage stage ON stage.id = template.target_lifecycle_stage_id
    LEFT JOIN batch_batch batch ON batch.status = 'ACTIVE'
        AND batch.start_date + template.day_offset - %(as_of)s BETWEEN 1 AND %(last_days)s
    WHERE template.is_active AND template.activity_type = 'TRANSFER' AND template.trigger_type = 'DAY_OFFSET'
    GROUP BY stage.id, template.day_offset ORDER BY template.day_offset
"""
# Readings index by index: there are too many to read each for its time.
AGES_DAYS = {
    "daily state": "SELECT %(as_of)s - max(date) FROM batch_actualdailyassignmentstate WHERE date <= %(as_of)s",
    "meal": "SELECT %(as_of)s - max(feeding_date) FROM inventory_feedingevent WHERE feeding_date <= %(as_of)s",
    "reading": """
        SELECT %(as_of)s - max(latest)::date
        FROM batch_batch batch
        CROSS JOIN environmental_environmentalparameter parameter
        CROSS JOIN LATERAL (SELECT max(reading_time) AS latest FROM environmental_environmentalreading
            WHERE batch_id = batch.id AND parameter_id = parameter.id AND reading_time < %(as_of)s::date + 1) reading
        WHERE batch.status = 'ACTIVE'
    """,
}
WITH_STATES = """
    SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM batch_actualdailyassignmentstate state
        WHERE state.batch_id = batch.id AND state.date BETWEEN %(as_of)s - %(oldest_days)s AND %(as_of)s))
        / greatest(count(*), 1)::float
    FROM batch_batch batch WHERE batch.status = 'ACTIVE'
"""
PLANNED = """
    SELECT count(*) FROM planning_plannedactivity activity JOIN batch_batch batch ON batch.id = activity.batch_id
    WHERE batch.status = 'ACTIVE' AND activity.status = 'PENDING'
        AND activity.due_date - %(as_of)s BETWEEN 1 AND %(within_days)s
"""


@dataclass(frozen=True)
class Item:
    """One thing that is wanted, and what was found of it; None where there is nothing at all."""

    title: str
    wanted: str
    found: float | None
    passed: bool


def coverage(dsn: str, as_of: date) -> list[Item]:
    """Every item, of one state of the database on a day; nothing in it is changed."""
    with database.connect(dsn, autocommit=True, application_name="aquamind coverage") as connection:
        checks.admit(connection)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('timezone', 'UTC', true), set_config('search_path', 'public', true)")
            return list(_items(connection, as_of))


def _items(connection: psycopg.Connection[Any], as_of: date) -> Iterator[Item]:
    def rows(query: str, **given: object) -> list[Any]:
        return connection.execute(query.encode(), {"as_of": as_of, **given}).fetchall()

    stages = rows(OF_STAGES)
    yield _least("Active batches", sum(count for _, count in stages), LEAST_ACTIVE)
    for name, count in stages:
        yield _least(f"Active batches, {name}", count, LEAST_OF_STAGE)
    moves = rows(ABOUT_TO_MOVE, last_days=LAST_DAYS)
    for name, count in moves or [("the next stage, for there is no template of a transfer", 0)]:
        yield _least(f"Batches in the last {LAST_DAYS} days before {name}", count, LEAST_ABOUT_TO_MOVE)
    for what, query in AGES_DAYS.items():
        [(days,)] = rows(query)
        fresh = days is not None and days <= OLDEST_DAYS
        yield Item(f"Days since the latest {what}", f"at most {OLDEST_DAYS}", days, fresh)
    [(share,)] = rows(WITH_STATES, oldest_days=OLDEST_DAYS)
    yield _least("Share of active batches with fresh daily states", round(share, 3), LEAST_WITH_STATES)
    for within_days in (7, 90):
        [(planned,)] = rows(PLANNED, within_days=within_days)
        yield _least(f"Activities planned for the next {within_days} days", planned, 1)


def _least(title: str, found: float, least: float) -> Item:
    return Item(title, f"at least {least:g}", found, found >= least)
