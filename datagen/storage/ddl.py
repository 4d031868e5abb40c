"""Indexes and constraints out of the way of a load, and back afterwards, even if the program dies in between."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from math import inf
from threading import Semaphore
from typing import Any, TypeAlias

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from aquamind import database
from aquamind.errors import UserError
from datagen import execution
from datagen.execution import Executor, Here, Threads
from datagen.storage.ledger import Connection

# Called when a piece of work is done: what it was, and the share of the whole that is done.
Progress: TypeAlias = Callable[[str, float], None]

# How long a piece of work takes, for a table of the same size; order in this dictionary is order of execution.
EFFORT = {"index": 1.0, "validation": 0.3, "analysis": 1.0}
ORDER = {kind: place for place, kind in enumerate(EFFORT)}
LEAST_BYTES = 1_000_000
"""Of which an index is built in the time that its statement and its commit take by themselves."""
SAMPLED_BYTES = 50_000_000
"""At most so much of a table is looked at to analyse it: 30,000 rows."""

# A key is recorded as its index and the constraint that takes the index over, because indexes of one table can then be
# built at the same time; ADD PRIMARY KEY would lock the table against that.
KEYS = """
    SELECT conrelid::regclass::text, relname, pg_get_indexdef(conindid), conname,
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s USING INDEX %%I%%s%%s', conrelid::regclass, conname,
                  CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, relname,
                  CASE WHEN condeferrable THEN ' DEFERRABLE' ELSE '' END,
                  CASE WHEN condeferred THEN ' INITIALLY DEFERRED' ELSE '' END),
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conindid
    WHERE contype IN ('p', 'u') AND conrelid = ANY(%(tables)s::regclass[]) AND conindid <> ALL(%(needed)s::oid[])
    ORDER BY conrelid::regclass::text, conname
"""
FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, confrelid::regclass::text,
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s%%s', conrelid::regclass, conname,
                  regexp_replace(pg_get_constraintdef(pg_constraint.oid), ' NOT VALID$', ''),
                  CASE relkind WHEN 'p' THEN '' ELSE ' NOT VALID' END),
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
        AND conparentid = 0  -- those of partitions come and go with their table's
    ORDER BY conrelid::regclass::text, conname
"""
# Foreign keys of other tables, by which their rows depend on the given ones: directly, or through each other.
REFERENCES = """
    WITH RECURSIVE reaching AS (
        SELECT unnest(%(tables)s::regclass[])::oid AS reached
        UNION
        SELECT conrelid FROM pg_constraint JOIN reaching ON confrelid = reached WHERE contype = 'f'
    )
    SELECT conrelid::regclass::text AS table_name, confrelid::regclass::text AS refers_to,
           confrelid = ANY(%(tables)s::regclass[]) AS direct,
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname) AS dropping,
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                  pg_get_constraintdef(pg_constraint.oid)) AS adding,
           format('%%s%%s AS r', CASE relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, conrelid::regclass) AS rows,
           linked, format('%%s AND NOT EXISTS (SELECT FROM %%s AS t WHERE %%s)', linked, confrelid::regclass, same)
               AS orphaned,
           CASE confdeltype WHEN 'n' THEN nulls END AS unlinking
    FROM pg_constraint JOIN reaching ON confrelid = reached JOIN pg_class ON pg_class.oid = conrelid
    CROSS JOIN LATERAL (
        SELECT string_agg(format('r.%%I IS NOT NULL', own.attname), ' AND ') AS linked,
               string_agg(format('t.%%I = r.%%I', other.attname, own.attname), ' AND ') AS same,
               string_agg(format('%%I = NULL', own.attname), ', ') AS nulls
        FROM unnest(conkey, confkey) AS pair(own_number, other_number)
        JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = own_number
        JOIN pg_attribute other ON other.attrelid = confrelid AND other.attnum = other_number
    ) AS columns
    WHERE contype = 'f' AND conrelid <> ALL(%(tables)s::regclass[]) AND conparentid = 0
    ORDER BY conrelid::regclass::text, conname
"""
INDEXES = """
    SELECT indrelid::regclass::text, relname, pg_get_indexdef(indexrelid),
           format('DROP INDEX %%s', indexrelid::regclass)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = ANY(%(tables)s::regclass[]) AND indexrelid <> ALL(%(needed)s::oid[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY indrelid::regclass::text, relname
"""
# By which foreign keys find what they refer to.
NEEDED = "SELECT DISTINCT conindid FROM pg_constraint WHERE contype = 'f'"
KEYS_OF_OTHERS = 2_000_000_000
"""Keys that the database draws are above this, so that they tell whose a row is and never lie in a block of ours. No
more, for `finance_intercompanytransaction.object_id` is an integer and keeps keys of other tables."""
KEYS_ADDED = 1_000_000_000
"""Keys of what is added to batches later are above this, and not above those of others."""
ADDED_TO = frozenset(
    (
        "health_healthsamplingevent",
        "health_individualfishobservation",
        "health_fishparameterscore",
        "health_historicalhealthsamplingevent",
        "health_historicalindividualfishobservation",
        "health_historicalfishparameterscore",
    )
)
"""Tables to which something may be added: their blocks of 100,000 batches would not reach it."""
SEQUENCES = """
    SELECT format('SELECT setval(%%L, greatest(max(%%I), %%s)) FROM %%s HAVING max(%%I) IS NOT NULL',
                  pg_get_serial_sequence(attrelid::regclass::text, attname), attname, %(above)s::bigint,
                  attrelid::regclass, attname)
    FROM pg_attribute
    WHERE attrelid = ANY(%(tables)s::regclass[]) AND attnum > 0 AND NOT attisdropped
        AND pg_get_serial_sequence(attrelid::regclass::text, attname) IS NOT NULL
"""


@dataclass(frozen=True)
class Task:
    """One long piece of work on a table: to build an index, to check a foreign key, to analyse."""

    kind: str
    table: str
    name: str
    statement: str
    effort: float
    record: int | None = None

    def excludes(self, other: "Task") -> bool:
        """Tell whether the locks conflict: only index builds share a table."""
        return self.table == other.table and not (self.kind == other.kind == "index")


Last: TypeAlias = Callable[[Task], bool]
"""Whether other work may begin before a task is done."""


def all_needed(_: Task) -> bool:
    """Nothing is last."""
    return False


def drop_secondary(connection: Connection, tables: Iterable[str], foreign_keys: bool = True) -> int:
    """Drop indexes, keys and foreign keys of those given tables that are empty, and return how many went.

    What goes is recorded in the same transaction; `rebuild` brings it back. Checks and NOT NULL stay, and so may
    foreign keys with the keys that they refer to, if they are proven otherwise.
    """
    with connection.transaction():
        # Qualified names in all that is recorded: it must not depend on anybody's search_path.
        connection.execute("SET LOCAL search_path = pg_catalog")
        chosen: dict[str, Any] = {
            "tables": [table for table in _qualified(tables) if _lock_if_empty(connection, table)]
        }
        chosen["needed"] = [] if foreign_keys else [index for (index,) in connection.execute(NEEDED)]
        records: list[tuple[str, str, str, str | None, str]] = []
        drops: list[str] = []
        for table, name, refers_to, definition, drop in (
            connection.execute(FOREIGN_KEYS, chosen) if foreign_keys else ()
        ):
            records.append(("foreign key", table, name, refers_to, definition))
            drops.append(drop)
        for table, index, index_definition, name, definition, drop in connection.execute(KEYS, chosen):
            records.append(("index", table, index, None, index_definition))
            records.append(("key", table, name, None, definition))
            drops.append(drop)
        for table, name, definition, drop in connection.execute(INDEXES, chosen):
            records.append(("index", table, name, None, definition))
            drops.append(drop)
        for drop in drops:
            connection.execute(drop.encode())
        _record(connection, records)
    return len(drops)


def rebuild(
    dsn: str, tables: Iterable[str], workers: int = 2, progress: Progress | None = None, *, alone: bool = False
) -> None:
    """Bring back all that is recorded as dropped, then analyse the given tables and set their sequences.

    Each thing is struck off in the transaction that brings it back: this may be interrupted anywhere and called again.
    """
    with rebuilding(dsn, tables, workers, progress, alone=alone) as rest:
        rest.finish()


@contextmanager
def rebuilding(
    dsn: str,
    tables: Iterable[str],
    workers: int = 2,
    progress: Progress | None = None,
    last: Last = all_needed,
    *,
    alone: bool = False,
) -> Iterator["Rebuilding"]:
    """The same, in the hands of the caller, who has it finished; what is `last` may be built beside other work.

    Of these tables `alone`, somebody else may be bringing back the rest.
    """
    # Foreign keys come back unchecked as soon as what they refer to has its key, which takes no time, and are checked
    # later: checking one leaves the other workers every other table, adding it checked would lock two tables for long.
    names = _qualified(tables)
    with database.connect(dsn, autocommit=True, application_name="aquamind rebuild") as connection:
        chosen = names if alone else None
        rows = connection.execute(
            "SELECT kind, table_name, refers_to, definition FROM datagen.dropped"
            " WHERE %(of)s::text[] IS NULL OR table_name = ANY(%(of)s)",
            {"of": chosen},
        ).fetchall()
        referenced = {refers_to for _, _, refers_to, _ in rows if refers_to}
        sizes = _sizes(connection, {*names, *(table for _, table, _, _ in rows)})
        kinds = {"foreign key": "validation"}
        ahead = [_effort(kinds.get(kind, kind), sizes[table], text) for kind, table, _, text in rows if kind != "key"]
        meter = _Meter(sum(ahead) + sum(_effort("analysis", sizes[name]) for name in names), progress)

        indexes = _recorded(connection, "index", sizes, chosen)
        try:
            # One more, for while one waits for the disk, as each does at its commit, another has its turn.
            with Threads(workers + (workers > 1), _opened, dsn) as hands:
                Rebuilding(hands, workers, [task for task in indexes if task.table in referenced], meter).finish()
                _attach(connection, "key", referenced)
                _attach(connection, "foreign key", chosen)
                rest = [task for task in indexes if task.table not in referenced]
                rest += _recorded(connection, "validation", sizes, chosen)
                rest += [
                    Task("analysis", name, name, f"ANALYZE {name}", _effort("analysis", sizes[name])) for name in names
                ]
                yield Rebuilding(hands, workers, rest, meter, last)
        except psycopg.errors.ForeignKeyViolation as violation:
            if f"{violation.diag.schema_name}.{violation.diag.table_name}" in names:
                raise
            raise _dangling(violation) from None
        _attach(connection, "key", chosen)
        set_sequences(connection, tables)


def moved_on(connection: Connection, tables: Iterable[str]) -> list[str]:
    """Those of which a tenth has changed since they were analysed, by which PostgreSQL itself goes too."""
    found = connection.execute(
        "SELECT schemaname || '.' || moved.relname FROM pg_stat_user_tables AS moved JOIN pg_class ON oid = relid"
        " WHERE schemaname || '.' || moved.relname = ANY(%s)"
        " AND (reltuples < 0 OR n_mod_since_analyze > 50 + 0.1 * reltuples)",
        [_qualified(tables)],
    )
    return [table for (table,) in found]


def analyse(connection: Connection, tables: Iterable[str]) -> None:
    """Take statistics anew of those tables that have moved on: the planner takes others for as good as empty."""
    for table in moved_on(connection, tables):
        connection.execute(f"ANALYZE {table}".encode())


def indexes_away(dsn: str, besides: Iterable[str]) -> list[Task]:
    """Those indexes that are of no table `besides`, to be brought back ahead of `rebuild`; of small tables first, for
    whoever stops is waited for.

    Tables `besides` are being filled, and locked: not even their size is asked for.
    """
    with database.connect(dsn, autocommit=True, application_name="aquamind rebuild") as connection:
        every = _recorded(connection, "index", defaultdict(lambda: 1.0))
        away = [task for task in every if task.table not in _qualified(besides)]
        sizes = _sizes(connection, {task.table for task in away})
        return sorted(away, key=lambda task: sizes[task.table])


def set_sequences(connection: Connection, tables: Iterable[str]) -> None:
    """Let keys that the database draws itself, in filled tables, stay clear of all that this tool ever gives."""
    chosen = {"tables": _qualified(tables), "above": KEYS_OF_OTHERS}
    for (statement,) in connection.execute(SEQUENCES, chosen).fetchall():
        connection.execute(statement.encode())


def references(connection: Connection, tables: Iterable[str]) -> list[dict[str, Any]]:
    """The foreign keys of other tables (`REFERENCES`) by which their rows depend on these tables' rows."""
    return connection.cursor(row_factory=dict_row).execute(REFERENCES, {"tables": _qualified(tables)}).fetchall()


def empty(connection: Connection, tables: Iterable[str], unlink: bool = False) -> None:
    """Empty tables, and no other: rows of others that refer to them go only if they are to be unlinked, else all stays.

    The foreign keys of other tables are as before when it is done. Where such a key says ON DELETE SET NULL, a row
    loses the link and stays.
    """
    names = _qualified(tables)
    chosen = [key for key in references(connection, tables) if unlink or key["direct"]]
    with connection.transaction():
        # What others check at the commit is checked before their tables are altered.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for key in chosen:
            connection.execute(key["dropping"].encode())
        connection.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY".encode())
        while unlink and any(connection.execute(_unlinking(key)).rowcount for key in chosen):
            pass  # what referred to rows that are gone now goes next
        try:
            for key in chosen:
                connection.execute(key["adding"].encode())
        except psycopg.errors.ForeignKeyViolation as violation:
            raise _dangling(violation) from None


def _unlinking(key: dict[str, Any]) -> bytes:
    if key["unlinking"]:
        return f"UPDATE {key['rows']} SET {key['unlinking']} WHERE {key['orphaned']}".encode()
    return f"DELETE FROM {key['rows']} WHERE {key['orphaned']}".encode()


def _qualified(tables: Iterable[str]) -> list[str]:
    """Names with their schema, which is AquaMind's where none is said."""
    return [table if "." in table else f"public.{table}" for table in sorted(set(tables))]


def _lock_if_empty(connection: Connection, table: str) -> bool:
    # Looked at twice: filled tables, which others may be reading, are not locked, and nobody fills one in between.
    filled = f"SELECT FROM {table} LIMIT 1".encode()
    if connection.execute(filled).rowcount:
        return False
    connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
    return connection.execute(filled).rowcount == 0


def _record(connection: Connection, records: list[tuple[str, str, str, str | None, str]]) -> None:
    cursor = connection.cursor()
    # A foreign key that was back but not yet checked, and now goes again.
    cursor.executemany(
        "DELETE FROM datagen.dropped WHERE kind = 'validation' AND table_name = %s AND name = %s",
        [(table, name) for kind, table, name, _, _ in records if kind == "foreign key"],
    )
    cursor.executemany(
        "INSERT INTO datagen.dropped (kind, table_name, name, refers_to, definition) VALUES (%s, %s, %s, %s, %s)",
        records,
    )


def _sizes(connection: Connection, tables: Iterable[str]) -> dict[str, float]:
    """Return bytes by table, as the measure of what work on it takes."""
    return dict(
        connection.execute(
            "SELECT name, greatest(%s, pg_relation_size(name::regclass))::float8 FROM unnest(%s::text[]) AS name",
            [LEAST_BYTES, sorted(tables)],
        ).fetchall()
    )


def _effort(kind: str, size: float, statement: str = "") -> float:
    """How long a piece of work takes. Rows come in the order of their keys: an index of these has little to sort."""
    looked_at = min(size, SAMPLED_BYTES) if kind == "analysis" else size
    return EFFORT[kind] * looked_at * (0.5 if statement.startswith("CREATE UNIQUE INDEX") else 1.0)


def _recorded(
    connection: Connection, kind: str, sizes: dict[str, float], tables: Collection[str] | None = None
) -> list[Task]:
    rows = connection.execute(
        "SELECT table_name, name, definition, id FROM datagen.dropped WHERE kind = %s ORDER BY id", [kind]
    )
    return [
        Task(kind, table, name, text, _effort(kind, sizes[table], text), record)
        for table, name, text, record in rows
        if tables is None or table in tables
    ]


def _attach(connection: Connection, kind: str, tables: Collection[str] | None = None) -> None:
    """Bring back constraints that take no time: keys whose index is there, foreign keys still to be checked."""
    with connection.transaction():
        rows = connection.execute(
            "SELECT id, table_name, definition FROM datagen.dropped WHERE kind = %s ORDER BY id", [kind]
        ).fetchall()
        chosen = [row for row in rows if tables is None or row[1] in tables]
        for _, _, definition in chosen:
            connection.execute(definition.encode())
        ids = [record for record, _, _ in chosen]
        if kind == "foreign key":
            connection.execute(
                "UPDATE datagen.dropped SET kind = 'validation', refers_to = NULL,"
                " definition = format('ALTER TABLE %%s VALIDATE CONSTRAINT %%I', table_name, name) WHERE id = ANY(%s)",
                [ids],
            )
        else:
            connection.execute("DELETE FROM datagen.dropped WHERE id = ANY(%s)", [ids])


class _Meter:
    """Adds up what is done, and tells."""

    def __init__(self, whole: float, progress: Progress | None) -> None:
        self.whole, self.done, self.progress = max(whole, 1.0), 0.0, progress

    def add(self, task: Task) -> None:
        self.done += task.effort
        if self.progress is not None:
            self.progress(f"{task.kind} {task.name}", min(1.0, self.done / self.whole))


class Rebuilding:
    """Tasks performed so that locks never wait, from the table with the most work left first.

    What is `last` waits, while it takes less than twice as long as all else: for that, and what others do then, is to
    be done beside it.
    """

    def __init__(self, hands: Threads, workers: int, tasks: list[Task], meter: _Meter, last: Last = all_needed) -> None:
        self._hands, self._workers, self._meter, self._last = hands, workers, meter, last
        self._turns = Semaphore(workers)
        self._waiting, self._running = sorted(tasks, key=last), dict[Future[Any], Task]()

    def until_last(self) -> None:
        """Perform all that is not last; on return a worker is free, others may be at the rest."""
        self._hand_out(0)
        while self._needed() or not self._free(0):
            self._note(self._finished())
            self._hand_out(0)

    @property
    def busy(self) -> int:
        """How many workers are at it."""
        return sum(not future.done() for future in self._running)

    def finish(self) -> None:
        """Perform all."""
        for _ in self.beside(Here(nullcontext), ()):
            pass

    def beside(self, others: Executor, tasks: Iterable[execution.Task]) -> Iterator[tuple[execution.Task, Any]]:
        """Perform all; in the place of workers who are free meanwhile, others do their tasks, returned when done."""
        ahead, doing = iter(tasks), dict[Future[Any], execution.Task]()
        task = next(ahead, None)
        while task is not None or doing or self._waiting or self._running:
            self._hand_out(len(doing))
            while task is not None and not self._needed() and self._free(len(doing)):
                doing[others.submit(task)] = task
                task = next(ahead, None)
            finished = self._finished(*doing)
            self._note(finished - doing.keys())
            for future in finished & doing.keys():
                yield doing.pop(future), future.result()

    def _needed(self) -> bool:
        return not all(map(self._last, [*self._waiting, *self._running.values()]))

    def _free(self, others: int) -> bool:
        return len(self._running) + others < self._workers

    def _hand_out(self, others: int) -> None:
        while self._free(others) or (not others and len(self._running) < self._hands.workers):
            if (task := self._next()) is None:
                return
            self._waiting.remove(task)
            self._running[self._hands.submit(execution.Task(task.effort, perform, (task, self._turns)))] = task

    def _next(self) -> Task | None:
        left: dict[str, float] = defaultdict(float)
        for task in self._waiting:
            left[task.table] += task.effort
        needed = 2 * sum(task.effort for task in self._waiting if not self._last(task))

        def urgency(task: Task) -> tuple[float, ...]:
            # Statistics, which exclude indexes of their table, would be taken alone after the last of these.
            last = inf if task.kind == "analysis" else task.effort
            return last if self._last(task) else needed, left[task.table], -ORDER[task.kind]

        free = (task for task in self._waiting if not any(map(task.excludes, self._running.values())))
        return max(free, key=urgency, default=None)

    def _finished(self, *others: Future[Any]) -> set[Future[Any]]:
        return wait([*self._running, *others], return_when=FIRST_COMPLETED).done

    def _note(self, finished: set[Future[Any]]) -> None:
        for future in finished:
            future.result()
            self._meter.add(self._running.pop(future))


def _opened(dsn: str) -> Connection:
    return database.connect(dsn, autocommit=True, application_name="aquamind rebuild")


def perform(connection: Connection, task: Task, turns: AbstractContextManager[Any] | None = None) -> None:
    """Do a task and strike it off, both or neither; all but the commit in turn."""
    with connection.transaction(), turns or nullcontext():
        if _can_be_packed(connection, task):
            # Else a tenth of each page is left free for rows between, which few will need. How full pages become later
            # is as it was: the definition does not change.
            connection.execute(f"{task.statement} WITH (fillfactor = 100)".encode())
            index = sql.Identifier("public", task.name)
            connection.execute(sql.SQL("ALTER INDEX {} RESET (fillfactor)").format(index))
        else:
            connection.execute(task.statement.encode())
        connection.execute("DELETE FROM datagen.dropped WHERE id = %s", [task.record])


def _can_be_packed(connection: Connection, task: Task) -> bool:
    """A B-tree without options or condition, on a table without parts, each of which would have its own."""
    plain = task.kind == "index" and " USING btree " in task.statement and task.statement.endswith(")")
    if not plain or " WITH (" in task.statement or " WHERE " in task.statement:
        return False
    alone = "SELECT FROM pg_class WHERE oid = %s::regclass AND relkind = 'r' AND NOT relhassubclass"
    return connection.execute(alone, [task.table]).rowcount == 1


def _dangling(violation: psycopg.errors.ForeignKeyViolation) -> UserError:
    """A row of others, written while its foreign key was away."""
    cure = "It was written meanwhile. Correct or delete it, and run the same again"
    return UserError("row", f"{violation.diag.table_name}: {violation.diag.message_detail}", cure)
