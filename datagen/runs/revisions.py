"""Which of AquaMind's revisions a database is of, told by our tables and columns; and how it has moved on since."""

from typing import Any

from psycopg.rows import scalar_row

from aquamind.errors import UserError
from datagen import pipeline
from datagen.runs import wiping
from datagen.storage import absent, arrow, ledger
from datagen.storage.absent import ADDED_TABLES
from datagen.storage.ledger import Connection

OURS, GUIDE, TODAY = "this tool's own", "AquaMind of 2025-12-02", "AquaMind of 2026-03-25"

ADDED = frozenset(
    (
        "batch_actualdailyassignmentstate.planned_activity_id",
        "batch_batchtransferworkflow.dynamic_completed_at",
        "batch_batchtransferworkflow.dynamic_completed_by_id",
        "batch_batchtransferworkflow.dynamic_route_mode",
        "batch_batchtransferworkflow.estimated_total_biomass_kg",
        "batch_batchtransferworkflow.estimated_total_count",
        "batch_batchtransferworkflow.is_dynamic_execution",
        "batch_transferaction.allow_mixed",
        "batch_transferaction.created_via",
        "batch_transferaction.dest_container_id",
        "batch_transferaction.executed_at",
        "batch_transferaction.leg_type",
        "health_mortalityreason.parent_id",
        "infrastructure_area.area_group_id",
        "infrastructure_container.carrier_id",
        "infrastructure_container.hierarchy_role",
        "infrastructure_container.parent_container_id",
    )
)
"""What the revision of 2026-03-25 has in tables of the guide's, which has none of them."""

MADE_BY_US = """
    SELECT EXISTS (SELECT FROM django_migrations WHERE app = 'environmental' AND name = '0002_time_in_primary_keys')
"""
COLUMNS = """
    SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY(%s)
        AND attnum > 0 AND NOT attisdropped
"""


def recognise(connection: Connection) -> str:
    """The revision in words, with what it has beside; one between two revisions is refused."""
    others, without = _not_ours(connection), absent.tables(connection) & ADDED_TABLES
    added, more = others & ADDED, sorted(others - ADDED)
    ours = not added and _made_by_us(connection)
    columns, tables = len(added), len(ADDED_TABLES - without)
    # Ours has its tables and none of its columns, or is of a version that had neither.
    whole = (columns, tables) in ((len(ADDED), len(ADDED_TABLES)), (0, 0)) or (ours and not without)
    if not whole and not more:
        lacks = ", ".join(sorted(without) + sorted(ADDED - added if not ours else ()))
        has = f"of what {TODAY} added it has {tables} tables and {columns} columns"
        told = f"It is half migrated: {has}, and not {lacks}"
        cure = "Finish its migration (python manage.py migrate)"
        raise UserError("database", connection.info.dbname, f"{told}. {cure}")
    name = TODAY if added == ADDED else GUIDE if not added else "AquaMind of another day"
    if ours:
        name = OURS
    return f"{name}, with {', '.join(more)}" if more else name


def moved_on(connection: Connection) -> list[str]:
    """How the schema differs from the one that the last run was written into, in words."""
    row = connection.execute("SELECT parameters->'columns' FROM datagen.run ORDER BY id DESC LIMIT 1").fetchone()
    if row is None or row[0] is None:  # None, or of a version that did not keep them.
        return []
    then, now = set(row[0]), _not_ours(connection)
    new = [f"{each} is new" for each in sorted(now - then)]
    return new + [f"{each} is gone" for each in sorted(then - now) + missing(connection)]


def described(connection: Connection) -> dict[str, Any]:
    """The revision, and the columns of our tables that are not ours, for the ledger."""
    return {"revision": recognise(connection), "columns": sorted(_not_ours(connection))}


def missing(connection: Connection) -> list[str]:
    """Our columns that are not there any more, of tables that this tool has filled."""
    filled = {*ledger.rows(connection), *(wiping.MASTER_DATA - absent.tables(connection))}
    return sorted(_modelled(filled) - _columns(connection, filled))


def _columns(connection: Connection, tables: set[str]) -> set[str]:
    cursor = connection.cursor(row_factory=scalar_row)
    return set(cursor.execute(COLUMNS, [sorted(tables)]).fetchall())


def _not_ours(connection: Connection) -> set[str]:
    return _columns(connection, _tables()) - _modelled(_tables())


def _modelled(tables: set[str]) -> set[str]:
    return {f"{model._meta.db_table}.{name}" for model in pipeline.models(tables) for name in arrow.columns(model)}


def _tables() -> set[str]:
    """Those that every revision has."""
    from django.apps import apps

    ours = (model for model in apps.get_models() if model._meta.app_label in wiping.APPS)
    return {model._meta.db_table for model in ours if not absent.of_versions(model)}


def _made_by_us(connection: Connection) -> bool:
    row = connection.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return False
    made = connection.execute(MADE_BY_US).fetchone()
    return made is not None and bool(made[0])
