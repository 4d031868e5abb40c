"""The units of a plan as files in a folder: a `Store`, whose tables become whole once all units are there."""

import fcntl
import functools
import json
import os
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from datagen.files import fields, layout
from datagen.files.formats import AT_ONCE, TableFile, publish_all
from datagen.storage import arrow
from datagen.storage.ledger import Content
from datagen.storage.store import Tables

UNITS = "units"
"""The folder, gone in the end, with what each unit has of tables that are one file; and its line in the ledger, which
makes it whole."""
FEW = ".few"
"""A unit's rows of tables that are one file."""


Links: TypeAlias = Mapping[str, tuple[str, Mapping[int, int]]]
"""By table, of which the key is `id`, a column that is filled later, and its value by key where it has one."""


@dataclass(frozen=True)
class FileStore:
    """Units in a folder. `partitions` are those of batches, which alone have rows in tables of many.

    `company` counts those of which the keys are to be told apart. Hashes are of the rows as they are of the first one.
    """

    folder: Path
    suffix: str
    partitions: layout.Partitions
    company: int = 1

    def write(self, unit: str, tables: Tables) -> dict[str, Content]:
        """Write a unit's files; one that was left in between is written anew, under the same names."""
        return self.write_both((unit, tables))

    def write_both(self, *units: tuple[str, Tables]) -> dict[str, Content]:
        """The same of units of which one follows from the other: it is made while the disk keeps the other's files."""
        with ExitStack() as claims, ThreadPoolExecutor(AT_ONCE) as disk:
            lines = [self.folder / UNITS / f"{unit}.json" for unit, _ in units]
            written: dict[Path, _Written] = {}
            for line, (unit, tables) in zip(lines, units, strict=True):
                claims.enter_context(_claimed(line.with_suffix(".claim")))
                if not line.exists():
                    written[line] = self._written(unit, tables)
                    written[line].kept = [disk.submit(file.publish) for file in written[line].files]
            for line, each in written.items():
                each.tell(line)
        contents = (written[line].contents if line in written else _read(line) for line in lines)
        return {table: content for each in contents for table, content in each.items()}

    def _written(self, unit: str, tables: Tables) -> "_Written":
        hashes = arrow.TableHashes()
        parts: dict[str, TableFile] = {}
        few: dict[arrow.Model, list[pa.RecordBatch]] = {}
        for model, batch in tables:
            table = model._meta.db_table
            hashes.of(model).update(batch)
            if table not in layout.OF_MANY:
                few.setdefault(model, []).append(batch)
            elif batch.num_rows:
                if table not in parts:
                    path = self.folder / layout.part(table, self.partitions[unit], self.suffix)
                    parts[table] = TableFile(model, path, self.company)
                parts[table].write(batch)
        for file in parts.values():
            file.finish()
        contents = {table: Content(each.rows, each.hexdigest()) for table, each in hashes.items()}
        return _Written([*parts.values()], few, contents)

    def content(self) -> dict[str, dict[str, Content]]:
        return {line.stem: _read(line) for line in self._lines()}

    def _lines(self) -> list[Path]:
        """Those of units that are whole, in the order of their names."""
        return sorted(self.folder.glob(f"{UNITS}/*.json"), key=lambda line: line.stem)

    def put(self, tables: Tables) -> dict[str, Content]:
        """Write tables that are whole as they come, each one file; what is there of them is written anew."""
        contents: dict[str, Content] = {}
        files: list[TableFile] = []
        for model, batch in tables:
            table, table_hash = model._meta.db_table, arrow.TableHash(model)
            table_hash.update(batch)
            files.append(TableFile(model, self.folder / layout.whole(table, self.suffix), self.company))
            files[-1].write(batch)
            contents[table] = Content(batch.num_rows, table_hash.hexdigest())
        publish_all(files)
        return contents

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Of two that make the same tables whole, one given up as lost, one waits here, and then makes them anew."""
        with _claimed(self.folder / UNITS / f".{what}.claim"):
            yield

    def keep(self, unit: str, tables: Mapping[str, pa.Table]) -> None:
        """Keep something of a unit until the export is whole, before its line is there."""
        with (self.folder / UNITS / f"{unit}.kept").open("wb") as file:
            for name, rows in tables.items():
                with pa.ipc.new_stream(file, rows.schema.with_metadata({"table": name})) as stream:
                    stream.write_table(rows)

    def kept(self) -> dict[str, pa.Table]:
        """What was kept, of all units, by name."""
        found: dict[str, list[pa.RecordBatch]] = defaultdict(list)
        for line in self._lines():
            for name, rows in self.kept_of(line.stem).items():
                found[name] += rows.to_batches()
        return {name: pa.Table.from_batches(batches) for name, batches in found.items()}

    def kept_of(self, unit: str) -> dict[str, pa.Table]:
        """What was kept of one of them, by name."""
        found: dict[str, list[pa.RecordBatch]] = defaultdict(list)
        path = self.folder / UNITS / f"{unit}.kept"
        for name, batch in _read_streams(path) if path.exists() else ():
            found[name].append(batch)
        return {name: pa.Table.from_batches(batches) for name, batches in found.items()}

    def few(self, tables: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
        """These columns of tables that are one file, of all units."""
        found: dict[str, list[pa.RecordBatch]] = {table: [] for table in tables}
        for line in self._lines():
            for model, batch in _read_few(line.with_suffix(FEW), tables):
                found[model._meta.db_table].append(batch)
        schemas = {model._meta.db_table: arrow.schema(model) for model in fields.models(tables)}
        return {
            table: pa.Table.from_batches(batches, schemas[table]).select(list(tables[table]))
            for table, batches in found.items()
        }

    def gather(self, units: Iterable[str], tables: Iterable[str], links: Links | None = None) -> None:
        """Make these tables whole of what units have of them, in this order; those without rows are there as well."""
        models = {model._meta.db_table: model for model in fields.models(tables)}
        files = {
            table: TableFile(model, self.folder / layout.whole(table, self.suffix), self.company)
            for table, model in models.items()
            if table not in layout.OF_MANY or not any((self.folder / table).glob("*/*/*"))
        }
        for unit in units:
            for model, batch in _read_few(self.folder / UNITS / f"{unit}{FEW}", files):
                table = model._meta.db_table
                files[table].write(_linked(batch, links[table]) if links and table in links else batch)
        publish_all(files.values())


@dataclass
class _Written:
    """A unit's files, which the disk is yet to keep, with what else is to be told of it."""

    files: list[TableFile]
    few: dict[arrow.Model, list[pa.RecordBatch]]
    contents: dict[str, Content]
    kept: list[Future[None]] = field(default_factory=list)

    def tell(self, line: Path) -> None:
        """Make the unit whole by its line, once its files are kept."""
        for each in self.kept:
            each.result()
        _write_few(line.with_suffix(FEW), self.few)
        aside = line.with_suffix(".part")
        aside.write_text(json.dumps({table: vars(content) for table, content in self.contents.items()}))
        aside.rename(line)


def _linked(batch: pa.RecordBatch, link: tuple[str, Mapping[int, int]]) -> pa.RecordBatch:
    name, of_key = link
    keys: list[Any] = batch.column("id").to_pylist()
    values: arrow.Array = pa.array(list(map(of_key.get, keys)), batch.schema.field(name).type)
    return batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), values)


@contextmanager
def _claimed(path: Path) -> Iterator[None]:
    """Of two writers of a unit, one of them given up as lost, one waits here, and then leaves."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(line: Path) -> dict[str, Content]:
    return {table: Content(**content) for table, content in json.loads(line.read_text()).items()}


def _write_few(path: Path, tables: dict[arrow.Model, list[pa.RecordBatch]]) -> None:
    """Batches as messages without their schemas, which models have; before them a line of which tables, how long."""
    every = [(model._meta.db_table, batch) for model, batches in tables.items() for batch in batches]
    index = [(table, pa.ipc.get_record_batch_size(batch)) for table, batch in every]
    with path.open("wb") as file:
        file.write(json.dumps(index).encode() + b"\n")
        for _, batch in every:
            file.write(batch.serialize())


def _read_few(path: Path, wanted: Container[str] | None = None) -> Iterator[tuple[arrow.Model, pa.RecordBatch]]:
    """The rows of all tables, or of these. Each is read by itself, for who keeps some of it keeps all that was read."""
    with path.open("rb") as file:
        for table, size in json.loads(file.readline()):
            if wanted is not None and table not in wanted:
                file.seek(size, os.SEEK_CUR)
                continue
            model, message = _model(table), pa.py_buffer(file.read(size))
            yield model, pa.ipc.read_record_batch(message, arrow.schema(model))


@functools.cache
def _model(table: str) -> arrow.Model:
    [model] = fields.models([table])
    return model


def _read_streams(path: Path) -> Iterator[tuple[str, pa.RecordBatch]]:
    with ExitStack() as stack:
        file = stack.enter_context(pa.OSFile(str(path), "rb"))
        while file.tell() < file.size():
            stream = pa.ipc.open_stream(file)
            for batch in stream:
                yield stream.schema.metadata[b"table"].decode(), batch
