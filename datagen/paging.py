"""Arrays in files without a name: memory has what is at hand of them, and not what there is."""

import mmap
import os
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


def room(rows: int, kind: "np.dtype[Any]") -> Array:
    """An array of so many rows, in a file where temporary ones are; in memory where none can be or the disk is full."""
    size = rows * kind.itemsize
    # To be sure of the disk: what is written and finds no room there would end the process.
    with suppress(OSError, AttributeError), TemporaryFile() as file:
        os.posix_fallocate(file.fileno(), 0, size)
        return np.frombuffer(mmap.mmap(file.fileno(), size), kind)
    return np.empty(rows, kind)


def let_go(array: Array) -> None:
    """Let memory go that has what lies in such a file; it comes back from there."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview) and isinstance(base.obj, mmap.mmap):
        base.obj.madvise(mmap.MADV_DONTNEED)
