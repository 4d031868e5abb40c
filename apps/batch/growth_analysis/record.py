"""A batch's record as day-by-assignment grids, and read from the database."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from apps.batch.growth_analysis import queries
from apps.batch.growth_analysis.queries import GROWTH_SAMPLE, MANUAL, TRANSFER, VACCINATION, rows
from apps.batch.growth_analysis.scenario import Scenario, read_scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Columns = dict[str, NDArray[Any]]

ALL_DAYS = (date.min, date.max)


class MissingScenario(LookupError):
    """A batch without a scenario: its assignments cannot be computed."""

    def __init__(self, batch_id: int, assignments: int) -> None:
        super().__init__(f"batch {batch_id} has no scenario: {assignments} assignments are without daily states")
        self.batch_id, self.assignments = batch_id, assignments


@dataclass(frozen=True)
class Arrivals:
    """Fish put into assignments, by day; `source` is -1, and the weight NaN, where the record names none."""

    day: Ints
    dest: Ints
    fish: Ints
    source: Ints
    weight_g: Floats


@dataclass(frozen=True)
class Sources:
    """What is known of a batch: the columns that the queries find, in a database or in tables of none."""

    batch_id: int
    stays: Columns
    scenario: Scenario
    transfers: Columns
    creations: Columns
    harvests: Columns
    weighings: Columns
    deaths: Columns
    deaths_recorded: bool
    feed: Columns
    temperatures: Columns


@dataclass(frozen=True)
class Record:
    """A batch's assignments in order of their first day, and grids [days from `day0` on, assignments]. Days are Unix's.

    `anchor` is the kind of the day's most trusted weighing, -1 without one. NaN is nothing recorded. Where deaths are
    recorded, a day without any is a day on which none died.
    """

    batch_id: int
    stays: Columns
    scenario: Scenario
    day0: int
    present: Bools
    arrivals: Arrivals
    removed: Ints
    anchor: Ints
    anchor_g: Floats
    deaths: Ints
    deaths_recorded: bool
    feed_kg: Floats
    temp_c: Floats


def read(
    connection: psycopg.Connection[Any],
    batch_id: int,
    as_of: date,
    days: tuple[date, date] = ALL_DAYS,
    by_hand: bool = True,
) -> Record | None:
    """Read a batch's record up to the as-of day: all assignments that are there on any of these days; None if none is.

    They are read from their own first day on, so that whatever days are asked for, the same states come out. Weights
    set by hand are in the stored states; looking for them while these have no index is a scan, which `by_hand` spares.
    """
    known: dict[str, Any] = {"batch": batch_id, "as_of": as_of, "from": days[0], "to": days[1]}
    stays = rows(connection, queries.STAYS, known, queries.STAY_COLUMNS)
    if not len(stays["id"]):
        return None
    scenario = read_scenario(connection, batch_id)
    if scenario is None:
        raise MissingScenario(batch_id, len(stays["id"]))
    grid = Grid(stays)
    known |= {"stays": stays["id"].tolist(), "first": _date(grid.day0), "last": _date(grid.day0 + grid.days - 1)}

    def read_rows(query: str, columns: dict[str, str]) -> Columns:
        return rows(connection, query, known, columns)

    any_death = connection.execute(queries.DEATHS_RECORDED, [batch_id]).fetchone()
    return arranged(
        Sources(
            batch_id=batch_id,
            stays=stays,
            scenario=scenario,
            transfers=read_rows(queries.TRANSFERS, queries.TRANSFER_COLUMNS),
            creations=read_rows(queries.CREATIONS, queries.CREATION_COLUMNS),
            harvests=read_rows(queries.HARVESTS, queries.HARVEST_COLUMNS),
            weighings=read_rows(queries.WEIGHINGS + (queries.BY_HAND if by_hand else ""), queries.WEIGHING_COLUMNS),
            deaths=read_rows(queries.DEATHS, queries.DEATHS_COLUMNS),
            deaths_recorded=any_death is not None and any_death[0],
            feed=read_rows(queries.FEED, queries.BY_CONTAINER_COLUMNS),
            temperatures=read_rows(queries.TEMPERATURES, queries.BY_CONTAINER_COLUMNS),
        )
    )


def arranged(known: Sources) -> Record:
    """What is known of a batch, laid into grids."""
    grid, deaths = Grid(known.stays), known.deaths
    transfers = known.transfers | {end: grid.column(known.transfers[end]) for end in ("source", "dest")}
    anchor, anchor_g = _anchors(grid, transfers, known.weighings)
    return Record(
        batch_id=known.batch_id,
        stays=known.stays,
        scenario=known.scenario,
        day0=grid.day0,
        present=grid.present,
        arrivals=_arrivals(grid, transfers, known.creations),
        removed=_removed(grid, transfers, known.harvests),
        anchor=anchor,
        anchor_g=anchor_g,
        deaths=grid.filled(0, grid.column(deaths["assignment"]), deaths["day"], deaths["count"]),
        deaths_recorded=known.deaths_recorded,
        feed_kg=grid.by_container(known.feed),
        temp_c=grid.by_container(known.temperatures),
    )


def until(record: Record, day: date) -> Record | None:
    """A record up to an earlier day, as what was entered until today tells it; None if nothing was there yet."""
    last = (day - date(1970, 1, 1)).days
    days = slice(max(last + 1 - record.day0, 0))
    # In order of their first day.
    stays = slice(np.searchsorted(record.stays["first_day"], last, "right"))
    arrived = record.arrivals.day <= last
    if not stays.stop:
        return None
    return replace(
        record,
        stays={name: values[stays] for name, values in record.stays.items()},
        present=record.present[days, stays],
        arrivals=Arrivals(*(getattr(record.arrivals, each.name)[arrived] for each in fields(Arrivals))),
        removed=record.removed[days, stays],
        anchor=record.anchor[days, stays],
        anchor_g=record.anchor_g[days, stays],
        deaths=record.deaths[days, stays],
        feed_kg=record.feed_kg[days, stays],
        temp_c=record.temp_c[days, stays],
    )


class Grid:
    """Where the day of an assignment or a container lies in arrays [days, assignments]."""

    def __init__(self, stays: Columns) -> None:
        self.stays = stays
        self.day0 = int(stays["first_day"].min())
        self.days = int(stays["last_day"].max()) + 1 - self.day0
        day = self.day0 + np.arange(self.days)[:, None]
        self.present: Bools = (day >= stays["first_day"]) & (day <= stays["last_day"])
        self._by_id = np.argsort(stays["id"])
        self._by_place = np.lexsort((stays["first_day"], stays["container_id"]))

    def column(self, assignment_id: Ints) -> Ints:
        """Columns of assignments, -1 for one that is not in the grid."""
        known = self.stays["id"][self._by_id]
        at = np.minimum(np.searchsorted(known, assignment_id), len(known) - 1)
        return np.where(known[at] == assignment_id, self._by_id[at], -1)

    def by_container(self, table: Columns) -> Floats:
        """A grid of values by container and day: each goes to the stay that was in the container on that day."""
        order = self._by_place
        container, first = self.stays["container_id"][order], self.stays["first_day"][order]
        # One number for a container and a day: days fit 20 bits until the year 4840.
        begun = np.searchsorted((container << 20) + first, (table["container"] << 20) + table["day"], "right") - 1
        known = (begun >= 0) & (container[begun] == table["container"])
        return self.filled(np.nan, np.where(known, order[begun], -1), table["day"], table["value"])

    def filled(self, empty: float, column: Ints, day: Ints, values: NDArray[Any]) -> NDArray[Any]:
        """A grid with these values, and `empty` elsewhere; what lies outside of its stay is left out."""
        grid = np.full(self.present.shape, empty, values.dtype)
        inside = self.inside(column, day)
        grid[day[inside] - self.day0, column[inside]] = values[inside]
        return grid

    def inside(self, column: Ints, day: Ints) -> Bools:
        """Whether each day is one of the stay in its column."""
        found: Bools = (
            (column >= 0) & (day >= self.stays["first_day"][column]) & (day <= self.stays["last_day"][column])
        )
        return found


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _arrivals(grid: Grid, transfers: Columns, creations: Columns) -> Arrivals:
    """What was put into each assignment; one that the record puts nothing into begins with its own count."""
    stays, measured_g = grid.stays, transfers["measured_g"]
    eggs = grid.column(creations["dest"])
    alone = np.setdiff1d(np.arange(len(stays["id"])), np.concatenate([transfers["dest"], eggs]))
    nowhere = len(eggs) + len(alone)
    dest = np.concatenate([transfers["dest"], eggs, alone])
    # Fish that came before their stay was entered are there from its first day on.
    day = np.concatenate([transfers["day"], creations["day"], stays["first_day"][alone]])
    day = np.maximum(day, stays["first_day"][dest])
    kept = np.flatnonzero(grid.inside(dest, day))
    kept = kept[np.argsort(day[kept], kind="stable")]
    unmeasured_g = np.where(np.isnan(measured_g), transfers["stored_source_g"], measured_g)
    return Arrivals(
        day[kept],
        dest[kept],
        np.concatenate([transfers["fish"], creations["fish"], stays["own_count"][alone]])[kept],
        np.concatenate([transfers["source"], np.full(nowhere, -1)])[kept],
        np.concatenate([unmeasured_g, np.full(nowhere, np.nan)])[kept],
    )


def _removed(grid: Grid, transfers: Columns, harvests: Columns) -> Ints:
    """Fish that left while others stayed: moved on, dead in the move among them, or harvested."""
    removed = np.zeros(grid.present.shape, np.int64)
    moved = transfers["source"], transfers["day"], transfers["fish"] + transfers["died"]
    for column, day, fish in (moved, (grid.column(harvests["assignment"]), harvests["day"], harvests["fish"])):
        inside = grid.inside(column, day)
        np.add.at(removed, (day[inside] - grid.day0, column[inside]), fish[inside])
    return removed


def _anchors(grid: Grid, transfers: Columns, weighings: Columns) -> tuple[Ints, Floats]:
    """The most trusted weighing of each day: its kind, and the mean weight."""
    anchor = np.full(grid.present.shape, -1, np.int64)
    anchor_g = np.full(grid.present.shape, np.nan)

    def put(kind: int, column: Ints, day: Ints, weight_g: Floats) -> None:
        inside = grid.inside(column, day)
        place = day[inside] - grid.day0, column[inside]
        anchor[place], anchor_g[place] = kind, np.round(weight_g[inside], 2)

    def put_weighings(kind: int) -> None:
        of_kind = weighings["kind"] == kind
        put(
            kind,
            grid.column(weighings["assignment"][of_kind]),
            weighings["day"][of_kind],
            weighings["weight_g"][of_kind],
        )

    # The most trusted last: it overwrites.
    put_weighings(MANUAL)
    put_weighings(VACCINATION)
    for column, day, weight_g in (_weighed_sources(transfers), _weighed_at_entry(grid, transfers)):
        put(TRANSFER, column, day, weight_g)
    put_weighings(GROWTH_SAMPLE)
    return anchor, anchor_g


def _weighed_sources(transfers: Columns) -> tuple[Ints, Ints, Floats]:
    """Weights of the fish left in a source, from those of the fish taken: lower if the largest went, else higher."""
    known = ~np.isnan(transfers["measured_g"])
    return _mean_by_day(
        transfers["source"][known],
        transfers["day"][known],
        transfers["fish"][known],
        (transfers["measured_g"] * transfers["selection"])[known],
    )


def _weighed_at_entry(grid: Grid, transfers: Columns) -> tuple[Ints, Ints, Floats]:
    """Assignments whose first fish were weighed, all of them, when they came."""
    dest = transfers["dest"]
    day = np.maximum(transfers["day"], grid.stays["first_day"][dest])
    first = np.full(len(grid.stays["id"]), np.iinfo(np.int64).max)
    np.minimum.at(first, dest[dest >= 0], day[dest >= 0])
    founding = (dest >= 0) & (day == first[dest])
    return _mean_by_day(dest[founding], day[founding], transfers["fish"][founding], transfers["measured_g"][founding])


def _mean_by_day(column: Ints, day: Ints, fish: Ints, weight_g: Floats) -> tuple[Ints, Ints, Floats]:
    """Mean weight by assignment and day over those moved; left out where a weight is unknown."""
    places, group = np.unique(np.stack([column, day]), axis=1, return_inverse=True)
    count = np.bincount(group, np.maximum(fish, 1), places.shape[1])
    mean_g = np.bincount(group, np.maximum(fish, 1) * weight_g, places.shape[1]) / count
    known = ~np.isnan(mean_g)
    return places[0][known], places[1][known], mean_g[known]
