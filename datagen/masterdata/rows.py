"""Rows of master data by name: what is there already is left as it is."""

from collections.abc import Iterable
from typing import Any

Created = dict[str, int]
"""Rows created, by table."""


def create(model: Any, rows: Iterable[dict[str, Any]], *key: str) -> Created:
    """Create those rows of which no row of the table has the same values of all of `key`, by default `name`."""
    key = key or ("name",)
    there = set(model._default_manager.values_list(*key))
    missing = [model(**row) for row in rows if tuple(row[name] for name in key) not in there]
    model._default_manager.bulk_create(missing, batch_size=2000)
    return {model._meta.db_table: len(missing)}


def ids_by_name(model: Any, key: str = "name") -> dict[str, int]:
    return dict(model._default_manager.values_list(key, "pk"))
