"""Thrift's compact protocol, as far as the footers and the headers of pages of Parquet need it."""

import functools
from typing import Any, TypeAlias

Struct: TypeAlias = dict[int, tuple[int, Any]]
"""By the number of each field its kind and its value; of a list, the kind of its items and these."""

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, TEXT, LIST, SET, MAP, STRUCT = range(1, 13)
LONG_LIST = 15


@functools.lru_cache(4096)
def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def written(struct: Struct) -> bytes:
    out, last = bytearray(), 0
    for field, (kind, value) in sorted(struct.items()):
        # Fields are less than 16 apart in all that Parquet has.
        out.append(field - last << 4 | kind)
        out += _written(kind, value)
        last = field
    out.append(0)
    return bytes(out)


def _written(kind: int, value: Any) -> bytes:
    if kind in (TRUE, FALSE):
        return b""
    if kind in (I16, I32, I64):
        return varint(value << 1 ^ value >> 63)
    if kind == TEXT:
        return varint(len(value)) + bytes(value)
    if kind == STRUCT:
        return written(value)
    if kind == LIST:
        of, items = value
        head = (
            bytes([len(items) << 4 | of])
            if len(items) < LONG_LIST
            else bytes([LONG_LIST << 4 | of]) + varint(len(items))
        )
        return head + b"".join(_written(of, item) for item in items)
    return bytes(value)


def read(data: bytes) -> Struct:
    return _Reader(data).struct()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self) -> Struct:
        found: Struct = {}
        field = 0
        while head := self._bytes(1)[0]:
            field, kind = field + (head >> 4), head & 15
            found[field] = kind, self._value(kind)
        return found

    def _value(self, kind: int) -> Any:
        if kind in (TRUE, FALSE):
            return None
        if kind in (I16, I32, I64):
            number = self._varint()
            return number >> 1 ^ -(number & 1)
        if kind == TEXT:
            return self._bytes(self._varint())
        if kind == STRUCT:
            return self.struct()
        if kind == LIST:
            head = self._bytes(1)[0]
            of, count = head & 15, head >> 4
            count = self._varint() if count == LONG_LIST else count
            return of, [self._value(of) for _ in range(count)]
        return self._bytes({BYTE: 1, DOUBLE: 8}[kind])

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._bytes(1)[0]
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]
