"""What is put into columns of a database that must be filled and that our models do not have: a constant each."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import psycopg
from psycopg import sql

from aquamind.errors import UserError
from datagen.storage import ledger
from datagen.storage.ledger import Connection

Fills: TypeAlias = Mapping[tuple[str, str], str]
"""Values as PostgreSQL reads them, by table and column."""

Constants: TypeAlias = Mapping[str, bytes]
"""Values of a table's columns as PostgreSQL sends them, and takes them in a binary COPY."""

KNOWN: Fills = {
    ("batch_batchtransferworkflow", "is_dynamic_execution"): "false",
    ("batch_transferaction", "allow_mixed"): "false",
    ("batch_transferaction", "created_via"): "PLANNED",
    ("infrastructure_container", "hierarchy_role"): "HOLDING",
}
"""Of AquaMind's revision of 2026-03-25: what its own application writes for what we generate."""

KEPT = """
    SELECT table_name, column_name, value, format_type(atttypid, atttypmod)
    FROM datagen.fill JOIN pg_attribute ON attrelid = to_regclass(format('public.%I', table_name))
        AND attname = column_name AND NOT attisdropped
    ORDER BY table_name, column_name
"""
CONDITIONS = """
    SELECT pg_get_constraintdef(pg_constraint.oid)
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
    WHERE contype = 'c' AND conrelid = to_regclass(format('public.%%I', %s::text)) AND attname = %s
"""

UNIQUE = """
    SELECT EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND indkey[0] = attnum
                   WHERE indisunique AND indnkeyatts = 1 AND indrelid = to_regclass(format('public.%%I', %s::text))
                       AND attname = %s)
"""
REFERENCES = """
    SELECT confrelid::regclass::text, theirs.attname
    FROM pg_constraint JOIN pg_attribute AS ours ON ours.attrelid = conrelid AND conkey = ARRAY[ours.attnum]
    JOIN pg_attribute AS theirs ON theirs.attrelid = confrelid AND confkey = ARRAY[theirs.attnum]
    WHERE contype = 'f' AND conrelid = to_regclass(format('public.%%I', %s::text)) AND ours.attname = %s
"""


def parse(given: Iterable[str]) -> Fills:
    """Values from `table.column=value`, as a user writes them."""
    fills: dict[tuple[str, str], str] = {}
    for text in given:
        place, equals, value = text.partition("=")
        table, dot, column = place.strip().partition(".")
        if not (equals and dot and table and column):
            raise UserError(
                "fill", text, "Write it as TABLE.COLUMN=VALUE, such as batch_transferaction.leg_type=DIRECT"
            )
        if fills.setdefault((table, column), value) != value:
            raise UserError("fill", text, f"{place} is to hold {fills[table, column]!r} as well. Give one value")
    return fills


def keep(connection: Connection, fills: Fills) -> None:
    """Enter values into the ledger, where all that write rows find them."""
    connection.cursor().executemany(
        "INSERT INTO datagen.fill (table_name, column_name, value) VALUES (%s, %s, %s)"
        " ON CONFLICT (table_name, column_name) DO UPDATE SET value = excluded.value",
        [(*place, value) for place, value in fills.items()],
    )


def kept(connection: Connection) -> dict[tuple[str, str], str]:
    """The ledger's values of columns that are there; none where there is no ledger."""
    if not ledger.present(connection, "datagen.fill"):
        return {}
    return {(table, column): value for table, column, value, _ in connection.execute(KEPT)}


def constants(connection: Connection) -> dict[str, dict[str, bytes]]:
    """The ledger's values by table and column, in binary."""
    found: dict[str, dict[str, bytes]] = {}
    with connection.cursor(binary=True) as cursor:
        for table, column, value, kind in connection.execute(KEPT).fetchall():
            cursor.execute(f"SELECT CAST(%s AS {kind})".encode(), [value])
            assert cursor.pgresult is not None
            sent = cursor.pgresult.get_value(0, 0)
            assert sent is not None
            found.setdefault(table, {})[column] = sent
    return found


def check(connection: Connection, table: str, column: str, kind: str, value: str) -> None:
    """Refuse a value that a column would not take; tried on a column of the same type that is gone afterwards."""
    unique = connection.execute(UNIQUE, [table, column]).fetchone()
    if unique is not None and unique[0]:
        cure = "Each row has to hold another value there, and one for all is given. Give the column a default"
        raise UserError("fill", f"{table}.{column}={value}", cure)
    name, literal = sql.Identifier(column), sql.Literal(value)
    probe = sql.SQL("CREATE TEMP TABLE aquamind_probe ({} {})").format(name, sql.SQL(kind))
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(probe)
            for (condition,) in connection.execute(CONDITIONS, [table, column]).fetchall():
                connection.execute(f"ALTER TABLE aquamind_probe ADD {condition}".encode())
            connection.execute(sql.SQL("INSERT INTO aquamind_probe VALUES ({})").format(literal))
            for referred, key in connection.execute(REFERENCES, [table, column]).fetchall():
                found = sql.SQL("SELECT FROM aquamind_probe JOIN {} AS referred ON referred.{} = aquamind_probe.{}")
                if not connection.execute(found.format(sql.SQL(referred), sql.Identifier(key), name)).rowcount:
                    cure = f"No row of {referred} has this {key}. Give one that is there"
                    raise UserError("fill", f"{table}.{column}={value}", cure)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        said = str(error).splitlines()[0]
        raise UserError(
            "fill", f"{table}.{column}={value}", f"It is {kind}: {said}. Give a value that it takes"
        ) from None
