"""Arrays in files without a name: memory has what is at hand of them, and not what there is."""

import mmap
import os
import sys
import threading
from contextlib import suppress
from multiprocessing.reduction import DupFd
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


class _Mapped(mmap.mmap):
    """The bytes of a file, which stays open for who else may want it."""

    file: BinaryIO


def room(rows: int, kind: "np.dtype[Any]") -> Array:
    """An array of so many rows, in a file where temporary ones are; in memory where none can be or the disk is full."""
    with suppress(OSError, AttributeError):
        file: Any = TemporaryFile()  # noqa: SIM115 - open as long as it is mapped
        # To be sure of the disk: what is written and finds no room there would end the process.
        os.posix_fallocate(file.fileno(), 0, rows * kind.itemsize)
        return _array(file, kind)
    return np.empty(rows, kind)


def let_go(array: Array) -> None:
    """Let memory go that has what lies in such a file; it comes back from there."""
    if (mapped := _below(array)) is not None:
        mapped.madvise(mmap.MADV_DONTNEED)


def handed_over(array: Array) -> Any:
    """What another process of this machine has the file by (`taken_over`) in which an array begins; None if in none."""
    mapped = _below(array)
    if mapped is None or np.frombuffer(mapped, np.int8).ctypes.data != array.ctypes.data:
        return None
    sys.excepthook = _tell_of_main_thread
    return DupFd(mapped.file.fileno())


def _tell_of_main_thread(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """And not of the one that hands files over: of whoever is gone before it took one, who waits for it tells."""
    if threading.current_thread() is threading.main_thread():
        sys.__excepthook__(kind, error, where)


def taken_over(handed: Any, kind: "np.dtype[Any]") -> Array:
    """All rows of the file that another process has handed over."""
    return _array(os.fdopen(handed.detach(), "r+b"), kind)


def _array(file: BinaryIO, kind: "np.dtype[Any]") -> Array:
    mapped = _Mapped(file.fileno(), 0)
    mapped.file = file
    return np.frombuffer(mapped, kind)


def _below(array: Array) -> _Mapped | None:
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base.obj if isinstance(base, memoryview) and isinstance(base.obj, _Mapped) else None
