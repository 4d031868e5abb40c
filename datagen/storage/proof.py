"""Foreign keys proven by this program, so that PostgreSQL need not check them row by row.

What a unit's rows refer to is among the unit's own rows, or is in the database and stays there until the unit is
committed: what PostgreSQL's own triggers see to where they are on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from aquamind.errors import UserError
from datagen.arrays import Ints
from datagen.storage import arrow, fill
from datagen.storage.ledger import Connection

TRIGGERS_OFF = "SET LOCAL session_replication_role = replica"
TRIGGERS_ON = "SET LOCAL session_replication_role = origin"

REFERENCES = """
    SELECT ours.relname, own.attname, their_schema.nspname, theirs.relname, other.attname
    FROM pg_constraint
    JOIN pg_class AS ours ON ours.oid = conrelid JOIN pg_class AS theirs ON theirs.oid = confrelid
    JOIN pg_namespace AS our_schema ON our_schema.oid = ours.relnamespace
    JOIN pg_namespace AS their_schema ON their_schema.oid = theirs.relnamespace
    JOIN pg_attribute AS own ON own.attrelid = conrelid AND own.attnum = conkey[1]
    JOIN pg_attribute AS other ON other.attrelid = confrelid AND other.attnum = confkey[1]
    WHERE contype = 'f' AND our_schema.nspname = 'public'
    ORDER BY 1, 2, 3, 4
"""
# What triggers do beside checking keys would be left undone; keys of other kinds are not proven here.
OBSTACLES = """
    SELECT format('trigger %%s of %%s', tgname, tgrelid::regclass)
    FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY(%(tables)s::regclass[])
    UNION ALL
    SELECT format('parts of %%s', oid::regclass)
    FROM pg_class WHERE (relkind <> 'r' OR relhassubclass) AND oid = ANY(%(tables)s::regclass[])
    UNION ALL
    SELECT format('foreign key %%s of %%s', conname, conrelid::regclass)
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype = 'f' AND conrelid = ANY(%(tables)s::regclass[]) AND (
        cardinality(conkey) > 1 OR atttypid <> ALL('{int2,int4,int8}'::regtype[])
        OR (atthasdef AND relname || '.' || attname <> ALL(%(ours)s)) OR relname || '.' || attname = ANY(%(constant)s))
    UNION ALL
    SELECT format('no right to lock rows of %%s', confrelid::regclass)
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%(tables)s::regclass[])
        AND NOT (has_table_privilege(confrelid, 'SELECT') AND has_table_privilege(confrelid, 'UPDATE'))
    ORDER BY 1 LIMIT 1
"""


@dataclass(frozen=True)
class Reference:
    """A foreign key: column of a table, and the column of the table that it refers to."""

    table: str
    column: str
    schema: str
    refers_to: str
    key: str


def obstacle(connection: Connection, models: Iterable[arrow.Model]) -> str | None:
    """Why keys of these models' tables cannot be proven here, in words; None if they can."""
    known = {model._meta.db_table: model for model in models}
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(TRIGGERS_OFF)
    except psycopg.errors.InsufficientPrivilege:
        return f"role {connection.info.user} may not set session_replication_role"
    found = connection.execute(
        OBSTACLES,
        {
            "tables": [f"public.{table}" for table in known],
            "ours": [f"{table}.{column}" for table, model in known.items() for column in arrow.columns(model)],
            "constant": [
                f"{table}.{column}" for table, values in fill.constants(connection).items() for column in values
            ],
        },
    ).fetchone()
    return None if found is None else f"there is {found[0]}"


class Proof:
    """The keys of the rows of one transaction: seen as they pass, and proven before it is committed.

    Only what differs is kept of them: rows of one stay lie together, and most columns hold the same for many rows.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._of_table: dict[str, list[Reference]] = defaultdict(list)
        for row in connection.execute(REFERENCES):
            self._of_table[row[0]].append(Reference(*row))
        self._wanted = {
            (each.refers_to, each.key) for references in self._of_table.values() for each in references
        }  # fmt: skip
        self._own: dict[tuple[str, str], list[Ints]] = defaultdict(list)
        self._held: dict[Reference, list[Ints]] = defaultdict(list)

    @contextmanager
    def triggers_off(self) -> Iterator[None]:
        """Within the caller's transaction: rows are taken unchecked in here, and proven at its end."""
        self.begin()
        yield
        self.end()

    def begin(self) -> None:
        """From here on, and within the caller's transaction, rows are taken unchecked."""
        self._own.clear()
        self._held.clear()
        self._connection.execute(TRIGGERS_OFF)

    def end(self) -> None:
        """Prove what was taken, or refuse it."""
        self._connection.execute(TRIGGERS_ON)
        self._prove()

    def see(self, model: arrow.Model, batch: pa.RecordBatch) -> None:
        """Keep what rows that are to be written are known by, and what they refer to."""
        table = model._meta.db_table
        for column in arrow.columns(model):
            if (table, column) in self._wanted:
                self._own[table, column].append(_distinct(batch.column(column)))
        for reference in self._of_table[table]:
            if reference.column in arrow.columns(model) and batch.column(reference.column).null_count < batch.num_rows:
                self._held[reference].append(_distinct(batch.column(reference.column)))

    def _prove(self) -> None:
        own = {place: np.concatenate(keys) for place, keys in self._own.items()}
        elsewhere: dict[tuple[str, str, str], list[tuple[Reference, Ints]]] = defaultdict(list)
        for reference, chunks in self._held.items():
            keys = np.unique(np.concatenate(chunks))
            others = keys[~np.isin(keys, own.get((reference.refers_to, reference.key), ()))]
            if len(others):
                elsewhere[reference.schema, reference.refers_to, reference.key].append((reference, others))
        for (schema, table, key), wanted in elsewhere.items():
            there = self._present(schema, table, key, np.unique(np.concatenate([keys for _, keys in wanted])))
            for reference, keys in wanted:
                if len(missing := keys[~np.isin(keys, there)]):
                    raise _unfounded(reference, missing)

    def _present(self, schema: str, table: str, key: str, keys: Ints) -> list[int]:
        """Those keys that rows have, which nobody then deletes before the unit is committed."""
        query = sql.SQL("SELECT {key} FROM {table} WHERE {key} = ANY(%s) FOR KEY SHARE")
        named = query.format(key=sql.Identifier(key), table=sql.Identifier(schema, table))
        return [found for (found,) in self._connection.execute(named, [keys.tolist()])]


def _distinct(column: Any) -> Ints:
    """The values of a column, each once for each run of it."""
    values = np.asarray(column.drop_null() if column.null_count else column)
    starts = np.flatnonzero(values[1:] != values[:-1]) + 1
    return np.concatenate((values[:1], values[starts]))


def _unfounded(reference: Reference, missing: Ints) -> UserError:
    more = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
    cure = "Nothing was written of these rows. If somebody deleted it meanwhile, run the same again"
    return UserError(
        "row",
        f"{reference.table}.{reference.column} = {missing[0]}{more}",
        f"No row of {reference.refers_to} has this {reference.key}. {cure}",
    )
