"""Which rows of a database are which unit's of the ledger, told by their keys; and which are nobody's that it knows."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from datagen import states
from datagen.events.context import unit_of
from datagen.keys import keys
from datagen.runs import analysis, books, health, protection
from datagen.runs.advancing import Present
from datagen.storage import ddl, ledger

WHOLE = frozenset((analysis.PLANNED, analysis.EXPORTS, analysis.FORECASTS, books.BOOKS))
"""Units that have all of their tables, but for what others entered."""
OTHERS = "others"
"""What the rows of no unit are called."""


@dataclass(frozen=True)
class Span:
    """Rows of a table: from a key on and up to another, neither of which need be; of a batch (its id), if it is said.

    Of the keys every `stride`-th. Of the rows by key, those from a place on, and how many, if it is said.
    """

    begin: int | None = None
    end: int | None = None
    batch: int | None = None
    stride: int = 1
    place: int = 0
    count: int | None = None

    def where(self, key: sql.Identifier) -> sql.Composable:
        said: list[sql.Composable] = [sql.SQL("true")]
        if self.begin is not None:
            said.append(sql.SQL("{} >= {}").format(key, self.begin))
        if self.end is not None:
            said.append(sql.SQL("{} < {}").format(key, self.end))
        if self.batch is not None:
            said.append(sql.SQL("batch_id = {}").format(self.batch))
        if self.stride > 1:
            said.append(sql.SQL("({} - {}) % {} = 0").format(key, self.begin, self.stride))
        return sql.SQL(" AND ").join(said)

    def order(self, key: sql.Identifier) -> sql.Composable:
        """As the rows were written, as far as they are counted."""
        if self.place or self.count is not None:
            return sql.SQL("{} OFFSET {} LIMIT {}").format(key, self.place, self.count)
        return key


Spans = dict[str, Span]
"""By table."""


def spans(plans: Iterable[Present], written: Mapping[str, Mapping[str, ledger.Content]]) -> dict[str, Spans]:
    """By unit of the ledger the rows that are its own, of each table that the ledger says it has.

    `written` is in the order in which the units were.
    """
    starts, blocks = _Starts(), dict[str, Spans]()
    for plan in plans:
        _enter(plan, starts, blocks)
    found, added = dict[str, Spans](), defaultdict[str, int](int)
    for unit, tables in written.items():
        known = blocks.get(unit)
        if known is not None:
            found[unit] = {table: _ended(known.get(table) or known[""], table, starts) for table in tables}
        elif unit in WHOLE:
            found[unit] = {table: _ended(Span(), table, starts) for table in tables}
        elif health.ADDED in unit:
            found[unit] = {}
            for table, content in tables.items():
                begin = ddl.KEYS_ADDED + 1
                count = content.rows
                found[unit][table] = Span(begin, starts.after(table, begin), place=added[table], count=count)
                added[table] += count
        else:
            raise ValueError(f"whose rows {unit!r} are is not known")
    return found


def of_others(found: Mapping[str, Spans], tables: Iterable[str]) -> dict[str, list[Span]]:
    """The rows of these tables that are no unit's."""
    owned: dict[str, list[Span]] = defaultdict(list)
    for spans in found.values():
        for table, span in spans.items():
            owned[table].append(span)
    return {table: _between(owned[table]) for table in tables if table not in {*protection.LIVE, *ledger.TRUTH}}


def _between(owned: list[Span]) -> list[Span]:
    """What lies between spans, below the lowest, and above the highest."""
    left, begin = [], None
    known = sorted({(span.begin, span.end) for span in owned}, key=lambda each: (each[0] or -1, each[1] or 2**63))
    for first, end in known:
        if first is not None and (begin is None or first > begin):
            left.append(Span(begin, first))
        if end is None:
            return left
        begin = end if begin is None else max(begin, end)
    return [*left, Span(begin)]


class _Starts:
    """By table the keys at which somebody's rows may begin, which end those before them."""

    def __init__(self) -> None:
        self._of: dict[str, set[int]] = defaultdict(lambda: {ddl.KEYS_OF_OTHERS + 1})
        for table in ddl.ADDED_TO:
            self._of[table].add(ddl.KEYS_ADDED + 1)
        self._sorted: dict[str, list[int]] = {}

    def add(self, table: str, key: int) -> None:
        self._of[table].add(key)

    def after(self, table: str, key: int) -> int | None:
        """The next one."""
        if table not in self._sorted:
            self._sorted[table] = sorted(self._of[table])
        place = bisect_right(self._sorted[table], key)
        return self._sorted[table][place] if place < len(self._sorted[table]) else None


def _enter(plan: Present, starts: _Starts, blocks: dict[str, Spans]) -> None:
    """The blocks of a plan's batches and geographies; of tables without one, rows are told by their batch ("")."""
    case, given = plan.case, keys(plan.case, plan.taken)
    mixed = [(batch, given.of_mixed[index]) for index, batch in case.mixed.items()]
    for batch, first in [*zip(case.batches, given.of_batch, strict=True), *mixed]:
        of_batch = Span(batch=first["batch_batch"])
        blocks[batch.number] = {"": of_batch}
        blocks[states.unit(batch.number)] = {"": of_batch}
        for table, key in first.items():
            starts.add(table, key)
            blocks[batch.number][table] = Span(key)
    for geography, first in given.of_geography.items():
        unit = unit_of(case, geography)
        blocks[unit] = {table: Span(key, stride=given.stride) for table, key in first.items()}
    for table in next(iter(given.of_geography.values())):
        starts.add(table, min(first[table] for first in given.of_geography.values()))


def _ended(span: Span, table: str, starts: _Starts) -> Span:
    """A span up to where others begin."""
    if table in protection.LIVE or table in ledger.TRUTH:
        return span
    begin = span.begin or 0
    if span.stride > 1:
        # The geographies' first keys lie beside each other.
        begin += span.stride - 1
    end = starts.after(table, begin) if span.begin is not None else ddl.KEYS_OF_OTHERS + 1
    return Span(span.begin, end, span.batch, span.stride)
