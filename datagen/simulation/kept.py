"""The container-days of a geography while it is lived: where those of each stay lie together."""

from dataclasses import fields
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from datagen import paging
from datagen.arrays import Floats, Ints
from datagen.simulation.history import ContainerDays

KEPT = np.dtype(
    [
        *((name, np.float64) for name in ("weight_g", "temp_c", "salinity_psu", "oxygen_pct", "appetite")),
        ("feed_position_g", np.int64),
        *((name, np.int32) for name in ("fish", "deaths", "feed_g")),
        ("feed", np.int16),
        ("cause", np.int8),
        ("", np.int8),
    ]
)
"""A container-day of a whole geography: what it is made of lies together, in as few bytes as hold it exactly."""


WHOLE = np.dtype((np.void, KEPT.itemsize))
"""The same as so many bytes: column by column to copy it takes ten times as long."""

AT_HAND_BYTES = 32 * 2**20
"""What is written before memory lets go of it."""


class Kept:
    """Room for the longest life of each stay."""

    def __init__(self, rows: int) -> None:
        self._rows = paging.room(rows, WHOLE)
        self._written = 0

    def put(self, rows: Ints, **columns: Floats | Ints) -> None:
        """Keep some."""
        kept = np.empty(len(rows), KEPT)
        for name, column in columns.items():
            kept[name] = column
        self._rows[rows] = kept.view(WHOLE)
        self._wrote(self._rows, len(rows))

    def closed(self, begin: Ints, days: Ints, last: bool) -> ContainerDays:
        """So many days of each stay, in order and without gaps; when it is the last, nothing more can be kept."""
        count, after = int(days.sum()), np.cumsum(days)
        into = self._rows if last else paging.room(count, WHOLE)
        for source, dest, end in zip(begin.tolist(), (after - days).tolist(), after.tolist(), strict=True):
            into[dest:end] = self._rows[source : source + end - dest]
            self._wrote(into, end - dest)
        paging.let_go(into)
        paging.let_go(self._rows)
        return _columns(into, count)

    def _wrote(self, where: paging.Array, rows: int) -> None:
        self._written += rows * KEPT.itemsize
        if self._written > AT_HAND_BYTES:
            self._written = 0
            paging.let_go(where)
            paging.let_go(self._rows)


def _columns(kept: paging.Array, count: int) -> ContainerDays:
    rows = kept[:count].view(KEPT)
    return ContainerDays(*(rows[column.name] for column in fields(ContainerDays)))


def _sent(days: ContainerDays) -> tuple[Any, ...]:
    """To a process of this machine without a copy, where they are all that a file has; first of it lies a weight."""
    if (handed := paging.handed_over(days.weight_g)) is None:
        return ContainerDays, tuple(getattr(days, column.name) for column in fields(ContainerDays))
    return _received, (handed, len(days.fish))


def _received(handed: Any, count: int) -> ContainerDays:
    return _columns(paging.taken_over(handed, WHOLE), count)


ForkingPickler.register(ContainerDays, _sent)
