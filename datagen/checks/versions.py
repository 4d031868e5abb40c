"""What the law of versions asks of each table that has some; its query is written once, for all of them."""

from collections.abc import Set
from typing import Any

from apps.history.models import VERSIONS
from datagen.events.audit import MASS, kept
from datagen.runs.wiping import MASTER_DATA
from datagen.storage import arrow, ledger

LAW = "versions"

ACTIVE = "current.is_active"
UNDER_WAY = "current.status = 'IN_PROGRESS'"
RAISED = "current.category IN ('issue', 'action', 'diagnosis')"

FOLLOWING = {
    "auth_user": {"last_login": "true"},
    "batch_batch": {"expected_end_date": "current.status = 'ACTIVE'", "updated_at": "current.status = 'ACTIVE'"},
    "batch_batchcontainerassignment": {
        "population_count": ACTIVE,
        "avg_weight_g": ACTIVE,
        "biomass_kg": ACTIVE,
        "last_weighing_date": ACTIVE,
        "updated_at": ACTIVE,
    },
    # Plans are worked out after the record, and what is planned with the fish.
    "batch_batchtransferworkflow": {
        "planned_activity_id": "true",
        "total_actions_planned": "current.status = 'PLANNED'",
        "actions_completed": UNDER_WAY,
        "completion_percentage": UNDER_WAY,
        "updated_at": UNDER_WAY,
    },
    # Of raised deaths it is that of their worst week, as long as they last.
    "health_journalentry": {"severity": RAISED},
    # Meals take of it.
    "inventory_feedcontainerstock": {"quantity_kg": "true", "updated_at": "true"},
}
"""By table which columns follow from the record, and while what is true: that makes no versions."""

UNWRITTEN = {
    # As the fish stand, until they are moved.
    "batch_transferaction": "current.status <> 'PENDING'",
}
"""What is true of those rows that have versions, of tables of which some have none."""


def every(connection: ledger.Connection) -> bool:
    """Whether all of a database's runs keep versions of the mass of the record too."""
    if not ledger.present(connection):
        return False
    row = connection.execute("SELECT bool_and(parameters->>'history' = 'all') FROM datagen.run").fetchone()
    return row is not None and bool(row[0])


def query(template: str, absent: Set[str], mass: bool) -> str:
    """The law of all tables of versions but those that a database lacks, or of which a run keeps none."""
    judged = [
        _of_one(template, model)
        for model, versions in VERSIONS.items()
        if absent.isdisjoint({model._meta.db_table, versions._meta.db_table}) and _judged(model._meta.db_table, mass)
    ]
    return "\nUNION ALL\n".join(judged)


def _judged(table: str, mass: bool) -> bool:
    return table in kept("edited") or (mass and table in MASS) or _of_master_data(table)


def _of_master_data(table: str) -> bool:
    """Of which others may have made rows, that have no versions then."""
    return table in MASTER_DATA or table == "auth_user"


def _of_one(template: str, model: Any) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    following = FOLLOWING.get(table, {})
    # Of master data, what has no version is not ours.
    written = f"version.{key} IS NOT NULL" if _of_master_data(table) else UNWRITTEN.get(table, "true")
    return template.format(
        table=table,
        versions=VERSIONS[model]._meta.db_table,
        key=key,
        written=written,
        same=" AND ".join(_same(column, following.get(column)) for column in arrow.columns(model)),
    )


def _same(column: str, unless: str | None) -> str:
    same = f'current."{column}" IS NOT DISTINCT FROM version."{column}"'
    return f"({unless} OR {same})" if unless else same
