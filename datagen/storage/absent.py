"""Tables that not every AquaMind has, such as those of versions: a database that lacks some is filled without them."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
from django.apps import apps

from datagen.storage.arrow import Model
from datagen.storage.ledger import Connection
from datagen.storage.store import Tables

OPTIONAL_APPS = frozenset(("history",))


def optional(model: Model) -> bool:
    """Whether a database may lack the model's table."""
    return model._meta.app_label in OPTIONAL_APPS


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
