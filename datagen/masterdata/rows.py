"""Rows of master data by name: missing ones are created, this tool's own follow the catalog, others stay."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, TypeAlias

from django.db import connection, models
from psycopg import sql

from apps.batch.models import Batch
from datagen.storage import absent, fill, ledger

WORDS = frozenset(
    (
        "description",
        "contact_details",
        "certifications",
        "manufacturer",
        "serial_number",
        "dosage",
        "label",
        "display_order",
        "latitude",
        "longitude",
        "area_sqm",
        "active",
        "station_type",
        "display_name",
        "nav_company_code",
        "site_name",
        "is_staff",
        "is_superuser",
        "first_name",
        "last_name",
        "email",
        "full_name",
        "job_title",
        "department",
        "language_preference",
        "geography",
        "role",
        "subsidiary",
        "parent_id",
        "parent_container_id",
        "carrier_type",
        "carrier_id",
        "area_group_id",
        "captain_contact",
        "imo_number",
        "license_plate",
        "capacity_m3",
    )
)
"""Columns on which no event rests: a difference there is said, and is no reason to stop."""

UNSEEN = frozenset(("password", "last_calibration_date"))
"""People choose their own; sensors are calibrated as the record goes on."""


class Difference(NamedTuple):
    """A value that is not the catalog's; `own` where this tool wrote it, and nobody has changed the row since."""

    table: str
    row: str
    column: str
    here: str
    catalog: str
    own: bool

    def __str__(self) -> str:
        return f"{self.table} {self.row!r}: {self.column} is {self.here!r}, and {self.catalog!r} in the catalog"


class Done(NamedTuple):
    """What was done with a table: rows created, rows brought up to the catalog, and values that were left."""

    created: int = 0
    updated: int = 0
    different: tuple[Difference, ...] = ()


Created = dict[str, Done]
"""What was done, by table."""

Memory: TypeAlias = defaultdict[Any, list[Any]]
"""Rows by model, with keys counted from 1 as an empty database would."""

_memory: ContextVar[Memory | None] = ContextVar("_memory", default=None)


@contextmanager
def in_memory() -> Iterator[Memory]:
    """What is created in here goes into this memory, which begins empty, and no database is asked."""
    memory: Memory = defaultdict(list)
    before = _memory.set(memory)
    try:
        yield memory
    finally:
        _memory.reset(before)


def there(model: Any) -> Iterable[Any]:
    """The rows of a model that are there."""
    memory = _memory.get()
    return model._default_manager.order_by("pk") if memory is None else memory[model]


def create(model: Any, rows: Iterable[dict[str, Any]], *key: str) -> Created:
    """Create those rows of which no row of the table has the same values of all of `key`, by default `name`.

    Of those that are there, values are compared. Rows that are as this tool wrote them get the catalog's, as long as
    nothing was recorded by the old ones. Nothing is done where the database's revision has no such table.
    """
    if lacking(model):
        return {}
    key = key or ("name",)
    # Of several rows of a name the first.
    known = {tuple(getattr(row, name) for name in key): row for row in reversed(list(there(model)))}
    memory = _memory.get()
    if not known and memory is None:
        _count_from_one(model)
    missing, differing = [], []
    for row in rows:
        found = known.get(tuple(row[name] for name in key))
        if found is None:
            missing.append(model(**row))
        elif changes := {name: value for name, value in row.items() if _differs(found, name, value)}:
            differing.append((found, changes))
    if memory is not None:
        _keep(memory[model], missing)
        return {model._meta.db_table: Done(len(missing))}
    insert(model, missing)
    ours = own(model, [found.pk for found, _ in differing]) if differing else set()
    follow = bool(ours) and not _recorded()
    left: list[Difference] = []
    for found, changes in differing:
        if follow and found.pk in ours:
            _update(found, changes)
        else:
            left += [_difference(found, key, name, value, found.pk in ours) for name, value in changes.items()]
    updated = sum(found.pk in ours for found, _ in differing) if follow else 0
    return {model._meta.db_table: Done(len(missing), updated, tuple(left))}


def merged(*done: Created) -> Created:
    """What was done to each table in several steps."""
    tables: dict[str, list[Done]] = {}
    for created in done:
        for table, each in created.items():
            tables.setdefault(table, []).append(each)
    return {
        table: Done(
            sum(each.created for each in steps),
            sum(each.updated for each in steps),
            tuple(different for each in steps for different in each.different),
        )
        for table, steps in tables.items()
    }


def called(model: Any, *names: str) -> str:
    """What a row by one of these names, in this order, is called in the database, whatever the case; else the first."""
    known = {row.name.casefold(): row.name for row in there(model)}
    return next((known[name.casefold()] for name in names if name.casefold() in known), names[0])


def ids_by_name(model: Any, key: str = "name") -> dict[str, int]:
    if (memory := _memory.get()) is not None:
        return {getattr(row, key): row.pk for row in memory[model]}
    return {} if lacking(model) else dict(model._default_manager.values_list(key, "pk"))


def lacking(model: Any) -> bool:
    """Whether the database's revision has no such table; in memory there is every one."""
    if not absent.optional(model) or _memory.get() is not None:
        return False
    connection.ensure_connection()
    return model._meta.db_table in absent.tables(connection.connection)


def _keep(kept: list[Any], rows: list[Any]) -> None:
    for number, row in enumerate(rows, len(kept) + 1):
        row.pk = number
    kept += rows


def _count_from_one(model: Any) -> None:
    """Let an empty table's keys begin anew, whatever a failed run has used: AquaMind's first pages ask for key 1."""
    sequence = "SELECT setval(sequence, 1, false) FROM pg_get_serial_sequence(%s, %s) AS sequence WHERE sequence <> ''"
    with connection.cursor() as cursor:
        cursor.execute(sequence, [model._meta.db_table, model._meta.pk.column])


def insert(model: Any, rows: list[Any], beside: Sequence[Mapping[str, Any]] = ()) -> None:
    """COPY rows with what the ledger says of columns that our models do not have, and with what is given beside."""
    if not rows:
        return
    table, kept = model._meta.db_table, fill.kept(connection.connection)
    constants = {column: value for (name, column), value in kept.items() if name == table}
    more = [{**constants, **columns} for columns in beside or [{}] * len(rows)]
    added = sorted({name for columns in more for name in columns})
    fields = [field for field in model._meta.local_concrete_fields if not field.generated and not field.primary_key]
    names = sql.SQL(", ").join(map(sql.Identifier, [*(field.column for field in fields), *added]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    columns = [_sent(field, rows) for field in fields] + [[columns.get(name) for columns in more] for name in added]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in zip(*columns, strict=True):
            copy.write_row(row)


def _sent(field: Any, rows: list[Any]) -> list[Any]:
    """A column's values as they are sent; the same ones come again and again, and stamps of time are one."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return [field.get_db_prep_save(field.pre_save(rows[0], True), connection)] * len(rows)
    values = [field.pre_save(row, True) for row in rows]
    if isinstance(field, models.JSONField):  # no keys of a dictionary
        return [field.get_db_prep_save(value, connection) for value in values]
    sent = {value: field.get_db_prep_save(value, connection) for value in dict.fromkeys(values)}
    return [sent[value] for value in values]


def _differs(found: Any, name: str, value: Any) -> bool:
    here = getattr(found, name)
    return name not in UNSEEN and here != value and stored(found, name, here) != stored(found, name, value)


def stored(row: Any, name: str, value: Any) -> Any:
    """A value as its column holds it."""
    field = row._meta.get_field(name)
    value = field.to_python(value)
    if isinstance(field, models.DecimalField) and value is not None:
        return value.quantize(Decimal(1).scaleb(-field.decimal_places), ROUND_HALF_UP)
    return value


def own(model: Any, keys: list[int]) -> set[int]:
    """Which of these rows this tool wrote and nobody has changed since; none where that cannot be told."""
    signed = ledger.transactions(connection.connection, "datagen.master_data")
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key} FROM {table} WHERE {key} = ANY(%s) AND xmin = ANY(%s::xid[])", [keys, signed or []]
        )
        return {row for (row,) in cursor.fetchall()}


def _recorded() -> bool:
    """Whether anything was recorded by the values that are there."""
    return Batch._default_manager.exists() or bool(ledger.unit_names(connection.connection))


def _update(found: Any, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(found, name, value)
    stamps = [field.name for field in found._meta.concrete_fields if getattr(field, "auto_now", False)]
    found.save(update_fields=[*changes, *stamps])


def _difference(found: Any, key: tuple[str, ...], name: str, value: Any, own: bool) -> Difference:
    row = " ".join(_told(found, each, getattr(found, each)) for each in key if getattr(found, each) is not None)
    here, catalog = (_told(found, name, each) for each in (getattr(found, name), value))
    return Difference(found._meta.db_table, row, name, here, catalog, own)


def _told(row: Any, name: str, value: Any) -> str:
    field = row._meta.get_field(name)
    if field.is_relation and value is not None:
        return str(field.related_model._default_manager.get(pk=value))
    return str(stored(row, name, value))
