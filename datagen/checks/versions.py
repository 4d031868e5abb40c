"""What the law of versions asks of each table that has some; its query is written once, for all of them."""

from collections.abc import Set
from typing import Any

from apps.history.models import VERSIONS
from datagen.events.audit import EDITED
from datagen.storage import arrow

LAW = "versions"

FOLLOWING = {
    "batch_batch": ("current.status = 'ACTIVE'", ("expected_end_date", "updated_at")),
    "batch_batchcontainerassignment": (
        "current.is_active",
        ("population_count", "avg_weight_g", "biomass_kg", "last_weighing_date", "updated_at"),
    ),
}
"""By table which columns follow from the record, and while what is true: that makes no versions."""


def query(template: str, absent: Set[str]) -> str:
    """The law of all tables of versions but those that a database lacks."""
    tables = (each for each in VERSIONS if each._meta.db_table in EDITED)
    judged = [_of_one(template, model) for model in tables if VERSIONS[model]._meta.db_table not in absent]
    return "\nUNION ALL\n".join(judged)


def _of_one(template: str, model: Any) -> str:
    table = model._meta.db_table
    still, following = FOLLOWING.get(table, ("false", ()))
    return template.format(
        table=table,
        versions=VERSIONS[model]._meta.db_table,
        key=model._meta.pk.column,
        same=" AND ".join(_same(column, f"{still} OR " * (column in following)) for column in arrow.columns(model)),
    )


def _same(column: str, unless: str) -> str:
    return f'({unless}current."{column}" IS NOT DISTINCT FROM version."{column}")'
