"""Tables that not every AquaMind has: a database that lacks some is filled without them and their rows."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
from django.apps import apps

from datagen.storage.arrow import Model
from datagen.storage.ledger import Connection
from datagen.storage.store import Tables

ADDED_TABLES = frozenset(
    (
        "batch_batchmixevent",
        "batch_batchmixeventcomponent",
        "batch_containerforecastsummary",
        "batch_liveforwardprojection",
        "infrastructure_areagroup",
        "infrastructure_transportcarrier",
        "finance_core_account",
        "finance_core_accountgroup",
        "finance_core_allocationrule",
        "finance_core_budget",
        "finance_core_budgetentry",
        "finance_core_costcenter",
        "finance_core_costcenterbatchlink",
        "finance_core_costimportbatch",
        "finance_core_costimportline",
        "finance_core_periodlock",
        "finance_core_valuationrun",
    )
)
"""Those that AquaMind's revision of 2026-03-25 added, of which a database has all or none."""


def of_versions(model: Model) -> bool:
    """Whether the model's table keeps versions of rows, of which a database may lack any."""
    return bool(model._meta.app_label == "history")


def optional(model: Model) -> bool:
    """Whether a database may lack the model's table."""
    return of_versions(model) or model._meta.db_table in ADDED_TABLES


def tables(connection: Connection) -> frozenset[str]:
    """The tables that the database lacks, of those that it may lack."""
    may_lack = [model._meta.db_table for model in apps.get_models() if optional(model)]
    lacking = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(format('public.%%I', name)) IS NULL"
    return frozenset(name for (name,) in connection.execute(lacking, [may_lack]).fetchall())


def present(connection: Connection, names: Iterable[str]) -> list[str]:
    """Those of these tables that the database has."""
    lacking = tables(connection)
    return [name for name in names if name not in lacking]


def rows_of_present(connection: Connection, rows: Tables) -> Iterator[tuple[Model, pa.RecordBatch]]:
    """The rows of tables that the database has."""
    lacking = tables(connection)
    return ((model, batch) for model, batch in rows if model._meta.db_table not in lacking)
