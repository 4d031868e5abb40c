"""From a plan to rows: histories by geography, then every batch expanded and loaded by parallel workers."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from django.apps import apps

from apps.batch.growth_analysis import compute
from apps.batch.growth_analysis.record import Columns, Sources, arranged
from apps.batch.growth_analysis.tables import Tables
from aquamind import database
from datagen import memory, orm, states
from datagen.case import Case
from datagen.events import FAMILIES, STREAMED, expand
from datagen.events.context import BatchRecord, ComingRecord, GeographyRecord, MixedRecord, Record, life
from datagen.events.family import BatchFamily
from datagen.execution import Crew, Executor, Here, Hire, Processes, Task, finished
from datagen.keys import Keys, mixed, mixed_record
from datagen.simulation import loop
from datagen.simulation.history import History
from datagen.storage import ddl
from datagen.storage.ledger import Content
from datagen.storage.postgres import PostgresStore, PostgresStream
from datagen.storage.proof import Proof
from datagen.storage.store import Store

VERSION = "13"
"""Version of the generated content: raised by every change that changes a row."""


class Progress(Protocol):
    """Where a run reports how far each step is."""

    def step(self, name: str, total: float | None = None) -> None: ...

    def advance(self, done: float, note: str = "") -> None: ...


@dataclass
class Report:
    """What a run did: seconds by step, rows by table; and the hash of all that the database then holds.

    Of a run that loaded rows, `foreign_keys` says who checked them, and `largest_tables` how they were filled. Where
    rows of others stay, `others` has how many by table, and `kept` how many of ours could not be written for them.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    content_hash: str = ""
    foreign_keys: str = ""
    largest_tables: str = ""
    others: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - begin

    def add(self, following: "Report") -> None:
        """What another run did after this one, of another plan."""
        self.seconds = dict(Counter(self.seconds) + Counter(following.seconds))
        self.rows = dict(Counter(self.rows) + Counter(following.rows))
        self.kept = dict(Counter(self.kept) + Counter(following.kept))
        self.content_hash = following.content_hash


def models(tables: Iterable[str]) -> list[Any]:
    """The models of these tables."""
    wanted = set(tables)
    return [model for model in apps.get_models() if model._meta.db_table in wanted]


def simulate(case: Case, hire: Hire | None = None) -> dict[int, History]:
    """Histories by geography; lived here, or by workers."""
    with Here(nullcontext, case) if hire is None else hire(nullcontext, case) as hands:
        lived = {task.arguments[0]: history for task, history in finished((hands, map(_life, case.geographies)))}
    # Where they were lived here.
    memory.give_back()
    return {g: lived[g] for g in case.geographies}


def simulate_by(hands: Executor, case: Case) -> dict[int, Future[History]]:
    """The same by workers who then expand it: side by side, and what they work out of the plan is there for that."""
    return {geography: hands.submit(Task(1, _live, (geography,))) for geography in case.geographies}


def simulate_both(then: Case, now: Case, hire: Hire) -> tuple[dict[int, History], dict[int, History]]:
    """Histories of a plan and of the same carried on, from one life: each begins with the other.

    One geography is lived here, beside the workers who live the others: what they have lived is copied.
    """
    here, *others = now.geographies
    days = {g: [*([then.plan.days] if g in then.geographies else []), now.plan.days] for g in now.geographies}
    with hire(nullcontext) as hands:
        elsewhere = {g: hands.submit(Task(1, _lives, (now, g, days[g]))) for g in others}
        lived = {here: loop.after_days(now, here, days[here])}
        lived |= {g: each.result() for g, each in elsewhere.items()}
    memory.give_back()
    return {g: lived[g][0] for g in now.geographies if g in then.geographies}, {
        g: lived[g][-1] for g in now.geographies
    }


def _lives(_: None, case: Case, geography: int, told_after: list[int]) -> list[History]:
    return loop.after_days(case, geography, told_after)


def _life(geography: int) -> Task:
    return Task(1, loop.simulate, (geography,))


@dataclass(frozen=True)
class Worker:
    """What a worker has: the case, where its rows go, and the folder for a log of each unit, if logs are wanted.

    Where others work out states of batches, `seen` has what these rest on of the last unit, by the master data `known`.
    """

    case: Case
    store: Store
    log_dir: Path | None = None
    families: tuple[BatchFamily, ...] = FAMILIES
    known: dict[str, pa.Table] | None = None
    seen: dict[str, Tables] = field(default_factory=dict)


def _live(worker: Worker, geography: int) -> History:
    return loop.simulate(worker.case, geography)


@dataclass(frozen=True)
class Loading:
    """A run in a database: whether workers prove its foreign keys themselves, and which tables are filled in a
    transaction of their own, if any: the largest, and those of daily states, which follow from both workers' rows."""

    dsn: str
    case: Case
    run: int
    proving: bool
    streamed: frozenset[str]
    log_dir: Path | None = None


@contextmanager
def database_worker(loading: Loading) -> Iterator[Worker]:
    """A worker whose store is a run in a database, with a connection of its own."""
    orm.use(loading.dsn)
    families = tuple(each for each in FAMILIES if not (loading.streamed and each in STREAMED))
    with database.connect(loading.dsn, autocommit=True, application_name="aquamind worker") as connection:
        store = PostgresStore(connection, loading.run, Proof(connection) if loading.proving else None)
        known = states.rested_on(connection) if loading.streamed.issuperset(states.TABLES) else None
        yield Worker(loading.case, store, loading.log_dir, families, known)


@dataclass(frozen=True)
class StreamWorker:
    """What the one worker has that fills the largest tables, and then helps with all else.

    `temperatures` are of units whose readings have passed and whose states are yet to be worked out.
    """

    case: Case
    stream: PostgresStream
    rest: Worker
    temperatures: dict[str, Columns] = field(default_factory=dict)


@contextmanager
def stream_worker(loading: Loading) -> Iterator[StreamWorker]:
    """The worker that fills the largest tables in one transaction; what is not committed is gone when it ends."""
    orm.use(loading.dsn)
    with (
        database_worker(loading) as rest,
        # Closed, where a connection that is left as a context would be committed.
        closing(database.connect(loading.dsn, autocommit=True, application_name="aquamind worker")) as connection,
    ):
        proof = Proof(connection) if loading.proving else None
        yield StreamWorker(loading.case, PostgresStream(connection, loading.run, loading.streamed, proof), rest)


def streamed(case: Case) -> set[str]:
    """The largest tables, each of them one family's alone; and those of daily states, which no family makes."""
    longest = life(case, case.plan.batches[0])
    return {*states.TABLES, *(table for family in STREAMED for table in family.most_rows(longest))}


STREAMED_SHARE = 0.8
"""Of a batch's rows (measured on `production`), for telling how far a load is."""


def load_tasks(case: Case, histories: dict[int, History], keys: Keys, share: float = 1.0) -> Iterator[Task]:
    """Every unit of a case but the last: what belongs to a geography, and each batch, begun or ahead; or this share."""
    for geography, history in histories.items():
        yield Task(1, _load_geography, (history.without_days(), keys.of_geography[geography], keys.stride))
    for index, batch in enumerate(case.plan.batches):
        history = histories[batch.geography].batch(index)
        yield Task(share * len(history.days.fish), _load_batch, (index, history, keys.of_batch[index]))
    for index in range(len(case.plan.batches), len(case.batches)):
        yield Task(1, _load_coming, (index, keys.of_batch[index]))


def last_tasks(case: Case, histories: dict[int, History], keys: Keys, share: float = 1.0) -> Iterator[Task]:
    """Units that refer to others of a case: batches that began as a mix of these."""
    for index, history in mixed(case, histories):
        yield Task(share * len(history.days.fish), _load_mixed, _of_mixed(case, index, history, keys))


def _of_mixed(case: Case, index: int, history: History, keys: Keys) -> tuple[Any, ...]:
    """What a worker needs to make the record of a mixed batch."""
    record = mixed_record(case, index, history, keys)
    return index, history, record.first_id, record.source_ids


def stream_tasks(case: Case, histories: dict[int, History], keys: Keys) -> Iterator[Task]:
    """The part of every batch that is streamed."""
    for index, batch in enumerate(case.plan.batches):
        history = histories[batch.geography].batch(index)
        yield Task(STREAMED_SHARE * len(history.days.fish), _stream_batch, (index, history, keys.of_batch[index]))
    for index, history in mixed(case, histories):
        yield Task(STREAMED_SHARE * len(history.days.fish), _stream_mixed, _of_mixed(case, index, history, keys))


def _stream_batch(worker: StreamWorker, index: int, history: History, first_id: dict[str, int]) -> "_Written":
    return _stream(worker, BatchRecord(worker.case, index, history, first_id))


def _stream_mixed(
    worker: StreamWorker, index: int, history: History, first_id: dict[str, int], source_ids: dict[int, dict[str, int]]
) -> "_Written":
    return _stream(worker, MixedRecord(worker.case, index, history, first_id, worker.case.mixed[index], source_ids))


def _stream(worker: StreamWorker, record: Record) -> "_Written":
    tables = expand(record, STREAMED)
    if worker.rest.known is None:
        return _Written(_rows(worker.stream.write(record.unit, tables)))
    seen = Tables(worker.rest.known)
    contents = worker.stream.write(record.unit, seen.watch(tables))
    worker.temperatures[record.unit] = seen.temperatures()
    return _Written(_rows(contents), streamed={record.unit})


def _stream_states(worker: StreamWorker, unit: str, known: Sources) -> "_Written":
    """Work out the daily states of a batch whose readings this worker has made, from what is known of it besides."""
    record = arranged(replace(known, temperatures=worker.temperatures.pop(unit)))
    return _Written(_rows(worker.stream.write(states.unit(unit), states.rows(compute(record), worker.case.plan.as_of))))


def _commit_stream(worker: StreamWorker) -> None:
    worker.stream.commit()


@dataclass(frozen=True)
class _Written:
    """What a task wrote beside or in a stream: rows by table.

    And what is then known: the units whose readings have passed, and of units what else their daily states rest on.
    """

    rows: dict[str, int]
    streamed: set[str] = field(default_factory=set)
    sources: dict[str, Sources] = field(default_factory=dict)


def _tell(worker: Worker, task: Task) -> _Written:
    """Do a task, and tell what daily states rest on; nothing of a unit that an earlier call wrote."""
    rows: dict[str, int] = task.call(worker, *task.arguments)
    found = {unit: seen.sources(worker.case.plan.as_of) for unit, seen in worker.seen.items()}
    worker.seen.clear()
    return _Written(rows, sources={unit: sources for unit, sources in found.items() if sources is not None})


def _help(worker: StreamWorker, task: Task) -> _Written:
    return _tell(worker.rest, task)


class _Handover:
    """Daily states to be worked out: of batches whose readings one worker has made, and all else another."""

    def __init__(self) -> None:
        self.units: set[str] = set()
        self._streamed: set[str] = set()
        self._sources: dict[str, Sources] = {}

    def rows(self, written: _Written) -> dict[str, int]:
        """Take note of what is known now; the rows that were written."""
        self._streamed |= written.streamed
        self._sources |= written.sources
        return written.rows

    def tasks(self) -> Iterator[Task]:
        for unit in sorted(self._streamed & self._sources.keys()):
            self.units.add(unit)
            yield Task(0, _stream_states, (unit, self._sources.pop(unit)))

    def before_each(self, tasks: Iterable[Task]) -> Iterator[Task]:
        """These tasks, and before each of them the states that can be worked out by then."""
        for task in tasks:
            yield from self.tasks()
            yield task


def _index_tasks(loading: Loading) -> Iterator[Task]:
    for index in ddl.indexes_away(loading.dsn, loading.streamed):
        yield Task(0, _index, (index,))


def _index(worker: Worker, index: ddl.Task) -> _Written:
    assert isinstance(worker.store, PostgresStore)
    ddl.perform(worker.store.connection, index)
    return _Written({})


def _load_batch(worker: Worker, index: int, history: History, first_id: dict[str, int]) -> dict[str, int]:
    return _load(worker, BatchRecord(worker.case, index, history, first_id))


def _load_mixed(
    worker: Worker, index: int, history: History, first_id: dict[str, int], source_ids: dict[int, dict[str, int]]
) -> dict[str, int]:
    return _load(worker, MixedRecord(worker.case, index, history, first_id, worker.case.mixed[index], source_ids))


def _load_coming(worker: Worker, index: int, first_id: dict[str, int]) -> dict[str, int]:
    return _load(worker, ComingRecord(worker.case, index, first_id))


def _load_geography(worker: Worker, history: History, first_id: dict[str, int], stride: int) -> dict[str, int]:
    return _load(worker, GeographyRecord(worker.case, history, first_id, stride))


def _load(worker: Worker, record: Record) -> dict[str, int]:
    """Write a unit; where logs are wanted, say in one of its own what is in the store of it, and its time."""
    begin = time.perf_counter()
    tables = expand(record, worker.families)
    if worker.known is not None and isinstance(record, BatchRecord):
        worker.seen[record.unit] = Tables(worker.known)
        tables = worker.seen[record.unit].watch(tables)
    contents = worker.store.write(record.unit, tables)
    if worker.log_dir is not None:
        total = sum(content.rows for content in contents.values())
        lines = [f"{record.unit}: {total:,} rows in {time.perf_counter() - begin:.2f} s"]
        lines += [f"{table} {content.rows} {content.content_hash}" for table, content in sorted(contents.items())]
        (worker.log_dir / f"{record.unit.replace(' ', '_')}.log").write_text("\n".join([*lines, ""]))
    return _rows(contents)


def _rows(contents: dict[str, Content]) -> dict[str, int]:
    return {table: content.rows for table, content in contents.items()}


def load(
    loading: Loading, histories: dict[int, History], keys: Keys, hire: Hire, workers: int, progress: Progress
) -> tuple[dict[str, int], set[str]]:
    """Load all units of a run that are not there yet; rows by table, and the batches whose states are among them."""
    case = loading.case
    if not loading.streamed:
        hands = hire(database_worker, loading)
        rows = work(hands, load_tasks(case, histories, keys), last_tasks(case, histories, keys), progress=progress)
        return rows, set()
    # Processes also for one worker: an interrupt is heard here, where no rows are being handed over.
    with (
        Processes(max(1, workers - 1), database_worker, loading) as hands,
        Processes(1, stream_worker, loading) as stream,
    ):
        return _load_beside(hands, stream, loading, histories, keys, workers, progress)


def _load_beside(
    hands: Executor,
    stream: Executor,
    loading: Loading,
    histories: dict[int, History],
    keys: Keys,
    workers: int,
    progress: Progress,
) -> tuple[dict[str, int], set[str]]:
    """The same by one worker who fills the streamed tables, and others who do all else."""
    case, following = loading.case, _Handover()
    units = map(_telling, load_tasks(case, histories, keys, 1.0 - STREAMED_SHARE))
    left, helped = len(case.plan.batches) + sum(1 for _ in mixed(case, histories)), False

    def help_with(task: Task) -> Task:
        nonlocal helped
        helped = True
        return Task(task.size, _help, task.arguments)

    def taken(task: Task, written: _Written) -> dict[str, int]:
        nonlocal left
        left -= task.call in (_stream_batch, _stream_mixed)
        return following.rows(written)

    def indexes(holds: Callable[[], bool]) -> Iterator[Task]:
        """Indexes one by one. Of several workers, one may still be filling a table when another would index it."""
        if hands.workers == 1 and loading.proving:
            yield from takewhile(lambda _: holds(), _index_tasks(loading))

    rest: Crew = (hands, chain(units, indexes(lambda: left > 0 and not helped)))
    filling: Crew = (stream, following.before_each(chain(stream_tasks(case, histories, keys), map(help_with, units))))
    last = map(_telling, last_tasks(case, histories, keys, 1.0 - STREAMED_SHARE))
    helping: Crew = (stream, following.before_each(map(help_with, last)))
    # One worker does one after the other.
    beside = [[filling, rest], [(hands, last), helping]]
    turns = beside if workers > 1 else [[rest], [filling], [(hands, last)]]
    rows = Counter(_done(progress, *turns, taken=taken))
    # Last, for what is streamed belongs to units that have to be there.
    states_left = [stream.submit(task) for task in following.tasks()]
    committed = stream.submit(Task(0, _commit_stream, ()))
    for _ in finished((hands, indexes(lambda: not committed.done()))):
        pass
    for each in states_left:
        rows.update(following.rows(each.result()))
    committed.result()
    return dict(rows), following.units


def _telling(task: Task) -> Task:
    return Task(task.size, _tell, (task,))


def work(hands: Executor, *tasks: Iterable[Task], progress: Progress) -> dict[str, int]:
    """Have tasks done, some after others, that each return rows by table, telling how fast; all rows by table."""
    with hands:
        return work_on(hands, *tasks, progress=progress)


def work_on(hands: Executor, *tasks: Iterable[Task], progress: Progress) -> dict[str, int]:
    """The same by workers who are there already."""
    return _done(progress, *([(hands, each)] for each in tasks))


def _done(
    progress: Progress, *turns: list[Crew], taken: Callable[[Task, Any], dict[str, int]] = lambda _, rows: rows
) -> dict[str, int]:
    """Have crews do their tasks, those of a turn beside each other; all rows by table."""
    rows: Counter[str] = Counter()
    begin = time.perf_counter()
    for crews in turns:
        for task, written in finished(*crews):
            rows.update(taken(task, written))
            total = rows.total()
            progress.advance(task.size, f"{total:,} rows, {total / (time.perf_counter() - begin):,.0f} a second")
    return dict(rows)
