"""A plan written as files, straight from the generator: no database is asked, and none is started."""

import glob
import shlex
import shutil
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from apps.batch.growth_analysis import compute
from apps.batch.growth_analysis import tables as growth
from apps.batch.growth_analysis import tables_ahead as ahead
from apps.batch.models import ActualDailyAssignmentState
from apps.finance import exports
from apps.finance import tables as books
from apps.planning import tables as activities
from apps.planning.seeding import of_known
from aquamind.errors import UserError
from datagen import pipeline, states
from datagen.case import Case
from datagen.events.context import Rows, unit_of
from datagen.execution import Executor, Hire, Task, finished, hired
from datagen.files import fields, layout, place
from datagen.files.store import FileStore, Links
from datagen.keys import keys
from datagen.masterdata import tables as masterdata
from datagen.pipeline import Progress, Report
from datagen.planning.plan import BatchPlan
from datagen.runs import analysis, outlook, protection, wiping
from datagen.runs.books import BOOKS
from datagen.runs.books import TABLES as BOOK_TABLES
from datagen.runs.books.record import Record
from datagen.runs.books.rows import every
from datagen.runs.run import check_case, identify
from datagen.simulation.history import History
from datagen.simulation.loop import held_back
from datagen.storage import ledger
from datagen.storage.store import Tables

LINKED = "batch_batchtransferworkflow"
"""The transfers, which know the activities that were planned for them."""

PARTS = 3
"""Of tables that follow from no others: of two workers, one makes what does follow meanwhile, which takes as long."""

LATEST = "latest states"
"""What of a batch's states is kept until what is ahead of it can be known."""

KNOWN = "master data"
"""That daily states rest on: kept for workers, who live the plan while it is made."""

FOLLOWED = frozenset(
    (
        *analysis.EXPORT_TABLES,
        *analysis.FORECAST_TABLES,
        *BOOK_TABLES,
        analysis.PLANNED_TABLE,
        LINKED,
    )
)
"""Tables with rows, or values, that follow from all units together."""

BYTES_PER_ROW = {"parquet": 4.7, "csv": 110.0, "arrow": 7.0}
"""Over all tables with daily states: `medium` has 4.5 of Parquet, 6.5 of Arrow. Those of CSV are at most."""

FILE_BYTES = {"parquet": 4_300, "csv": 0, "arrow": 5_600}
"""Of each file beside its rows, its schema above all: measured of `small`, of whose bytes they are the half."""

MASTER_BYTES = {"parquet": 360_000, "csv": 1_500_000, "arrow": 500_000}
"""Of master data, of which a plan counts no rows: of the built-in company."""


Columns: TypeAlias = Mapping[str, Sequence[str]]
"""By table those that are read."""

Known: TypeAlias = dict[str, pa.RecordBatch]
"""Master data, by table."""


@dataclass(frozen=True)
class Job:
    """What to write where, and in which format; `scheduler` is of a Dask cluster that does the work.

    Of several companies, which one it is, and how many come after it that take about as much disk.
    """

    folder: Path
    case: Case
    suffix: str
    workers: int
    scheduler: str | None = None
    company: int = 1
    companies_left: int = 0


def execute(job: Job, progress: Progress) -> tuple[Report, dict[str, Any]]:
    """Write an export to its end, and return its manifest too; called again after a kill, it goes on where it was."""
    with hired(min(job.workers, len(job.case.plan.batches)), job.scheduler) as hire:
        return execute_by(hire, job, progress)


def execute_by(hire: Hire, job: Job, progress: Progress) -> tuple[Report, dict[str, Any]]:
    """The same by workers who are there."""
    report, case = Report(), job.case
    check_case(case)
    identity = describe(case, job.suffix)
    if (manifest := place.there(job.folder, identity)) is None:
        with place.growing(job.folder, identity) as folder:
            if "tables" not in place.manifest(folder):
                _write(job, hire, folder, identity, progress, report)
            manifest = place.manifest(folder)
    report.rows = {table: entry["rows"] for table, entry in manifest["tables"].items()}
    report.content_hash = manifest["content_hash"]
    return report, manifest


def describe(case: Case, suffix: str) -> dict[str, Any]:
    """What an export is of: another in any of these is another export."""
    return {
        "source": "plan",
        **asdict(identify(case)),
        "preset": case.plan.preset,
        "package_version": version("aquamind-test-data"),
        "format": suffix,
    }


def foresee(job: Job, bound: str | None) -> outlook.Outlook:
    """What the plan will make, with the disk that its files take; nothing is written."""
    check_case(job.case)
    place.there(job.folder, describe(job.case, job.suffix))
    made = outlook.foresee(job.case, pipeline.simulate(job.case), bound)
    tables = [*keys(job.case, {}).tables, *protection.FOLLOWING, *ledger.TRUTH]
    rows = Counter({table: made.rows[table] for table in tables if table in made.rows})
    return replace(made, rows=dict(rows), disk_bytes=disk_bytes(rows, job.suffix))


def query(directory: str, manifest: dict[str, Any]) -> str:
    """Something to ask the files: of DuckDB, or, where it does not read them, of Python by the shell."""
    files = f"{glob.escape(directory)}/{manifest['tables']['batch_mortalityevent']['files']}".replace("'", "''")
    if manifest["format"] == "arrow":
        read = "import sys, pyarrow.feather as f; print(f.read_table(sys.argv[1]))"
        file = manifest["tables"]["batch_batch"]["files"].replace("company=*", "company=1")
        return f"python -c {shlex.quote(read)} {shlex.quote(f'{directory}/{file}')}"
    return f"SELECT year(event_date) AS year, cause, sum(count) AS dead FROM '{files}' GROUP BY ALL ORDER BY ALL"


def disk_bytes(rows: "Counter[str]", suffix: str) -> int:
    """Disk that rows take in a format; files of each batch, of few tables, are reckoned as one a table."""
    files = len(+rows) * FILE_BYTES[suffix]
    return round(rows.total() * BYTES_PER_ROW[suffix]) + files + MASTER_BYTES[suffix]


def _write(job: Job, hire: Hire, folder: Path, identity: dict[str, Any], progress: Progress, report: Report) -> None:
    """All that an export is, up to its manifest."""
    case = job.case
    store = FileStore(folder, job.suffix, partitions(case), job.company)
    given = keys(case, {})
    # They take it with the case: each would work it out, and master data need it too.
    case.swaps  # noqa: B018
    with hire(_file_worker, case, store) as hands:
        with report.timed("simulation"):
            progress.step("Simulation")
            living = pipeline.simulate_by(hands, case)
            # Beside it: one geography takes longer than another.
            rows = masterdata.tables(case, fields.models(wiping.MASTER_DATA))
            known = {model._meta.db_table: batch for model, batch in rows}
            histories = {geography: each.result() for geography, each in living.items()}
            progress.advance(0.0, held_back(case, histories.values()))
        _check_space(job, histories, store)
        store.keep(KNOWN, {table: pa.Table.from_batches([known[table]]) for table in growth.MASTER_DATA})
        with report.timed("files"):
            progress.step("Files", sum(len(history.days.fish) for history in histories.values()))
            units = chain(pipeline.load_tasks(case, histories, given), pipeline.last_tasks(case, histories, given))
            pipeline.work_on(hands, units, progress=progress)
        with report.timed("tables"):
            progress.step("Tables of one file")
            manifest = _whole(hands, known, {*given.tables, *protection.FOLLOWING})
            progress.advance(0.0)
    place.write_manifest(folder, {**identity, **manifest})


def _whole(hands: Executor, known: Known, tables: set[str]) -> dict[str, Any]:
    """Make whole what all units have some of, with what follows from them together; what a manifest tells of it all.

    Done by workers, side by side: of many companies the session would else be what they wait for.
    """
    others = [Task(1, _gather_others, (known, tables, part)) for part in range(PARTS)]
    contents: dict[str, ledger.Content] = {}
    for _, made in finished((hands, [Task(1, _gather_followed, (known, tables)), *others])):
        contents |= made
    told: dict[str, Any] = hands.submit(Task(1, _told, (contents, tables))).result()
    return told


def _gather_followed(worker: pipeline.Worker, known: Known, tables: set[str]) -> dict[str, ledger.Content]:
    """What follows from all units together, and the tables of which it has some; these are all of units."""
    store, case = _files(worker), worker.case
    with store.alone("followed"):
        links = _follow(store, case, known)
        units = store.content()
        order = [*in_order(case), analysis.EXPORTS, analysis.PLANNED, analysis.FORECASTS, BOOKS]
        store.gather([unit for unit in order if unit in units], _wanted(units, tables) & FOLLOWED, links)
    return {}


def _gather_others(worker: pipeline.Worker, known: Known, tables: set[str], part: int) -> dict[str, ledger.Content]:
    """A part of all other tables; the contents of those of master data, which are of no unit."""
    store, case = _files(worker), worker.case
    with store.alone(f"others {part}"):
        units = store.content()
        others = sorted(_wanted(units, tables) - FOLLOWED)[part::PARTS]
        store.gather([unit for unit in in_order(case) if unit in units], others)
        return store.put((model, known[model._meta.db_table]) for model in fields.models(sorted(known)[part::PARTS]))


def _told(worker: pipeline.Worker, known: dict[str, ledger.Content], tables: set[str]) -> dict[str, Any]:
    store = _files(worker)
    units = store.content()
    return told(store, units, known, _wanted(units, tables))


def _wanted(units: dict[str, dict[str, ledger.Content]], tables: set[str]) -> set[str]:
    return tables.union(*units.values())


def _files(worker: pipeline.Worker) -> FileStore:
    assert isinstance(worker.store, _StatesToo)
    return worker.store.store


def _follow(store: FileStore, case: Case, known: Known) -> Links:
    """What follows from all units together, as units of its own; and what it makes known to rows of theirs."""
    there = {table: pa.Table.from_batches([rows]) for table, rows in known.items()}
    few, kept = store.few(_columns(exports.READ, activities.READ, ahead.READ, books.READ)), store.kept()

    def of(read: Columns, known: Columns) -> dict[str, pa.Table]:
        return {table: (few | there)[table].select(list(names)) for table, names in {**read, **known}.items()}

    sold = exports.exported(of(exports.READ, exports.MASTER_DATA))
    store.write(analysis.EXPORTS, analysis.accounts(sold))
    as_of = case.plan.as_of
    found = of(activities.READ, activities.MASTER_DATA)
    past = activities.known(found, as_of, case.plan.way == "lived")
    planned = analysis.planned_columns(of_known(past, lambda _: as_of))
    rows = analysis.planned(planned)
    store.write(analysis.PLANNED, [rows])
    active = ahead.known({**there, **few, analysis.PLANNED_TABLE: pa.Table.from_batches([rows[1]])}, kept.get(LATEST))
    store.write(analysis.FORECASTS, (table for batch in active for table in analysis.forecast_rows(batch)))
    record = Record(as_of, books.Tables({**there, **few, **kept}).find)
    if record.rules:
        store.write(BOOKS, every(record))
    pairs = zip(planned["transfer_workflow_id"].tolist(), planned["id"].tolist(), strict=True)
    linked = {workflow: activity for workflow, activity in pairs if workflow is not None}
    return {LINKED: ("planned_activity_id", linked)}


def _columns(*wanted: Columns) -> dict[str, list[str]]:
    """All columns that are wanted of each table."""
    found: dict[str, dict[str, None]] = {}
    for table, names in (each for columns in wanted for each in columns.items()):
        found.setdefault(table, {}).update(dict.fromkeys(names))
    return {table: list(names) for table, names in found.items()}


@dataclass(frozen=True)
class _StatesToo:
    """A store that also keeps what is worked out from a batch, as a unit of its own after the batch's."""

    store: FileStore
    case: Case

    def write(self, unit: str, tables: Tables) -> dict[str, ledger.Content]:
        if unit not in self._begun:
            return self.store.write(unit, tables)
        seen, months = growth.Tables(self._known), books.Months(self.case.plan.as_of)
        passing = months.watch(seen.watch(tables))
        return self.store.write_both((unit, passing), (states.unit(unit), self._following(unit, passing, seen, months)))

    def _following(
        self, unit: str, passing: Iterator[Rows], seen: growth.Tables, months: books.Months
    ) -> Iterator[Rows]:
        # Of a batch that an earlier call wrote, nothing has passed yet.
        for _ in passing:
            pass
        kept: dict[str, pa.Table] = {}
        if (record := seen.record(self.case.plan.as_of)) is not None:
            for model, rows in months.watch(states.rows(compute(record), self.case.plan.as_of)):
                if model is ActualDailyAssignmentState:
                    kept[LATEST] = ahead.latest(pa.Table.from_batches([rows]))
                yield model, rows
        self.store.keep(states.unit(unit), {**months.kept(), **kept})

    def content(self) -> dict[str, dict[str, ledger.Content]]:
        return self.store.content()

    @cached_property
    def _known(self) -> dict[str, pa.Table]:
        return self.store.kept_of(KNOWN)

    @cached_property
    def _begun(self) -> frozenset[str]:
        return frozenset(batch.number for batch in self.case.as_lived.plan.batches)


@contextmanager
def _file_worker(case: Case, store: FileStore) -> Iterator[pipeline.Worker]:
    if not (store.folder / layout.MANIFEST).exists():
        cure = f"Worker {socket.gethostname()} does not see it. Name a folder that all workers share"
        raise UserError("directory", str(store.folder), cure)
    yield pipeline.Worker(case, _StatesToo(store, case))


def partitions(case: Case) -> layout.Partitions:
    """Where the units of batches have their rows in tables of many."""
    codes = case.farm.geography_code
    return {
        unit: layout.partition(codes[batch.geography], batch.number)
        for batch in _batches(case)
        for unit in _units(batch)
    }


def in_order(case: Case) -> list[str]:
    """All units of a plan: geographies, then batches in the order of their keys."""
    return [*(unit_of(case, each) for each in case.geographies), *(unit for b in _batches(case) for unit in _units(b))]


def _batches(case: Case) -> Iterator[BatchPlan]:
    """In the order of their keys."""
    for index, batch in enumerate(case.batches):
        yield batch
        if index in case.mixed:
            yield case.mixed[index]


def _units(batch: BatchPlan) -> tuple[str, str]:
    """What a batch is called in the ledger, and what is worked out from it."""
    return batch.number, states.unit(batch.number)


def _check_space(job: Job, histories: dict[int, History], store: FileStore) -> None:
    """Rows are counted, which takes a tenth of making them, only where the most that a plan may have might not fit.

    Units that are there already, written by an earlier call, take no more.
    """
    most = disk_bytes(outlook.most_rows(job.case), store.suffix)
    if shutil.disk_usage(store.folder).free > outlook.ROOMY * (1 + job.companies_left) * most:
        return
    written = store.content()
    units = outlook.expected_rows(job.case, histories)
    rows = sum((rows for unit, rows in units.items() if unit not in written), Counter[str]())
    following = sum((rows for rows in units.values()), Counter[str]())
    worked_out = analysis.expected(job.case, histories)
    for each in (rows, following):
        each.update({table: worked_out[table] for table in states.TABLES})
    needed = disk_bytes(rows, store.suffix) + job.companies_left * disk_bytes(following, store.suffix)
    place.check_space(store.folder, needed)


def told(
    store: FileStore,
    units: dict[str, dict[str, ledger.Content]],
    known: dict[str, ledger.Content],
    tables: Iterable[str],
) -> dict[str, Any]:
    """Rows, hashes, files and columns, by table; master data are of no unit, and not in the hash of all."""
    told = ledger.summary(units)
    told["tables"] |= {table: asdict(content) for table, content in known.items()}
    for model in fields.models({*tables, *known}):
        table = model._meta.db_table
        pattern = layout.pattern(store.folder, table, store.suffix)
        told["tables"][table] = {
            **told["tables"].get(table, {"rows": 0}),
            "files": pattern,
            "bytes": sum(path.stat().st_size for path in store.folder.glob(pattern)),
            **fields.told(model),
        }
    return told
