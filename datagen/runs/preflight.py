"""Does the target hold what we are about to write, and may we write it? Asked before the first row."""

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import django.db

from aquamind import database
from aquamind.errors import UserError
from datagen.runs import wiping
from datagen.storage import absent, arrow, fill
from datagen.storage.ledger import Connection

TARGET_COLUMNS = """
    SELECT relname, attname, format_type(atttypid, atttypmod),
           attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = '' AS must_be_filled
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY(%s)
        AND attnum > 0 AND NOT attisdropped
    ORDER BY relname, attnum
"""

SESSION = """
    SELECT current_user, pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
           current_setting('server_encoding')
"""
# Of the schema that is there, else of what is to be made of it.
GENERAL_RIGHTS = """
    SELECT 'CREATE on the database' WHERE to_regnamespace('datagen') IS NULL
        AND NOT has_database_privilege(current_database(), 'CREATE')
    UNION ALL
    SELECT 'TEMPORARY on the database' WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
    UNION ALL
    SELECT format('%s on the schema %s', wanted, nspname)
    FROM pg_namespace CROSS JOIN unnest(ARRAY['USAGE', 'CREATE']) AS wanted
    WHERE nspname IN ('public', 'datagen') AND NOT has_schema_privilege(pg_namespace.oid, wanted)
"""
# Also of tables that we do not know and that refer to these: their foreign keys are taken away and come back.
TABLE_RIGHTS = """
    SELECT relname, pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE'),
           ARRAY(SELECT wanted
                 FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES']) AS wanted
                 WHERE NOT has_table_privilege(pg_class.oid, wanted))
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND (nspname = 'datagen' OR (nspname = 'public' AND relname = ANY(%(tables)s))
        OR pg_class.oid IN (SELECT conrelid FROM pg_constraint JOIN pg_class AS known ON known.oid = confrelid
                            WHERE contype = 'f' AND known.relname = ANY(%(tables)s)))
    ORDER BY relname
"""
CONNECTIONS = 4
"""Beside the one that asks and two for each worker: Django's, the one of an analysis, the one that rebuilds, and one
that commits while so many as there are workers build."""


def check_session(connection: Connection) -> None:
    """Refuse a session that cannot write here, or may not alter and empty the tables: indexes go for a load."""
    row = connection.execute(SESSION).fetchone()
    assert row is not None
    role, standby, read_only, encoding = row
    name = connection.info.dbname
    if standby:
        raise UserError("database", name, "It is a standby, which can only be read. Name its primary in DATABASE_URL")
    if read_only:
        cure = "Its sessions can only read (default_transaction_read_only). Unset that for its role, database or server"
        raise UserError("database", name, cure)
    if encoding != "UTF8":
        cure = f"Its encoding is {encoding}. Create one with ENCODING 'UTF8' TEMPLATE template0, and name that"
        raise UserError("database", name, cure)
    if lacks := _rights_missing(connection):
        raise UserError(
            "database",
            name,
            f"Role {role} may not do this: {'; '.join(lacks)}. Connect as another role, or have it granted",
        )


def check_connections(dsn: str, workers: int | None = None) -> None:
    """Open as many connections as so many workers will need, or those that rebuild; or say how many there are."""
    needed = 2 * (workers or 1) + CONNECTIONS
    with ExitStack() as stack:
        for opened in range(needed):
            try:
                stack.enter_context(database.connect(dsn, application_name="aquamind connections"))
            except UserError as error:
                fewer = (opened - CONNECTIONS) // 2 if workers else 0
                cure = f"use --workers {fewer}" if fewer > 0 else "raise max_connections"
                said = f"{needed} more are needed, and the server gave {opened}. End other sessions, or {cure}"
                raise UserError("connections", None, said) from error


def _rights_missing(connection: Connection) -> list[str]:
    from django.apps import apps

    faults = {f"it has no {right}": [""] for (right,) in connection.execute(GENERAL_RIGHTS)}
    ours = [model._meta.db_table for model in apps.get_models() if model._meta.app_label in wiping.APPS]
    for table, owner, owned, lacking in connection.execute(TABLE_RIGHTS, {"tables": [*ours, "auth_user"]}):
        if not owned:
            faults.setdefault(f"{owner} owns ", []).append(table)
        elif lacking:
            faults.setdefault(f"it has no {', '.join(lacking)} on ", []).append(table)
    return [text + _first_of(tables) for text, tables in faults.items()]


def _first_of(tables: list[str]) -> str:
    return tables[0] if len(tables) == 1 else f"{tables[0]} and {len(tables) - 1} more tables"


def check_target(connection: Connection, models: Iterable[arrow.Model], given: fill.Fills | None = None) -> fill.Fills:
    """Compare the tables of models with the target; every difference that would stop a load is in one error.

    Returns what is to be put into columns that are not the models': `given`, or as before, or known. It may be given
    for any table of ours. A database that has none of the tables of the later revision is of the guide's.
    """
    known = {model._meta.db_table: model for model in models}
    given = given or {}
    target: dict[str, dict[str, tuple[str, bool]]] = {}
    said = _of_versions({**fill.kept(connection), **given})
    tables = sorted({*known, *(table for table, _ in said)})
    for table, column, kind, must_be_filled in connection.execute(TARGET_COLUMNS, [tables]):
        target.setdefault(table, {})[column] = (kind, must_be_filled)
    faults = []
    lacking = absent.tables(connection)
    older = absent.ADDED_TABLES if lacking >= absent.ADDED_TABLES else frozenset()
    for table, model in sorted(known.items()):
        if table in older:
            continue
        if table in target:
            faults += _table_faults(model, target[table])
        elif not absent.of_versions(model):
            faults.append(f"table {table} is missing")
    cures = ["Migrate it (python manage.py migrate) or choose another database"] if faults else []
    theirs = _not_ours(target)
    _check_given(given, target, theirs)
    values = {**_of_versions(fill.KNOWN), **said}
    must = [place for place, (_, must_be_filled) in theirs.items() if must_be_filled and place[0] in known]
    if unknown := [place for place in must if place not in values]:
        faults += [f"{table}.{column} ({theirs[table, column][0]}) must be filled" for table, column in unknown]
        options = " ".join(f"--fill {table}.{column}=VALUE" for table, column in unknown)
        cures.append(
            "Say what every row is to hold in columns that are not known here, to `aquamind init` or what makes rows: "
            f"{options}"
        )
    if faults:
        told = f"Its schema is not the one to be filled: {'; '.join(faults)}. {'. '.join(cures)}"
        raise UserError("database", connection.info.dbname, told)
    fills = {place: values[place] for place in theirs if place in said or place in must}
    for place, value in fills.items():
        fill.check(connection, *place, theirs[place][0], value)
    return fills


def _of_versions(values: fill.Fills) -> dict[tuple[str, str], str]:
    """These values, and the same for versions of their rows."""
    from apps.history.models import VERSIONS

    versions = {model._meta.db_table: versions._meta.db_table for model, versions in VERSIONS.items()}
    of_versions = {(versions[table], name): value for (table, name), value in values.items() if table in versions}
    return {**of_versions, **values}


def _not_ours(target: dict[str, dict[str, tuple[str, bool]]]) -> dict[tuple[str, str], tuple[str, bool]]:
    """Columns of our tables that our models do not have."""
    from django.apps import apps

    ours = {model._meta.db_table: arrow.columns(model) for model in apps.get_models() if _filled_by_us(model)}
    return {
        (table, column): each
        for table, columns in target.items()
        if table in ours
        for column, each in columns.items()
        if column not in ours[table]
    }


def _filled_by_us(model: arrow.Model) -> bool:
    return model._meta.app_label in wiping.APPS or model._meta.db_table == "auth_user"


def _check_given(
    given: fill.Fills,
    target: dict[str, dict[str, tuple[str, bool]]],
    theirs: dict[tuple[str, str], tuple[str, bool]],
) -> None:
    for table, column in given.keys() - theirs.keys():
        if column in target.get(table, ()):
            said = "It is a column that this tool fills itself, or of a table that it does not write"
        else:
            said = "The database has no such column"
        raise UserError("fill", f"{table}.{column}", f"{said}. Leave it out, or name another")


def free_bytes(connection: Connection) -> int | None:
    """What the server's disk has left, where that disk can be seen from here."""
    row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    # A local socket is the sign that server and we see the same disk.
    if row is None or not (connection.info.host or "/").startswith("/"):
        return None
    try:
        return shutil.disk_usage(Path(row[0])).free
    except OSError:
        return None  # the directory is closed to us, so that its disk cannot be judged


def check_space(connection: Connection, needed_bytes: int) -> None:
    """Compare what a load will take with what the server's disk has, as far as that is known."""
    free = free_bytes(connection)
    if free is not None and free < needed_bytes:
        where = connection.execute("SHOW data_directory").fetchone()
        raise UserError(
            "disk",
            f"{free / 1e9:.1f} GB free",
            f"{needed_bytes / 1e9:.1f} GB are needed where the server keeps its data ({where and where[0]}). "
            "Free space, set AQUAMIND_DATA_DIR to a larger disk, or choose a smaller preset",
        )


def _table_faults(model: arrow.Model, target: dict[str, tuple[str, bool]]) -> list[str]:
    table = model._meta.db_table
    ours = {field.column: _type(field) for field in model._meta.concrete_fields}
    faults = [f"{table}.{column} is missing" for column in ours if column not in target]
    for column, (kind, _) in target.items():
        if column in ours and not _holds(kind, ours[column]):
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
