"""Does the target hold what we are about to write? Asked before the first row."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import django.db

from datagen.errors import UserError
from datagen.storage import arrow
from datagen.storage.ledger import Connection

TARGET_COLUMNS = """
    SELECT relname, attname, format_type(atttypid, atttypmod),
           attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = '' AS must_be_filled
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY(%s)
        AND attnum > 0 AND NOT attisdropped
    ORDER BY relname, attnum
"""


def check_target(connection: Connection, models: Iterable[arrow.Model]) -> None:
    """Compare the tables of models with the target; every difference that would stop a load is in one error."""
    known = {model._meta.db_table: model for model in models}
    target: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, kind, must_be_filled in connection.execute(TARGET_COLUMNS, [sorted(known)]):
        target.setdefault(table, {})[column] = (kind, must_be_filled)
    faults = []
    for table, model in sorted(known.items()):
        if table not in target:
            faults.append(f"table {table} is missing")
        else:
            faults += _table_faults(model, target[table])
    if faults:
        raise UserError(
            "database",
            connection.info.dbname,
            f"Its schema is not the one to be filled: {'; '.join(faults)}. "
            "Migrate it (python manage.py migrate) or choose another database",
        )


def check_space(connection: Connection, needed_bytes: int) -> None:
    """Compare what a load will take with what the server's disk has, where that disk can be seen from here."""
    row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    # A local socket is the sign that server and we see the same disk.
    if row is None or not (connection.info.host or "/").startswith("/"):
        return
    try:
        free = shutil.disk_usage(Path(row[0])).free
    except OSError:
        return  # the directory is closed to us, so that its disk cannot be judged
    if free < needed_bytes:
        raise UserError(
            "disk",
            f"{free / 1e9:.1f} GB free",
            f"{needed_bytes / 1e9:.1f} GB are needed where the server keeps its data ({row[0]}). "
            "Free space, set AQUAMIND_DATA_DIR to a larger disk, or choose a smaller preset",
        )


def _table_faults(model: arrow.Model, target: dict[str, tuple[str, bool]]) -> list[str]:
    table = model._meta.db_table
    ours = {field.column: _type(field) for field in model._meta.concrete_fields}
    faults = [f"{table}.{column} is missing" for column in ours if column not in target]
    for column, (kind, must_be_filled) in target.items():
        if column not in ours:
            if must_be_filled:
                faults.append(f"{table}.{column} must be filled, and is not known here")
        elif not _holds(kind, ours[column]):
            faults.append(f"{table}.{column} is {kind}, not {ours[column]}")
    return faults


def _type(field: arrow.Model) -> str:
    """Return a field's column type as PostgreSQL writes it."""
    kind = str(field.db_type(django.db.connection))
    if kind == "time":
        return "time without time zone"
    return kind.replace("varchar", "character varying").replace(", ", ",")


def _holds(kind: str, wanted: str) -> bool:
    """Tell whether a column takes our values unchanged: the same type, or a text that is no shorter."""
    varying = "character varying("
    if kind == wanted or (wanted.startswith(varying) and kind in ("text", "character varying")):
        return True
    return (
        kind.startswith(varying)
        and wanted.startswith(varying)
        and int(kind[len(varying) : -1]) >= int(wanted[len(varying) : -1])
    )
