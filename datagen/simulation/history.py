"""What happened: every container-day, and every move, operation, purchase and harvest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from datagen import paging
from datagen.arrays import Floats, Ints

FULL = 0.99
"""Share of its capacity at which a container is full, and its fish get no more than keeps them there (invented)."""

STAYS_AT_ONCE = 2000
"""Where those of a whole geography are looked through."""


@dataclass(frozen=True)
class Assignments:
    """The stays of batches in containers, ordered by batch, stage and container; one row each.

    A stay has `days` consecutive rows of container-days from `row` on. `left` stays ended by the as-of day: `fish_out`
    then is who was moved or harvested on the day after the last (and who died in the move), else who is alive today.
    Some of the fish may have been moved or harvested before.
    """

    batch: Ints
    stage: Ints
    container: Ints
    first_day: Ints
    days: Ints
    row: Ints
    fish_in: Ints
    weight_in_g: Floats
    fish_out: Ints
    weight_out_g: Floats
    left: "np.ndarray[tuple[int], np.dtype[np.bool_]]"

    @property
    def departure_day(self) -> Ints:
        """Day of the record on which the fish left; meaningful where `left`."""
        return self.first_day + self.days


@dataclass(frozen=True)
class ContainerDays:
    """One row a container and day, contiguous by assignment, in its order.

    `fish` and `weight_g` are of the morning, before the day's deaths and growth; `feed_position_g` is where the day's
    ration begins in the first-in-first-out queue of its feed bin.
    """

    fish: Ints
    deaths: Ints
    cause: Ints
    weight_g: Floats
    temp_c: Floats
    salinity_psu: Floats
    oxygen_pct: Floats
    appetite: Floats
    feed_g: Ints
    feed: Ints
    feed_position_g: Ints


@dataclass(frozen=True)
class Deliveries:
    """Eggs received, one row a container: those planned, and those dead on arrival."""

    assignment: Ints
    eggs: Ints
    dead: Ints


@dataclass(frozen=True)
class Moves:
    """Fish moved from one container to another, in the order in which it was done; `stage` is that which they come to.

    Thinnings are the same within a stage; mixings into a batch that begins so, out of the one that is named.
    """

    batch: Ints
    stage: Ints
    day: Ints
    source: Ints
    dest: Ints
    before: Ints
    moved: Ints
    died: Ints
    weight_g: Floats


@dataclass(frozen=True)
class Waiting:
    """Lifts of transfers that are under way on the as-of day, still to be done: `dest` is a container, empty so far.

    `fish` are those that are to be moved, of the `before` that the lift would find if it came today.
    """

    batch: Ints
    stage: Ints
    day: Ints
    source: Ints
    dest: Ints
    before: Ints
    fish: Ints
    weight_g: Floats


@dataclass(frozen=True)
class Operations:
    """Vaccinations and lice treatments, one row a container; `kind` indexes the catalog's list."""

    assignment: Ints
    day: Ints
    kind: Ints
    share: Floats


@dataclass(frozen=True)
class Harvests:
    """Fish taken for slaughter, in the morning: a part of a ring's, or all: then the day has no container-day."""

    assignment: Ints
    day: Ints
    fish: Ints
    weight_g: Floats


@dataclass(frozen=True)
class Purchases:
    """Feed delivered to a bin (store, feed), in order of arrival; recorded when the goods are there."""

    store: Ints
    feed: Ints
    ordered_day: Ints
    arrival_day: Ints
    quantity_g: Ints
    price_per_kg: Floats
    left_g: Ints


@dataclass(frozen=True)
class History:
    """One geography's history. Days count from the plan's first day; batches index the plan's batches."""

    geography: int
    assignments: Assignments
    days: ContainerDays
    deliveries: Deliveries
    moves: Moves
    thinnings: Moves
    waiting: Waiting
    mixings: Moves
    vaccinations: Operations
    treatments: Operations
    harvests: Harvests
    purchases: Purchases

    def completed(self) -> list[int]:
        """Batches that were harvested to the last ring by the as-of day."""
        stays = self.assignments
        begun, open_ones = set(stays.batch[self.harvests.assignment].tolist()), set(stays.batch[~stays.left].tolist())
        return sorted(begun - open_ones)

    def parts(self) -> Iterator["History"]:
        """The same, but with only some of the stays and their days each time, in order: all take a lot of memory."""
        stays = self.assignments
        for first in range(0, len(stays.days), STAYS_AT_ONCE):
            some = _rows(stays, slice(first, first + STAYS_AT_ONCE))
            begin, end = int(some.row[0]), int(some.row[-1] + some.days[-1])
            yield replace(
                self, assignments=replace(some, row=some.row - begin), days=_rows(self.days, slice(begin, end))
            )
            paging.let_go(self.days.fish)

    def fullness(self, max_biomass_kg: Floats) -> Floats:
        """Share of its container's capacity that the fish of each container-day took in the morning."""
        container = np.repeat(self.assignments.container, self.assignments.days)
        share: Floats = self.days.fish * self.days.weight_g / 1000.0 / max_biomass_kg[container]
        return share

    def same_life(self, other: "History") -> bool:
        """Whether all container-days, stays and happenings are the same; what was bought goes on for ever."""
        parts = (
            (getattr(self, part.name), getattr(other, part.name))
            for part in fields(self)
            if part.name not in ("geography", "purchases")
        )
        return all(
            np.array_equal(getattr(one, column.name), getattr(two, column.name))
            for one, two in parts
            for column in fields(one)
        )

    def without_days(self) -> "History":
        """For who needs no container-day."""
        return replace(self, days=_rows(self.days, slice(0)))

    def has(self, index: int) -> bool:
        """Whether a batch has begun."""
        return bool((self.assignments.batch == index).any())

    def batch(self, index: int, called: int | None = None) -> "History":
        """The part of the history that one batch needs; its assignments and rows are renumbered from 0.

        All purchases stay: what the batch's meals cost depends on the queues of its stores. It may be `called` by
        another index; what it was mixed of is numbered in the batches that it came from.
        """
        own = np.flatnonzero(self.assignments.batch == index)
        first, after = int(own[0]), int(own[-1]) + 1
        assignments = _rows(self.assignments, slice(first, after))
        row = int(assignments.row[0])
        rows = int(assignments.row[-1] + assignments.days[-1])
        moves, thinnings = (_rows(each, each.batch == index) for each in (self.moves, self.thinnings))
        waiting = _rows(self.waiting, self.waiting.batch == index)

        def mine(table: _WithAssignment) -> _WithAssignment:
            part = _rows(table, (table.assignment >= first) & (table.assignment < after))
            return replace(part, assignment=part.assignment - first)

        days = _wide(_rows(self.days, slice(row, rows)))
        paging.let_go(self.days.fish)
        return History(
            self.geography,
            replace(
                assignments,
                row=assignments.row - row,
                batch=np.full(after - first, index if called is None else called),
            ),
            days,
            mine(self.deliveries),
            replace(moves, source=moves.source - first, dest=moves.dest - first),
            replace(thinnings, source=thinnings.source - first, dest=thinnings.dest - first),
            replace(waiting, source=waiting.source - first),
            self._mixed_into(first, after),
            mine(self.vaccinations),
            mine(self.treatments),
            mine(self.harvests),
            self.purchases,
        )

    def _mixed_into(self, first: int, after: int) -> Moves:
        batch, dest = self.assignments.batch, self.mixings.dest
        moves = _rows(self.mixings, (dest >= first) & (dest < after))
        source = moves.source - np.searchsorted(batch, batch[moves.source])
        return replace(moves, source=source, dest=moves.dest - first)


class Delivery(NamedTuple):
    assignment: int
    eggs: int
    dead: int


class Move(NamedTuple):
    batch: int
    stage: int
    day: int
    source: int
    dest: int
    before: int
    moved: int
    died: int
    weight_g: float


class Wait(NamedTuple):
    batch: int
    stage: int
    day: int
    source: int
    dest: int
    before: int
    fish: int
    weight_g: float


class Operation(NamedTuple):
    assignment: int
    day: int
    kind: int
    share: float


class Harvest(NamedTuple):
    assignment: int
    day: int
    fish: int
    weight_g: float


@dataclass
class Log:
    """What people did, written as it happens; assignments are numbered as the plan foresees them."""

    deliveries: list[Delivery] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    thinnings: list[Move] = field(default_factory=list)
    waiting: list[Wait] = field(default_factory=list)
    mixings: list[Move] = field(default_factory=list)
    vaccinations: list[Operation] = field(default_factory=list)
    treatments: list[Operation] = field(default_factory=list)
    harvests: list[Harvest] = field(default_factory=list)


_Table = TypeVar("_Table", Assignments, ContainerDays, Deliveries, Moves, Waiting, Operations, Harvests)
_WithAssignment = TypeVar("_WithAssignment", Deliveries, Operations, Harvests)


def _rows(table: _Table, which: "slice | np.ndarray[tuple[int], np.dtype[np.bool_]]") -> _Table:
    return type(table)(*(getattr(table, f.name)[which] for f in fields(table)))


def _wide(days: ContainerDays) -> ContainerDays:
    """The same as arrays of their own, of whole and floating point numbers that are wide enough to reckon with."""
    return ContainerDays(
        *(np.ascontiguousarray(getattr(days, f.name), int if f.type is Ints else float) for f in fields(days))
    )


def table(kind: type[_Table], entries: Sequence[NamedTuple]) -> _Table:
    """Entries of a log as a table: a column an entry's field, by name."""
    columns: dict[str, Any] = {
        f.name: np.array([getattr(entry, f.name) for entry in entries], np.int64 if f.type is Ints else np.float64)
        for f in fields(kind)
    }
    return kind(**columns)
