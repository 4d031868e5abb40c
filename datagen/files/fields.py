"""A model's Arrow schema with what its columns mean: units, what keys refer to, and what a row is."""

import functools
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from django.apps import apps

from datagen.events import truth
from datagen.storage import arrow

UNITS = {
    "c": "°C",
    "cm": "cm",
    "days": "d",
    "g": "g",
    "hours": "h",
    "kg": "kg",
    "latitude": "°",
    "longitude": "°",
    "m3": "m3",
    "minutes": "min",
    "mm": "mm",
    "percent": "%",
    "percentage": "%",
    "sqm": "m2",
    "temperature": "°C",
}
"""By the last word of a column's name."""


def models(tables: Iterable[str]) -> list[arrow.Model]:
    """The models of these tables; those that only link two others, and those of the truth, as well."""
    wanted = set(tables)
    known = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in wanted]
    return [*known, *truth.of(wanted)]


@functools.cache
def schema(model: arrow.Model) -> pa.Schema:
    """The schema of a model's table, described: of the fields `unit` and `references`, of the table `description`."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    described = [
        field.with_metadata(meaning(fields[field.name])) if meaning(fields[field.name]) else field
        for field in arrow.schema(model)
    ]
    return pa.schema(described, {"table": model._meta.db_table, "description": " ".join((model.__doc__ or "").split())})


def meaning(field: arrow.Model) -> dict[str | bytes, str | bytes]:
    """What is known of a model's field beside its type."""
    known: dict[str | bytes, str | bytes] = {}
    if (unit := UNITS.get(field.column.rsplit("_", 1)[-1])) and not field.is_relation:
        known["unit"] = unit
    if field.is_relation:
        target = field.target_field
        known["references"] = f"{target.model._meta.db_table}.{target.column}"
    if field.help_text:
        known["description"] = str(field.help_text)
    return known


def described(model: arrow.Model, rows: pa.Table) -> pa.Table:
    """Rows under the described schema; nothing is copied."""
    return pa.Table.from_arrays(rows.columns, schema=schema(model))


def told(model: arrow.Model) -> dict[str, Any]:
    """The same for a manifest."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    columns = {field.name: {"type": str(field.type), **meaning(fields[field.name])} for field in schema(model)}
    return {"description": schema(model).metadata[b"description"].decode(), "columns": columns}
