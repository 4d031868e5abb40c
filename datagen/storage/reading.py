"""Rows out of PostgreSQL as Arrow, a stream of batches: COPY writes them, and Arrow's own reader takes them in."""

import io
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from datagen.storage import arrow

BLOCK_BYTES = 4_000_000
"""What is read and turned into columns at once."""
EVERY = sql.SQL("true")


def read(
    connection: psycopg.Connection[Any],
    model: arrow.Model,
    where: sql.Composable = EVERY,
    order: sql.Composable | None = None,
) -> Iterator[pa.RecordBatch]:
    """The rows of a model's table for which a condition holds, in this order or that of their keys.

    They are as they were written, to the byte: JSON too, which PostgreSQL keeps in an order of its own.
    """
    schema = arrow.schema(model)
    query = sql.SQL("COPY (SELECT {} FROM {} WHERE {} ORDER BY {}) TO STDOUT (FORMAT CSV)").format(
        sql.SQL(", ").join(_sent(column) for column in arrow.columns(model).values()),
        arrow.table(model),
        where,
        order or sql.Identifier(model._meta.pk.column),
    )
    with connection.transaction(), connection.cursor() as cursor:
        # As Arrow reads them.
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute("SET LOCAL DateStyle = 'ISO'")
        with cursor.copy(query) as copy:
            source = io.BufferedReader(_Rows(copy), BLOCK_BYTES)
            if not source.peek(1):
                return
            reader: Any = pyarrow.csv.open_csv(
                source,
                pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=schema.names),
                pyarrow.csv.ParseOptions(newlines_in_values=True),
                pyarrow.csv.ConvertOptions(
                    column_types={field.name: _read_as(field.type) for field in schema},
                    null_values=[""],
                    true_values=["t"],
                    false_values=["f"],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield _typed(batch, model)


class _Rows(io.RawIOBase):
    """A COPY as a file to be read."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy, self._left = copy, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._left:
            self._left = memoryview(self._copy.read())
        count = min(len(into), len(self._left))
        into[:count], self._left = self._left[:count], self._left[count:]
        return count


def _sent(column: arrow.Column) -> sql.Composable:
    """A column as it is sent: as it is, but for what text has no one form of."""
    name = sql.Identifier(column.name)
    return sql.SQL("encode(uuid_send({}), 'hex')").format(name) if _is_uuid(column.type) else name


def _read_as(kind: pa.DataType) -> pa.DataType:
    if _is_uuid(kind):
        return pa.string()
    return pa.decimal128(kind.precision, kind.scale) if pa.types.is_decimal64(kind) else kind


def _is_uuid(kind: pa.DataType) -> bool:
    return pa.types.is_fixed_size_binary(kind)


def _typed(batch: pa.RecordBatch, model: arrow.Model) -> pa.RecordBatch:
    columns = [_column(column, read) for column, read in zip(arrow.columns(model).values(), batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=arrow.schema(model))


def _column(column: arrow.Column, read: arrow.Array) -> arrow.Array:
    if _is_uuid(column.type):
        return pa.array([value and bytes.fromhex(value) for value in read.to_pylist()], column.type)
    if column.is_json:
        return _as_written(read)
    return read.cast(column.type)


def _as_written(read: arrow.Array) -> arrow.Array:
    """JSON as this tool writes it; of what rows say alike, once."""
    alike = read.dictionary_encode()
    texts = [arrow.json_text(json.loads(text)) for text in alike.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(alike.indices)
