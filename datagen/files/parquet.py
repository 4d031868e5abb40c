"""Parquet with columns of few runs written as these runs, and once what two columns tell: pyarrow does the rest.

A value that is the same as the one before takes pyarrow 5 ns, and a reading has eight such; as runs they are a few
bytes. Who reads a file finds columns like all others. Its footer is made of what pyarrow says of its columns, and of
ours.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from datagen.files import thrift
from datagen.files.thrift import I32, I64, LIST, STRUCT, TEXT, Struct
from datagen.storage import arrow

MAGIC = b"PAR1"
ROWS_OF_A_RUN = 200
"""On average, at least: a run takes as long as so many values."""
LOOKED_AT = 1_000
"""Rows of which it is seen whether runs may be few."""

# Of parquet.thrift, the format's own description: types of values, encodings, pages, and fields that are looked for.
BOOLEAN, INT32, INT64, BYTE_ARRAY = 0, 1, 2, 6
TYPES = {"BOOLEAN": BOOLEAN, "INT32": INT32, "INT64": INT64, "BYTE_ARRAY": BYTE_ARRAY}
WIDTHS = {BOOLEAN: 1, INT32: 4, INT64: 8}
PLAIN, RLE, RLE_DICTIONARY = 0, 3, 8
DATA_PAGE, DICTIONARY_PAGE = 0, 2
OF_FILE_ROWS, OF_FILE_GROUPS, OF_GROUP_COLUMNS, OF_COLUMN_META = 3, 4, 1, 3
PATH, WHOLE_SIZE, SIZE, DATA_AT, DICTIONARY_AT = 3, 6, 7, 9, 11

Value: TypeAlias = int | bytes


class Runs(NamedTuple):
    """Values, and how many rows each has from where the one before ends; none of a column that is all NULL."""

    values: Sequence[Value]
    lengths: Sequence[int]


class Chunk(NamedTuple):
    """One column of a row group: its pages, and what a footer says of it, with places counted from its first byte."""

    pages: Any
    meta: Struct


@dataclass(frozen=True)
class Form:
    """What files of one table have in common: `options` are those of pyarrow's writer."""

    schema: pa.Schema
    options: dict[str, Any]

    @functools.cached_property
    def footer(self) -> Struct:
        """That of a file without rows."""
        return _footer(self._empty)

    @functools.cached_property
    def types(self) -> list[str]:
        """What the values of each column are in a file."""
        columns = pyarrow.parquet.read_metadata(pa.BufferReader(self._empty)).schema
        return [columns.column(place).physical_type for place in range(len(self.schema))]

    @functools.cached_property
    def _empty(self) -> pa.Buffer:
        return self._file(self.schema.empty_table())

    def _file(self, rows: pa.Table, **options: Any) -> pa.Buffer:
        with pa.BufferOutputStream() as made:
            with pyarrow.parquet.ParquetWriter(made, rows.schema, **self.options, **options) as writer:
                writer.write_table(rows, max(1, rows.num_rows))
            return made.getvalue()

    def chunks(self, rows: pa.Table) -> dict[str, Chunk]:
        """Columns as pyarrow writes them."""
        whole = self._file(rows, store_schema=False)
        [group] = _items(_footer(whole), OF_FILE_GROUPS)
        metas = [column[OF_COLUMN_META][1] for column in _items(group, OF_GROUP_COLUMNS)]
        return {name: _taken(whole, meta) for name, meta in zip(rows.schema.names, metas, strict=True)}


class Writer:
    """Writes tables into a file, each as a row group."""

    def __init__(self, path: Path, form: Form) -> None:
        self._form, self._rows = form, 0
        self._groups: list[Struct] = []
        self._file = path.open("wb")
        self._file.write(MAGIC)

    def write_table(self, rows: pa.Table) -> None:
        begin = self._file.tell()
        told: list[Any] = []
        for name, chunk in _chunks(self._form, rows):
            meta = _moved(chunk.meta, self._file.tell()) | {PATH: (LIST, (TEXT, [name.encode()]))}
            told.append({2: (I64, 0), OF_COLUMN_META: (STRUCT, meta)})
            self._file.write(chunk.pages)
        whole = sum(column[OF_COLUMN_META][1][WHOLE_SIZE][1] for column in told)
        size, columns = self._file.tell() - begin, (LIST, (STRUCT, told))
        group = {2: (I64, whole), 3: (I64, rows.num_rows), 5: (I64, begin), 6: (I64, size)}
        self._groups.append({OF_GROUP_COLUMNS: columns, **group})
        self._rows += rows.num_rows

    def close(self) -> None:
        groups = (LIST, (STRUCT, self._groups))
        footer = thrift.written({**self._form.footer, OF_FILE_ROWS: (I64, self._rows), OF_FILE_GROUPS: groups})
        with self._file as file:
            file.write(footer + len(footer).to_bytes(4, "little") + MAGIC)


def _chunks(form: Form, rows: pa.Table) -> list[tuple[str, Chunk]]:
    """The columns of a row group."""
    chunks: dict[str, Chunk] = {}
    told_by: dict[Any, str] = {}
    same: dict[str, str] = {}
    columns: dict[Any, arrow.Array] = {}
    for field, column, kind in zip(rows.schema, rows.columns, form.types, strict=True):
        runs = _runs(column) if kind in TYPES else None
        if runs is not None:
            chunks[field.name] = _of_runs(runs, rows.num_rows, TYPES[kind], field.nullable)
            continue
        same[field.name] = told_by.setdefault((field.type, field.nullable, *map(_place, column.chunks)), field.name)
        if same[field.name] == field.name:
            numbers = _as_numbers(column, kind)
            columns[pa.field(field.name, numbers.type, field.nullable)] = numbers
    if columns:
        chunks |= form.chunks(pa.Table.from_arrays(list(columns.values()), schema=pa.schema(list(columns))))
    return [(name, chunks[same.get(name, name)]) for name in rows.schema.names]


def _place(array: arrow.Array) -> tuple[int, ...]:
    """Where in memory an array is."""
    return array.offset, *(0 if buffer is None else buffer.address for buffer in array.buffers())


def _as_numbers(column: arrow.Array, kind: str) -> arrow.Array:
    """Decimals as their units, of which pyarrow writes two while it writes one decimal."""
    if not pa.types.is_decimal(column.type):
        return column
    units = pa.chunked_array([each.view(pa.int64()) for each in column.chunks])
    return units.cast(pa.int32(), safe=False) if kind == "INT32" else units


def _footer(whole: pa.Buffer) -> Struct:
    end = whole.size - len(MAGIC) - 4
    length = int.from_bytes(whole.slice(end, 4).to_pybytes(), "little")
    return thrift.read(whole.slice(end - length, length).to_pybytes())


def _items(struct: Struct, field: int) -> list[Any]:
    items: list[Any] = struct[field][1][1]
    return items


def _taken(whole: pa.Buffer, meta: Struct) -> Chunk:
    """A column out of a file that pyarrow has written."""
    begin = min(meta[at][1] for at in (DATA_AT, DICTIONARY_AT) if at in meta)
    return Chunk(whole.slice(begin, meta[SIZE][1]), _moved(meta, -begin))


def _moved(meta: Struct, by: int) -> Struct:
    return {**meta, **{at: (I64, meta[at][1] + by) for at in (DATA_AT, DICTIONARY_AT) if at in meta}}


def _runs(column: arrow.Array) -> Runs | None:
    """Those of a column; None where they are many, or some is NULL and some is not."""
    if column.null_count:
        return Runs([], []) if column.null_count == len(column) else None
    values: list[Value] = []
    lengths: list[int] = []
    for array in filter(len, column.chunks):
        runs = _runs_of_text(array) if pa.types.is_string(array.type) else _runs_of_numbers(array)
        if runs is None:
            return None
        values += runs.values
        lengths += runs.lengths
    return Runs(values, lengths) if len(values) * ROWS_OF_A_RUN <= len(column) else None


def _runs_of_numbers(array: arrow.Array) -> Runs | None:
    rows = len(array)
    if pa.types.is_boolean(array.type):
        return Runs([array.true_count // rows], [rows]) if array.true_count in (0, rows) else None
    width = array.type.bit_width // 8
    numbers = np.frombuffer(array.buffers()[1], f"i{width}", rows, array.offset * width)
    for some in (numbers[:LOOKED_AT], numbers):
        begins = np.flatnonzero(some[1:] != some[:-1])
        if len(begins) * ROWS_OF_A_RUN > len(some):
            return None
    begins = np.concatenate(([0], begins + 1))
    return Runs(numbers[begins].tolist(), np.diff(begins, append=rows).tolist())


def _runs_of_text(array: arrow.Array) -> Runs | None:
    """One text all over."""
    ends, characters = arrow.text_ends(array), array.buffers()[2]
    length = int(ends[1] - ends[0])
    if ends[-1] - ends[0] != length * len(array):
        return None
    text = np.frombuffer(characters, np.uint8, ends[-1] - ends[0], ends[0]) if length else np.zeros(0, np.uint8)
    if length and ((np.diff(ends) != length).any() or (text[length:] != text[:-length]).any()):
        return None
    return Runs([text[:length].tobytes()], [len(array)])


def _of_runs(runs: Runs, rows: int, kind: int, nullable: bool) -> Chunk:
    """A dictionary, and one page of runs of what is in it; true and false have none, nor has what is all NULL."""
    known = {value: place for place, value in enumerate(dict.fromkeys(runs.values))}
    places, encoding, dictionary, body = [known[value] for value in runs.values], PLAIN, b"", b""
    if kind == BOOLEAN and known:
        encoding, body = RLE, _sized(_hybrid(Runs(runs.values, runs.lengths), 1))
    elif known:
        encoding, width = RLE_DICTIONARY, max(1, (len(known) - 1).bit_length())
        plain = b"".join(_sized(value) if isinstance(value, bytes) else _plain(value, kind) for value in known)
        dictionary = _page(DICTIONARY_PAGE, 7, {1: (I32, len(known)), 2: (I32, PLAIN)}, plain)
        body = bytes([width]) + _hybrid(Runs(places, runs.lengths), width)
    if nullable:
        body = _sized(_hybrid(Runs([int(bool(known))], [rows]), 1)) + body
    header = {1: (I32, rows), 2: (I32, encoding), 3: (I32, RLE), 4: (I32, RLE)}
    pages = dictionary + _page(DATA_PAGE, 5, header, body)
    statistics: Struct = {3: (I64, 0 if known else rows)}
    if known:
        statistics |= {5: (TEXT, _plain(max(known), kind)), 6: (TEXT, _plain(min(known), kind))}
    meta = {
        1: (I32, kind),
        2: (LIST, (I32, sorted({PLAIN, RLE, encoding}))),
        4: (I32, 0),  # not compressed
        5: (I64, rows),
        WHOLE_SIZE: (I64, len(pages)),
        SIZE: (I64, len(pages)),
        DATA_AT: (I64, len(dictionary)),
        12: (STRUCT, statistics),
    }
    return Chunk(pages, {**meta, DICTIONARY_AT: (I64, 0)} if dictionary else meta)


def _page(kind: int, field: int, header: Struct, body: bytes) -> bytes:
    size = (I32, len(body))
    return thrift.written({1: (I32, kind), 2: size, 3: size, field: (STRUCT, header)}) + body


def _hybrid(runs: Runs, width: int) -> bytes:
    """Runs of numbers of so many bits."""
    size = (width + 7) // 8
    return b"".join(thrift.varint(n << 1) + int(value).to_bytes(size, "little") for value, n in zip(*runs, strict=True))


def _sized(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


def _plain(value: Value, kind: int) -> bytes:
    return value if isinstance(value, bytes) else value.to_bytes(WIDTHS[kind], "little", signed=True)
