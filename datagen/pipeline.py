"""From a plan to rows: histories by geography, then every batch expanded and loaded by parallel workers."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import psycopg
import pyarrow as pa

from datagen.case import Case
from datagen.errors import UserError
from datagen.farm import Farm
from datagen.planning.plan import Plan
from datagen.simulation.history import History
from datagen.workers import Pool

VERSION = "3"
"""Version of the generated content: raised by every change that changes a row."""


class Progress(Protocol):
    """Who is told how far a step is."""

    def step(self, name: str, total: float | None = None) -> None: ...

    def advance(self, done: float, note: str = "") -> None: ...


@dataclass
class Report:
    """What a run did: seconds by step, rows by table; and the hash of all that the database then holds."""

    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    content_hash: str = ""

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - begin


def django_setup(dsn: str) -> None:
    """Make the models usable on this database, also where Django was set up for another one before."""
    os.environ["DATABASE_URL"] = dsn
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aquamind.settings")
    import dj_database_url
    import django
    from django.db import connection

    django.setup()  # type: ignore[no-untyped-call]
    wanted = dj_database_url.parse(dsn)
    if any(connection.settings_dict[name] != value for name, value in wanted.items()):
        connection.close()
        connection.settings_dict.update(wanted)


def migrate() -> None:
    """Make the schema, wholly or not at all."""
    from django.core.management import call_command
    from django.db import transaction

    with transaction.atomic():  # type: ignore[no-untyped-call]
        call_command("migrate", verbosity=0, interactive=False)  # type: ignore[no-untyped-call]


def models(tables: Iterable[str]) -> list[Any]:
    """The models of these tables."""
    from django.apps import apps

    wanted = set(tables)
    return [model for model in apps.get_models() if model._meta.db_table in wanted]


def simulate(case: Case) -> dict[int, History]:
    """Histories by geography; a plan whose fish outgrow their containers is refused."""
    from datagen.simulation import loop

    histories = {g: loop.simulate(case, g) for g in case.geographies}
    for history in histories.values():
        _check_load(case.farm, case.plan, history)
    return histories


def _check_load(farm: Farm, plan: Plan, history: History) -> None:
    stays = history.assignments
    stay = np.repeat(np.arange(len(stays.days)), stays.days)
    biomass_kg = history.days.fish * history.days.weight_g / 1000.0
    over = biomass_kg / farm.container_max_biomass_kg[stays.container[stay]]
    worst = int(over.argmax())
    if over[worst] > 1.0:
        batch = plan.batches[stays.batch[stay[worst]]]
        where = farm.container_name[stays.container[stay[worst]]]
        cure = f"Batch {batch.number} outgrows {where} by {100 * (over[worst] - 1):.0f} %; give fewer eggs or more room"
        raise UserError("eggs", batch.eggs, cure)


@dataclass(frozen=True)
class Shared:
    """What every worker needs, sent once."""

    dsn: str
    case: Case
    run: int
    log_dir: Path | None = None


@dataclass(frozen=True)
class Worker:
    """A process with its own connection."""

    shared: Shared
    connection: psycopg.Connection[Any]


@dataclass(frozen=True)
class Task:
    """A unit of work: `call(worker, *arguments)` returns rows by table; `size` is how long it takes relative to others.

    `call` is a function of a module, so that it can be sent to another process.
    """

    size: int
    call: Callable[..., dict[str, int]]
    arguments: tuple[Any, ...]


def load_tasks(
    plan: Plan, histories: dict[int, History], firsts: list[dict[str, int]], purchase_id: int
) -> Iterator[Task]:
    """Every unit of a plan; geographies interleave their purchases' keys from `purchase_id` on."""
    places = sorted(histories)
    for place, history in histories.items():
        yield Task(1, _load_purchases, (history, purchase_id + places.index(place), len(places)))
    for index, batch in enumerate(plan.batches):
        history = histories[batch.geography].batch(index)
        yield Task(len(history.days.fish), _load_batch, (index, history, firsts[index]))


def purchases_unit(plan: Plan, geography: int) -> str:
    """The ledger's name for a geography's deliveries of feed."""
    return f"feed from {next(batch.number for batch in plan.batches if batch.geography == geography)} on"


def _load_batch(worker: Worker, index: int, history: History, first_id: dict[str, int]) -> dict[str, int]:
    from datagen.events import expand
    from datagen.events.context import BatchRecord

    shared = worker.shared
    record = BatchRecord(shared.case, index, history, first_id)
    return _write(worker, record.batch.number, expand(record))


def _load_purchases(worker: Worker, history: History, first_id: int, stride: int) -> dict[str, int]:
    from datagen.events.feeding import expand_purchases

    shared = worker.shared
    tables = expand_purchases(shared.case, history, first_id, stride)
    return _write(worker, purchases_unit(shared.case.plan, history.geography), tables)


def _write(worker: Worker, unit: str, tables: Iterable[tuple[Any, pa.RecordBatch]]) -> dict[str, int]:
    """Write a unit; where logs are wanted, say in one of its own what is in the database of it, and its time."""
    from datagen.storage.postgres import write

    begin = time.perf_counter()
    contents = write(worker.connection, worker.shared.run, unit, tables)
    if worker.shared.log_dir is not None:
        total = sum(content.rows for content in contents.values())
        lines = [f"{unit}: {total:,} rows in {time.perf_counter() - begin:.2f} s"]
        lines += [f"{table} {content.rows} {content.content_hash}" for table, content in sorted(contents.items())]
        (worker.shared.log_dir / f"{unit.replace(' ', '_')}.log").write_text("\n".join([*lines, ""]))
    return {table: content.rows for table, content in contents.items()}


def work(shared: Shared, tasks: Iterable[Task], workers: int, progress: Progress) -> dict[str, int]:
    """Perform tasks in `workers` processes, in this one if that is 1; rows by table. Workers bound the memory."""
    rows: dict[str, int] = {}
    begin = time.perf_counter()

    def count(task: Task, written: dict[str, int]) -> None:
        for table, number in written.items():
            rows[table] = rows.get(table, 0) + number
        total = sum(rows.values())
        progress.advance(task.size, f"{total:,} rows, {total / (time.perf_counter() - begin):,.0f} a second")

    if workers == 1 or len(shared.case.plan.batches) == 1:
        worker = _opened(shared)
        with worker.connection:
            for task in tasks:
                count(task, task.call(worker, *task.arguments))
        return rows
    with Pool(workers, _opened, shared) as pool:
        waiting: dict[Future[dict[str, int]], Task] = {}
        for task in tasks:
            waiting[pool.submit(task.call, *task.arguments)] = task
            # Few ahead of the workers: what waits is copied, and memory must not grow with the batches.
            while len(waiting) > workers + 1:
                _collect(waiting, count)
        while waiting:
            _collect(waiting, count)
    return rows


def _opened(shared: Shared) -> Worker:
    django_setup(shared.dsn)
    from aquamind import database

    return Worker(shared, database.connect(shared.dsn, autocommit=True, application_name="aquamind worker"))


def _collect(waiting: dict[Future[dict[str, int]], Task], count: Callable[[Task, dict[str, int]], None]) -> None:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        count(waiting.pop(future), future.result())
