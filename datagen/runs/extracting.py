"""What is in a database written as files: the rows of every unit of its ledger, its master data, and rows of others."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from psycopg import IsolationLevel, sql

from aquamind import database
from datagen import orm
from datagen.catalog import Catalog
from datagen.events.context import Rows
from datagen.execution import Task, executor
from datagen.farm import Farm
from datagen.files import fields, layout, place
from datagen.files.store import FileStore
from datagen.keys import keys
from datagen.pipeline import Progress, Report, work
from datagen.runs import advancing, exporting, health, owners, protection, run, wiping
from datagen.runs.advancing import Present
from datagen.storage import absent, arrow, ledger, postgres, reading
from datagen.storage.ledger import Connection, Content


@dataclass(frozen=True)
class Job:
    """Which database to write where, and in which format; of the company of this catalog."""

    folder: Path
    dsn: str
    catalog: Catalog
    farm: Farm
    suffix: str
    workers: int


def execute(job: Job, progress: Progress) -> tuple[Report, dict[str, Any]]:
    """Write an export to its end, and return its manifest too; called again after a kill, it goes on where it was.

    All is read as it is at one moment, whoever writes meanwhile; only commands of this tool that write wait.
    """
    orm.use(job.dsn)
    report = Report()
    with database.connect(job.dsn, autocommit=True, application_name="aquamind export") as connection:
        postgres.hold(connection, shared=True)
        wiping.batches(connection)
        plans = advancing.present(connection, job.catalog, job.farm)
        identity = _describe(connection, plans, job.suffix)
        if (manifest := place.there(job.folder, identity)) is None:
            with place.growing(job.folder, identity) as folder:
                if "tables" not in place.manifest(folder):
                    with _one_moment(connection):
                        _write(job, connection, plans, folder, identity, progress, report)
                manifest = place.manifest(folder)
    report.rows = {table: entry["rows"] for table, entry in manifest["tables"].items()}
    report.content_hash = manifest["content_hash"]
    return report, manifest


def _describe(connection: Connection, plans: list[Present], suffix: str) -> dict[str, Any]:
    """What an export is of: a database that has been carried on since is another."""
    return {
        "source": "database",
        **asdict(run.identify(plans[-1].case)),
        "preset": plans[-1].case.plan.preset,
        "package_version": version("aquamind-test-data"),
        "format": suffix,
        "ledger_hash": ledger.status(connection)["content_hash"],
    }


@contextmanager
def _one_moment(connection: Connection) -> Iterator[None]:
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    with connection.transaction():
        yield


def _write(
    job: Job,
    connection: Connection,
    plans: list[Present],
    folder: Path,
    identity: dict[str, Any],
    progress: Progress,
    report: Report,
) -> None:
    """All that an export is, up to its manifest."""
    written = _in_turn(connection)
    expected = Counter[str]()
    for contents in written.values():
        expected.update({table: content.rows for table, content in contents.items()})
    place.check_space(folder, exporting.disk_bytes(expected, job.suffix))
    found = owners.spans(plans, written)
    tables = _tables(connection, plans, written)
    store = FileStore(folder, job.suffix, _partitions(plans, written))
    with report.timed("files"):
        progress.step("Files", expected.total())
        [(moment,)] = connection.execute("SELECT pg_export_snapshot()").fetchall()
        tasks = [_task(unit, each, written[unit]) for unit, each in found.items()]
        tasks.append(Task(1, _extract, (owners.OTHERS, owners.of_others(found, tables))))
        work(executor(job.workers, _reader, job.dsn, moment, store), tasks, progress=progress)
    with report.timed("tables"):
        progress.step("Tables of one file")
        units = store.content()
        others = units.pop(owners.OTHERS)
        store.gather([*_in_order(plans, units), owners.OTHERS], tables)
        known = store.put(_master_data(connection))
        progress.advance(0.0)
    told = _with_others(exporting.told(store, units, known, tables), others, ledger.summary(written))
    place.write_manifest(folder, {**identity, **told})


def _in_turn(connection: Connection) -> dict[str, dict[str, Content]]:
    """What the ledger says of every unit, in the order in which they were written."""
    contents = ledger.units(connection)
    turn = connection.execute('SELECT unit FROM datagen.unit ORDER BY written, unit COLLATE "C"').fetchall()
    return {unit: contents[unit] for (unit,) in turn}


def _tables(connection: Connection, plans: list[Present], written: Mapping[str, Mapping[str, Content]]) -> list[str]:
    """All that this tool fills, as far as the database has them."""
    filled = {table for plan in plans for table in keys(plan.case, plan.taken).tables}
    there = absent.present(connection, {*filled, *protection.FOLLOWING})
    return sorted({*there, *(table for contents in written.values() for table in contents)})


def _partitions(plans: list[Present], written: Mapping[str, object]) -> layout.Partitions:
    """As of a plan; what was added to a batch, and rows of others, in files beside."""
    made = {unit: path for plan in plans for unit, path in exporting.partitions(plan.case).items()}
    for unit in written:
        batch, _, number = unit.partition(f" {health.ADDED} ")
        if number:
            made[unit] = made[batch].replace("/rows", f"/added-{number}")
    return {**made, owners.OTHERS: layout.partition(owners.OTHERS, owners.OTHERS)}


def _in_order(plans: list[Present], units: Mapping[str, object]) -> list[str]:
    """As of a plan, one plan after the other; after them what is worked out of all, and what was added."""
    ordered = dict.fromkeys(unit for plan in plans for unit in exporting.in_order(plan.case) if unit in units)
    return [*ordered, *(unit for unit in units if unit not in ordered)]


def _task(unit: str, spans: owners.Spans, contents: Mapping[str, Content]) -> Task:
    size = sum(content.rows for content in contents.values())
    return Task(size, _extract, (unit, {table: [span] for table, span in spans.items()}))


@dataclass(frozen=True)
class _Reader:
    """What a worker has: a connection that sees the moment of the export, and where rows go."""

    connection: Connection
    store: FileStore


@contextmanager
def _reader(dsn: str, moment: str, store: FileStore) -> Iterator[_Reader]:
    orm.use(dsn)
    with (
        database.connect(dsn, autocommit=True, application_name="aquamind export") as connection,
        _one_moment(connection),
    ):
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(moment))
        yield _Reader(connection, store)


def _extract(reader: _Reader, unit: str, spans: Mapping[str, list[owners.Span]]) -> dict[str, int]:
    contents = reader.store.write(unit, _rows(reader.connection, spans))
    return {table: content.rows for table, content in contents.items()}


def _rows(connection: Connection, spans: Mapping[str, list[owners.Span]]) -> Iterator[Rows]:
    """The rows of these spans by table; of a table without any, none."""
    for model in fields.models(spans):
        key = sql.Identifier(model._meta.pk.column)
        yield model, _none(model)
        for span in spans[model._meta.db_table]:
            for batch in reading.read(connection, model, span.where(key), span.order(key)):
                yield model, batch


def _none(model: arrow.Model) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=arrow.schema(model))


def _master_data(connection: Connection) -> Iterator[Rows]:
    """Whole tables, as they are; but passwords stay where they are."""
    wanted = absent.present(connection, {*wiping.MASTER_DATA, "auth_user"})
    for model in fields.models(wanted):
        whole = pa.Table.from_batches([_none(model), *reading.read(connection, model)]).combine_chunks()
        rows = (whole.to_batches() or [_none(model)])[0]
        if model._meta.db_table == "auth_user":
            nobody_s = pa.repeat(UNUSABLE_PASSWORD_PREFIX, rows.num_rows)
            place = rows.schema.get_field_index("password")
            rows = rows.set_column(place, rows.schema.field("password"), nobody_s)
        yield model, rows


def _with_others(told: dict[str, Any], others: Mapping[str, Content], ledger_says: dict[str, Any]) -> dict[str, Any]:
    """Rows of others are rows of a table and no content; `changed` are the tables whose content is not the ledger's."""
    for table, content in others.items():
        told["tables"][table]["rows"] += content.rows
    changed = [
        table
        for table, entry in ledger_says["tables"].items()
        if entry["content_hash"] != told["tables"][table].get("content_hash")
    ]
    rows_of_others = {table: content.rows for table, content in others.items() if content.rows}
    return {**told, "changed": changed, "rows_of_others": rows_of_others}
