"""Master data as tables of no database: the rows and keys that an empty one would get."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import models

from apps.infrastructure.models import Sensor
from datagen import masterdata
from datagen.case import Case
from datagen.events.context import Rows
from datagen.masterdata.rows import stored
from datagen.masterdata.sensors import in_service
from datagen.storage.arrow import record_batch

PLAIN = frozenset((bool, date, float, int, str, type(None)))
"""Values that are as their column holds them, or that Arrow refuses there."""


def tables(case: Case, also: Iterable[Any]) -> Iterator[Rows]:
    """All of a plan's master data, and these models, of which there may be no rows.

    Entered at midnight before the first day of the plan: the clock is no content.
    """
    made = masterdata.made(case.catalog, case.farm, spares=case.way.sensor_service is not None)
    in_service(case, made[Sensor])
    entered = datetime.combine(case.plan.first_day, time(), UTC)
    for model in dict.fromkeys([*made, *also]):
        rows = made[model]
        # Of an empty list nobody could tell what it is of.
        columns = {f.column: _column(f, rows, entered) if rows else None for f in model._meta.concrete_fields}
        yield model, record_batch(model, len(rows), **columns)


def is_clock(field: Any) -> bool:
    """Whether a column holds nothing but when its row was entered or changed."""
    return isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add or callable(field.default))


def _column(field: Any, rows: list[Any], entered: datetime) -> Any:
    if is_clock(field):
        return entered
    if isinstance(field, models.DecimalField):
        return [stored(row, field.name, getattr(row, field.attname)) for row in rows]
    values = [getattr(row, field.attname) for row in rows]
    return values if PLAIN.issuperset(map(type, values)) else [field.get_prep_value(value) for value in values]
