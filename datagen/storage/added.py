"""Tables that AquaMind's revision of 2026-03-25 added; a database of the guide's goes without them and their rows."""

from psycopg.rows import scalar_row

from datagen.storage.ledger import Connection

ADDED_TABLES = frozenset(
    (
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
"""Those of them that this tool fills."""


def lacking(connection: Connection) -> frozenset[str]:
    """Which of them the database does not have."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)"
    there = connection.cursor(row_factory=scalar_row).execute(query, [sorted(ADDED_TABLES)])
    return ADDED_TABLES.difference(there.fetchall())
