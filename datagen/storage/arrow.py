"""Django models as Arrow schemas, and checked, quickly built record batches of their rows."""

import datetime as dt
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
from django.db import models
from pgpq import ArrowToPostgresBinaryEncoder, encoders
from pgpq import schema as pgtypes
from psycopg import sql
from xxhash import xxh3_128

# What the type checker does not know: a model's _meta, and arrays whose element type is a run-time value.
Model: TypeAlias = Any
Array: TypeAlias = Any
pc: Any = pyarrow.compute

UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
# decimal64 carries 18 digits; no column of the schema has more than 14.
MOST_DIGITS = 18
NO_DEFAULT = object()
LINKED_LATER = frozenset(("batch_batchtransferworkflow.planned_activity_id",))
"""Columns that follow from rows of other tables: they are filled, and anew, long after their own rows are written."""
NOT_A_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class FixedPoint:
    """Exact decimals as whole numbers of the column's smallest unit: with 2 places, 1234 is 12.34."""

    units: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Column:
    """One database column as its Django field declares it."""

    table: str
    name: str
    type: Any
    nullable: bool
    default: Any
    max_length: int | None
    is_json: bool
    is_text: bool
    is_content: bool
    is_linked_later: bool
    converter: Callable[["Column", Any], Any]

    def fault(self, what: str) -> ValueError:
        return ValueError(f"{self.table}.{self.name}: {what}")


@functools.cache
def columns(model: Model) -> dict[str, Column]:
    """Return the columns of a model's table by name, in the order in which they are copied."""
    fields = [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]
    return {field.column: _column(field) for field in fields}


def table(model: Model) -> sql.Identifier:
    """A model's table, as SQL names it; in AquaMind's own schema unless its name says another."""
    return sql.Identifier(*model._meta.db_table.split("."))


@functools.cache
def schema(model: Model) -> pa.Schema:
    """Return the Arrow schema of a model's table."""
    return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in columns(model).values()])


def encoder(model: Model, constants: Mapping[str, bytes]) -> ArrowToPostgresBinaryEncoder:
    """Return a new encoder from a model's record batches, with constants, to PostgreSQL's binary COPY."""
    return ArrowToPostgresBinaryEncoder.new_with_encoders(*_encoders(model, tuple(constants)))


@functools.cache
def _encoders(model: Model, constants: tuple[str, ...]) -> tuple[pa.Schema, dict[str, Any]]:
    """How each column is encoded."""
    builders: dict[str, Any] = {}
    for column in columns(model).values():
        field = schema(model).field(column.name)
        if column.is_json:
            builders[column.name] = encoders.StringEncoderBuilder.new_with_output(field, pgtypes.Jsonb())
        else:
            builders[column.name] = ArrowToPostgresBinaryEncoder.infer_encoder(field)
    wider = schema(model)
    for name in constants:
        # As bytes, which are sent as they are: whatever the column's type, they are its values.
        wider = wider.append(pa.field(name, pa.binary(), nullable=False))
        builders[name] = ArrowToPostgresBinaryEncoder.infer_encoder(wider.field(name))
    return wider, builders


def with_constants(batch: pa.RecordBatch, constants: Mapping[str, bytes]) -> pa.RecordBatch:
    """A model's rows with more columns, each of one value."""
    for name, value in constants.items():
        repeated = pa.repeat(pa.scalar(value, pa.binary()), batch.num_rows)
        batch = batch.append_column(pa.field(name, pa.binary(), nullable=False), repeated)
    return batch


def record_batch(model: Model, rows: int, **values: Any) -> pa.RecordBatch:
    """Build rows of a table from arrays and scalars; a column that is not given takes its field's default, else NULL.

    Decimals: floats are rounded half to even, integers are taken as whole, `FixedPoint` as is. NaN, NaT and masked
    elements become NULL. Timestamps: datetime64, or int64 microseconds since 1970. JSON: text, or objects to be
    written as text; a list is always one element a row.
    A value that the column cannot hold is a ValueError that names the column.
    """
    known = columns(model)
    if unknown := values.keys() - known.keys():
        raise ValueError(f"{model._meta.db_table} has no column {', '.join(sorted(unknown))}")
    arrays: list[Array] = []
    # What is told twice, as when a row was made and last changed, is one column of memory, encoded and hashed once.
    made: dict[int, Array] = {}
    for name, column in known.items():
        value = values.get(name, column.default)
        array = made.get(id(value))
        if array is None or column.is_text or array.type != column.type:
            array = made[id(value)] = _array(column, value, rows)
        arrays.append(_known(column, array))
    return pa.RecordBatch.from_arrays(arrays, schema=schema(model))


def column_of(model: Model, name: str, value: Any, rows: int) -> Array:
    """One column of so many rows, as `record_batch` would build it; whether it may be NULL is not asked."""
    return _array(columns(model)[name], value, rows)


def chosen(texts: Sequence[str | None], place: npt.NDArray[np.int64]) -> Array:
    """A column of few distinct texts: each row's by its place among them."""
    return pa.array(texts, pa.string()).take(pa.array(place, pa.int64()))


class TableHash:
    """A hash over the rows of one table in their order, whatever the chunks they come in.

    Content types are no content: a database numbers its own as its tables happen to be made. Nor is what is linked
    later. It tells rows apart, and is no proof against who would forge them.
    """

    def __init__(self, model: Model) -> None:
        self.rows = 0
        self._columns = [(place, _ColumnHash(column)) for place, column in _hashed(model)]

    def update(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        arrays = batch.columns
        for place, each in self._columns:
            each.update(arrays[place], self.rows)
        self.rows += batch.num_rows

    def hexdigest(self) -> str:
        whole = xxh3_128(str(self.rows).encode())
        for _, each in self._columns:
            whole.update(each.digest())
        return whole.hexdigest()


class _ColumnHash:
    """Of one column its values, the lengths of its texts, and the rows with which NULLs begin and end.

    Apart, for together their order would be that of the chunks. XXH3, because the 75 bytes of a row pass it thirty
    times as fast as SHA-256. Those of what a column has none of are not begun: a batch has a thousand columns.
    """

    def __init__(self, column: Column) -> None:
        (self._name, self._width), self._is_null = _told(column), False
        self._values, self._lengths = xxh3_128(), xxh3_128() if column.is_text else None
        self._changes: xxh3_128 | None = None

    def update(self, array: Array, row: int) -> None:
        """Take the next rows, of which the first is this one of the table."""
        nulls, rows = array.null_count, len(array)
        if nulls or self._is_null:
            null = np.ones(1, bool) if nulls == rows else np.asarray(array.is_null())
            self._note(null, row)
            if nulls == rows:
                return
            array = array.drop_null()
        if self._lengths is None:
            self._values.update(_fixed_width(array, self._width))
        else:
            lengths, text = _text_buffers(array)
            self._lengths.update(lengths)
            self._values.update(text)

    def _note(self, null: npt.NDArray[np.bool_], row: int) -> None:
        """Note where NULLs begin and end among rows, of which the first is this one of the table."""
        changes = np.flatnonzero(null != np.concatenate(([self._is_null], null[:-1]))) + row
        if len(changes):
            self._changes = self._changes or xxh3_128()
            self._changes.update(changes.data)
        self._is_null = bool(null[-1])

    def digest(self) -> bytes:
        parts = (self._values, self._lengths, self._changes)
        return self._name + b"".join(NOTHING if part is None else part.digest() for part in parts)


NOTHING = xxh3_128().digest()


@functools.cache
def _told(column: Column) -> tuple[bytes, int]:
    """What a column is called in a hash, and how many bytes a value has; 0 where it is a bit, or a text."""
    wide = not (column.is_text or pa.types.is_boolean(column.type))
    return f"{column.name}:{column.type}".encode(), column.type.bit_width // 8 if wide else 0


class TableHashes(dict[str, TableHash]):
    """Those of several tables by name, each begun with its first rows."""

    def of(self, model: Model) -> TableHash:
        name = model._meta.db_table
        if name not in self:
            self[name] = TableHash(model)
        return self[name]


@functools.cache
def _hashed(model: Model) -> list[tuple[int, Column]]:
    """The columns of a table that are content, with their places."""
    every = enumerate(columns(model).values())
    return [(place, one) for place, one in every if one.is_content and not one.is_linked_later]


def _column(field: Any) -> Column:
    target = field
    while target.remote_field is not None:
        target = target.target_field
    kind = _arrow_type(target)
    return Column(
        table=field.model._meta.db_table,
        name=field.column,
        type=kind,
        nullable=field.null,
        default=_static_default(field),
        max_length=target.max_length if isinstance(target, models.CharField) else None,
        is_json=isinstance(target, models.JSONField),
        is_text=pa.types.is_string(kind),
        is_content=target.model._meta.label != "contenttypes.ContentType",
        is_linked_later=f"{field.model._meta.db_table}.{field.column}" in LINKED_LATER,
        converter=_converter(kind),
    )


def _arrow_type(field: Any) -> pa.DataType:
    kind = field.get_internal_type()
    if kind == "DecimalField":
        if field.max_digits > MOST_DIGITS:
            raise ValueError(f"{field}: more than {MOST_DIGITS} digits")
        return pa.decimal64(field.max_digits, field.decimal_places)
    known: dict[str, pa.DataType] = {
        "BooleanField": pa.bool_(),
        "CharField": pa.string(),
        "DateField": pa.date32(),
        "DateTimeField": UTC_MICROSECONDS,
        "EmailField": pa.string(),
        "FileField": pa.string(),
        "FloatField": pa.float64(),
        "JSONField": pa.string(),
        "SlugField": pa.string(),
        "TextField": pa.string(),
        "TimeField": pa.time64("us"),
        "URLField": pa.string(),
        "UUIDField": pa.binary(16),
    }
    if kind in known:
        return known[kind]
    if kind.endswith(("AutoField", "IntegerField")):
        width = 16 if "Small" in kind else 64 if "Big" in kind else 32
        return {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[width]
    raise ValueError(f"{field}: no Arrow type for {kind}")


def _static_default(field: Any) -> Any:
    """Return what a field holds when nothing is said, as Django would, but never the time or anything random."""
    if field.has_default():
        if not callable(field.default):
            return field.default
        if field.default in (dict, list):
            return json.dumps(field.default())
        return NO_DEFAULT
    if field.null:
        return None
    return "" if field.blank and _arrow_type_is_text(field) else NO_DEFAULT


def _arrow_type_is_text(field: Any) -> bool:
    return isinstance(field, models.CharField | models.TextField | models.FileField)


def _array(column: Column, value: Any, rows: int) -> Array:
    if value is NO_DEFAULT:
        raise column.fault("no value given, and the field has no default")
    if value is None:
        return pa.nulls(rows, column.type)
    if _is_scalar(value):
        return _repeated(_one(column, value), rows)
    array = _convert(column, value)
    if len(array) != rows:
        raise column.fault(f"{len(array)} values for {rows} rows")
    return array


def _known(column: Column, array: Array) -> Array:
    if array.null_count and not column.nullable:
        raise column.fault(f"NULL in row {pc.index(array.is_valid(), False).as_py()} of a NOT NULL column")
    return array


def _one(column: Column, value: Any) -> Array:
    """A value as a column of one row."""
    return _constant(column, type(value).__name__, value) if isinstance(value, str | int) else _convert(column, [value])


@functools.lru_cache(4096)
def _constant(column: Column, kind: str, value: Any) -> Array:
    """The same: defaults, states and keys come again and again; of a `kind`, for True is 1 and no number."""
    return _convert(column, [value])


def _repeated(one: Array, rows: int) -> Array:
    """The one row so many times, in a tenth of the time that Arrow takes."""
    if rows == 1:
        return one
    if one.null_count:
        return pa.nulls(rows, one.type)
    if pa.types.is_string(one.type):
        text = one[0].as_py().encode()
        if len(text) * rows < 2**31:
            ends = np.arange(rows + 1, dtype=np.int32) * np.int32(len(text))
            return pa.Array.from_buffers(one.type, rows, [None, _buffer(ends), _buffer(text * rows)])
    elif one.type.bit_width in (16, 32, 64):
        [value] = np.frombuffer(one.buffers()[1], f"i{one.type.bit_width // 8}", 1, one.offset)
        return pa.Array.from_buffers(one.type, rows, [None, _buffer(np.full(rows, value))])
    return pa.repeat(one[0], rows)


def _is_scalar(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0
    return not isinstance(value, list | tuple | FixedPoint | pa.Array | pa.ChunkedArray)


def _convert(column: Column, value: Any) -> Array:
    if isinstance(value, pa.ChunkedArray):
        value = value.combine_chunks()
    try:
        if isinstance(value, pa.Array):
            array = value if value.type == column.type else value.cast(column.type)
        else:
            array = column.converter(column, value)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise column.fault(str(error)) from error
    if column.max_length is not None:
        _check_length(column, array)
    return array


def _converter(kind: pa.DataType) -> Callable[[Column, Any], Array]:
    if pa.types.is_decimal64(kind):
        return _decimals
    if pa.types.is_string(kind):
        return _texts
    if pa.types.is_integer(kind):
        return _integers
    if pa.types.is_timestamp(kind) or pa.types.is_date32(kind):
        return _times
    if pa.types.is_floating(kind):
        return _floats
    return lambda column, value: pa.array(value, column.type)


def _split(value: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]:
    """Return an array and where it is masked, None for nowhere."""
    if isinstance(value, np.ma.MaskedArray):
        return value.data, np.ma.getmaskarray(value) if np.ma.is_masked(value) else None
    return np.asarray(value), None


def _decimals(column: Column, value: Any) -> Array:
    digits, places = column.type.precision, column.type.scale
    units, null = _split(value.units if isinstance(value, FixedPoint) else value)
    if units.dtype.kind == "O":
        units, null = _scale_objects(column, units)
    elif units.dtype.kind == "f":
        units, null = _round(column, units, null)
    elif units.dtype.kind not in "iu":
        raise column.fault(f"numbers wanted, not {units.dtype}")
    elif not isinstance(value, FixedPoint):
        if len(units) and max(int(units.max()), -int(units.min())) >= 10 ** (digits - places):
            raise column.fault(f"{_farthest(units)} has more digits than {column.type}")
        units = units.astype(np.int64) * 10**places
    units = np.ascontiguousarray(units, dtype=np.int64)
    if null is not None:
        units = np.where(null, 0, units)
    if len(units) and max(int(units.max()), -int(units.min())) >= 10**digits:
        raise column.fault(f"{_farthest(units)} / {10**places} has more digits than {column.type}")
    valid = None if null is None else _buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(column.type, len(units), [valid, _buffer(units)])


def _scale_objects(column: Column, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Take decimals, which are exact, and None; among them numbers as the arrays of numbers are taken."""
    null = np.array([value is None for value in values], bool)
    units = []
    for value in values[~null]:
        scaled = value * 10**column.type.scale
        if not abs(scaled) < 10**column.type.precision:
            raise column.fault(f"{value} has more digits than {column.type}")
        units.append(round(scaled))
    whole = np.zeros(len(values), np.int64)
    whole[~null] = units
    return whole, null


def _buffer(values: Any) -> pa.Buffer:
    return pa.py_buffer(values)


def _round(
    column: Column, value: npt.NDArray[Any], null: npt.NDArray[np.bool_] | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    scaled = np.multiply(value, 10.0**column.type.scale, dtype=np.float64)
    np.rint(scaled, out=scaled)
    # One comparison finds NaN, infinity and what would not fit: all of them fail it.
    fits = np.abs(scaled) < 10.0**column.type.precision
    if not fits.all():
        nothing = np.isnan(scaled) if null is None else np.isnan(scaled) | null
        if not (fits | nothing).all():
            raise column.fault(f"{_farthest(value[~nothing])} has more digits than {column.type}")
        null = nothing
        scaled[nothing] = 0.0
    return scaled.astype(np.int64), null


def _farthest(values: npt.NDArray[Any]) -> Any:
    return values[np.argmax(np.abs(values))]


def _texts(column: Column, value: Any) -> Array:
    if column.is_json:
        given = value.tolist() if isinstance(value, np.ndarray) else value
        value = [_json(column, one) for one in given]
    if isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray) and value.dtype.kind == "T":
        value = value.astype(object)
    return pa.array(value, pa.string(), from_pandas=True)


def _json(column: Column, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    try:
        return json_text(value)
    except ValueError as error:
        raise column.fault(str(error)) from error


def json_text(value: Any) -> str:
    """JSON as it is written: of what says the same, the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _integers(column: Column, value: Any) -> Array:
    values, null = _split(value)
    if values.dtype.kind == "O":
        return pa.array(value, column.type)
    if values.dtype.kind not in "iu" and len(values):
        raise column.fault(f"whole numbers wanted, not {values.dtype}")
    if null is not None:
        values = np.where(null, 0, values)
    width: Any = np.dtype(column.type.to_pandas_dtype())
    if values.dtype != width:
        limits: Any = np.iinfo(width)
        if len(values) and not (limits.min <= values.min() and values.max() <= limits.max):
            raise column.fault(f"{_farthest(values)} does not fit {column.type}")
        values = values.astype(width)
    return pa.array(values, column.type, mask=null)


def _times(column: Column, value: Any) -> Array:
    values, null = _split(value)
    days = pa.types.is_date32(column.type)
    if values.dtype.kind == "O":
        return _time_list(column, list(value))
    if values.dtype.kind in "iu":
        return _counted(column, values.astype(np.int64, copy=False), null)
    if values.dtype.kind != "M":
        raise column.fault(f"datetime64 wanted, not {values.dtype}")
    exact = values.astype("datetime64[D]" if days else "datetime64[us]", copy=False)
    if days and np.datetime_data(values.dtype)[0] != "D":
        same = (exact == values) | np.isnat(values)
        if not same.all():
            raise column.fault(f"{values[~same][0]} is no whole day")
    units = exact.view(np.int64)
    nothing = units == NOT_A_TIME
    if nothing.any():
        null = nothing if null is None else nothing | null
    return _counted(column, units, null)


def _counted(column: Column, units: npt.NDArray[np.int64], null: npt.NDArray[np.bool_] | None) -> Array:
    """Times from days or microseconds since 1970; days are of half the width."""
    if null is not None:
        units = np.where(null, 0, units)
    if pa.types.is_date32(column.type):
        whole, units = units, units.astype(np.int32)
        if (units != whole).any():
            raise column.fault(f"{_farthest(whole)} days do not fit {column.type}")
    valid = None if null is None else _buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(column.type, len(units), [valid, _buffer(np.ascontiguousarray(units))])


def _time_list(column: Column, values: list[Any]) -> Array:
    for value in values:
        if isinstance(value, dt.datetime) and (value.tzinfo is None or pa.types.is_date32(column.type)):
            raise column.fault(f"{value} " + ("has no time zone" if value.tzinfo is None else "is no day"))
    return pa.array(values, column.type)


def _floats(column: Column, value: Any) -> Array:
    values, null = _split(value)
    if values.dtype.kind == "O":
        return pa.array(value, column.type, from_pandas=True)
    if not np.isfinite(values).all():
        nothing = np.isnan(values)
        if np.isinf(values).any():
            raise column.fault("infinite")
        null = nothing if null is None else nothing | null
    return pa.array(values.astype(np.float64, copy=False), column.type, mask=null)


def _check_length(column: Column, array: Array) -> None:
    # Bytes are never fewer than characters, and known from the offsets alone.
    limit, ends = column.max_length or 0, _ends(array)
    if ends[-1] - ends[0] > limit and int((ends[1:] - ends[:-1]).max()) > limit:
        too_long = array.filter(pc.greater(pc.utf8_length(array), limit))
        if len(too_long):
            raise column.fault(f"{too_long[0].as_py()!r} is longer than {limit}")


def _ends(array: Array) -> npt.NDArray[np.int32]:
    """Where each text of a column ends in its characters; before them where the first begins."""
    if not len(array):
        return np.zeros(1, np.int32)
    return np.frombuffer(array.buffers()[1], np.int32, len(array) + 1, array.offset * 4)


def _fixed_width(array: Array, width: int) -> Any:
    """The bytes of a column without NULLs, of a width that is 0 for what is true or false."""
    if not width:
        array, width = array.cast(pa.uint8()), 1
    buffer, size = array.buffers()[1], len(array) * width
    return buffer if buffer.size == size else buffer.slice(array.offset * width, size)


def _text_buffers(array: Array) -> tuple[Any, Any]:
    """Lengths and characters of a text column without NULLs, free of the chunk's offset."""
    ends, characters = _ends(array), array.buffers()[2]
    first, last = int(ends[0]), int(ends[-1])
    return ends[1:] - ends[:-1], (memoryview(characters)[first:last] if last > first else b"")
