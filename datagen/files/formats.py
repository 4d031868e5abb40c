"""Rows of one table into one file, in a format that can say so: Parquet, CSV or Arrow."""

import functools
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from django.db.models import TextField

from datagen.files import companies, fields
from datagen.storage import arrow

GROUP_ROWS = 1_000_000
"""Of a Parquet row group, about: what a reader skips or takes at once."""
PAGE_ROWS = 100_000
"""At most: a page compresses alone, and one of Arrow's own 20,000 rows is small."""
AT_ONCE = 8
"""Files that the disk is asked to keep at the same time."""


class TableFile:
    """A file that is being written: it has another name until it is whole."""

    def __init__(self, model: arrow.Model, path: Path, company: int = 1) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._model, self._company = path, model, company
        self._aside = path.with_name(f"{path.name}.part")
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._writer = _writer(model, self._aside, path.suffix[1:])

    def write(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(companies.apart(self._model, batch, self._company))
        self._rows += batch.num_rows
        if self._rows >= GROUP_ROWS:
            self._flush()

    def finish(self) -> None:
        """Write what is left; it has yet to be published."""
        self._flush()
        self._writer.close()

    def publish(self) -> None:
        """Have the finished file on disk, and give it its name."""
        publish(self._aside, self.path)

    def _flush(self) -> None:
        if self._waiting:
            rows = _in_order(self._model, pa.Table.from_batches(self._waiting, arrow.schema(self._model)))
            self._writer.write_table(fields.described(self._model, rows))
            self._waiting, self._rows = [], 0


def _in_order(model: arrow.Model, rows: pa.Table) -> pa.Table:
    """By their key, which those of several units may not come by: geographies count in turn."""
    key = model._meta.pk.column
    keys = rows[key].to_numpy()
    return rows if (keys[1:] > keys[:-1]).all() else rows.sort_by(key)


def publish_all(files: Collection[TableFile]) -> None:
    """Finish and publish files; the disk is waited for once, not by one after the other: a third of the time."""
    for file in files:
        file.finish()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in threads.map(TableFile.publish, files):
            pass


def publish(aside: Path, path: Path) -> None:
    """Give a file its name, once it is on disk."""
    with aside.open("rb") as written:
        os.fsync(written.fileno())
    aside.rename(path)


def _writer(model: arrow.Model, path: Path, suffix: str) -> Any:
    schema = fields.schema(model)
    if suffix == "parquet":
        return pyarrow.parquet.ParquetWriter(path, schema, **_encodings(model))
    if suffix == "csv":
        return pyarrow.csv.CSVWriter(path, schema)
    return pa.ipc.new_file(str(path), schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))


@functools.cache
def _encodings(model: arrow.Model) -> dict[str, Any]:
    """Numbers and dates as differences, keys of others as dictionaries, neither compressed: zstd finds no more in them.

    It begins anew for each column of each file, which costs small ones more than all else. Moments as they are: rarely
    twice the same, they make a dictionary that is given up, and zstd finds their steps. Free texts as well: most are
    one of few, or empty.
    """
    schema, own = fields.schema(model), model._meta.concrete_fields
    others = {field.column for field in own if field.is_relation}
    free = {field.column for field in own if isinstance(field, TextField)}
    numbers = [field.name for field in schema if _is_number(field.type)]
    moments = [field.name for field in schema if pa.types.is_timestamp(field.type) or pa.types.is_time(field.type)]
    by_difference = [name for name in numbers if name not in others]
    return {
        "compression": {name: "none" if name in numbers else "zstd" for name in schema.names},
        "store_decimal_as_integer": True,
        "max_rows_per_page": PAGE_ROWS,
        "sorting_columns": [pyarrow.parquet.SortingColumn(schema.get_field_index(model._meta.pk.column))],
        "use_dictionary": [name for name in schema.names if name not in (*by_difference, *moments, *free)],
        "column_encoding": dict.fromkeys(by_difference, "DELTA_BINARY_PACKED"),
    }


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_date32(kind)
