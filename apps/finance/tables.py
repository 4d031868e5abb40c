"""What the books rest on, out of Arrow tables that no database holds, as the queries would find it in one."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute

from apps.batch.growth_analysis.tables import units
from apps.finance import books
from apps.finance.exports import Columns

pc: Any = pyarrow.compute

READ = {
    "batch_batch": ("id", "batch_number"),
    "batch_batchcontainerassignment": (
        "id", "batch_id", "container_id", "is_active", "assignment_date", "departure_date",
    ),
    "batch_creationaction": ("workflow_id", "dest_assignment_id", "actual_delivery_date", "egg_count_actual"),
    "batch_creationworkflow": ("id", "external_cost_per_thousand"),
}  # fmt: skip
"""Tables of few rows; of those of many what `Months` keeps."""
MASTER_DATA = (
    "finance_core_account",
    "finance_core_accountgroup",
    "finance_core_allocationrule",
    "finance_dimsite",
    "infrastructure_container",
    "infrastructure_hall",
    "users_userprofile",
)
MEALS, DEATHS, STATES = "inventory_feedingevent", "batch_mortalityevent", "batch_actualdailyassignmentstate"
OF_MONTHS = {
    MEALS: ("container_id", "feeding_date", ("feed_cost",)),
    DEATHS: ("assignment_id", "event_date", ("count", "biomass_kg")),
}
"""Whose rows, at which time, and what of them is added up month by month; decimals in their smallest unit."""


class Months:
    """Sees a batch's rows pass, and keeps of tables of many rows what the books rest on."""

    def __init__(self, as_of: date) -> None:
        self._as_of = as_of
        self._seen: dict[str, list[pa.Table]] = {table: [] for table in (*OF_MONTHS, STATES)}

    def watch(self, tables: Iterable[tuple[Any, pa.RecordBatch]]) -> Iterator[tuple[Any, pa.RecordBatch]]:
        for model, rows in tables:
            table = model._meta.db_table
            if table in OF_MONTHS:
                self._seen[table].append(_by_month(rows, *OF_MONTHS[table]))
            elif table == STATES:
                self._seen[table].append(_at_ends(rows, self._as_of))
            yield model, rows

    def kept(self) -> dict[str, pa.Table]:
        return {table: pa.concat_tables(seen) for table, seen in self._seen.items() if seen}


def _by_month(rows: pa.RecordBatch, owner: str, day: str, values: Sequence[str]) -> pa.Table:
    columns = {"owner": rows[owner], "month": _month(rows[day])}
    columns |= {name: _whole(rows[name]) for name in values}
    return pa.table(columns).group_by(["owner", "month"]).aggregate([(name, "sum") for name in values])


def _at_ends(rows: pa.RecordBatch, as_of: date) -> pa.Table:
    """The states of the last day of each month, and of the record."""
    day = np.asarray(rows["date"].cast(pa.int32())).astype("datetime64[D]")
    last = (day + 1).astype("datetime64[M]") != day.astype("datetime64[M]")
    told = rows.select(["container_id", "batch_id", "date", "population", "biomass_kg"])
    kept = pa.Table.from_batches([told]).filter(pa.array(last | (day == np.datetime64(as_of))))
    weight = _whole(kept["biomass_kg"])
    return kept.drop_columns("biomass_kg").append_column("weight", weight)


def _month(days: Any) -> Any:
    """The first day of each month."""
    months = np.asarray(days.cast(pa.int32())).astype("datetime64[D]").astype("datetime64[M]")
    return pa.array(months.astype("datetime64[D]"))


def _whole(column: Any) -> Any:
    """Whole numbers, of decimals in their smallest unit, so that sums are exact; nothing counts as 0."""
    return pa.array(np.where(np.asarray(column.is_null()), 0, units(column)))


class _Place(NamedTuple):
    container: str
    site: int
    at_sea: bool


class Tables:
    """Answers the queries of the books (`find`) by `READ`, `MASTER_DATA`, and what `Months` kept, of all batches."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables
        self._answers: dict[str, Callable[..., Columns]] = {
            books.SITES: self._sites,
            books.ARRIVALS: self._arrivals,
            books.PROJECTS: self._projects,
            books.FED: self._fed,
            books.DELIVERED: self._delivered,
            books.STOOD: self._stood,
            books.DIED: self._died,
            books.PEOPLE: self._people,
            books.RULES: self._rules,
            books.ADDING: self._adding,
            books.ACCOUNTS: self._accounts,
        }

    def find(self, query: str, parameters: Sequence[Any] = ()) -> Columns:
        return self._answers[query](*parameters)

    @cached_property
    def _place(self) -> dict[int, _Place]:
        """Of each container its name, the site that it is at, and whether that is an area."""
        station = {row["id"]: row["freshwater_station_id"] for row in self._tables["infrastructure_hall"].to_pylist()}
        site = {
            (row["source_model"], row["source_pk"]): row["site_id"]
            for row in self._tables["finance_dimsite"].to_pylist()
        }
        places = {}
        for row in self._tables["infrastructure_container"].to_pylist():
            at_sea = row["area_id"] is not None
            source = ("area", row["area_id"]) if at_sea else ("station", station.get(row["hall_id"]))
            if source in site:
                places[row["id"]] = _Place(row["name"], site[source], at_sea)
        return places

    @cached_property
    def _stays(self) -> dict[int, dict[str, Any]]:
        rows = self._tables["batch_batchcontainerassignment"].sort_by("id").to_pylist()
        return {row["id"]: {**row, "place": self._place[row["container_id"]]} for row in rows}

    def _sites(self) -> Columns:
        first_day: dict[int, date] = {}
        for stay in self._stays.values():
            site, day = stay["place"].site, stay["assignment_date"]
            first_day[site] = min(day, first_day.get(site, day))
        container: dict[int, str] = {}
        for place in self._place.values():
            container[place.site] = min(place.container, container.get(place.site, place.container))
        sites = self._tables["finance_dimsite"].sort_by("site_id")
        found = sites.select(["site_id", "company_id", "site_name"]).to_pydict()
        return {
            **found,
            "at_sea": [model == "area" for model in sites["source_model"].to_pylist()],
            "container": [container.get(site) for site in found["site_id"]],
            "first_day": [first_day.get(site) for site in found["site_id"]],
        }

    def _arrivals(self) -> Columns:
        stays = self._stays.values()
        arrived = {(stay["place"].site, stay["assignment_date"].replace(day=1)) for stay in stays}
        return _columns(("site_id", "month"), sorted(arrived))

    def _projects(self) -> Columns:
        number = dict(
            zip(*(self._tables["batch_batch"][name].to_pylist() for name in READ["batch_batch"]), strict=True)
        )
        of: dict[tuple[int, bool], list[dict[str, Any]]] = {}
        for stay in self._stays.values():
            of.setdefault((stay["batch_id"], stay["place"].at_sea), []).append(stay)
        rows = [
            (
                batch,
                number[batch],
                at_sea,
                any(stay["is_active"] for stay in stays),
                min(stay["assignment_date"] for stay in stays),
                max(stay["departure_date"] or stay["assignment_date"] for stay in stays),
                min(stays, key=lambda stay: (stay["assignment_date"], stay["id"]))["place"].site,
            )
            for (batch, at_sea), stays in sorted(of.items())
        ]
        names = ("batch_id", "batch_number", "at_sea", "active", "first_day", "last_day", "site_id")
        return _columns(names, rows)

    def _fed(self) -> Columns:
        spent: dict[tuple[date, int], int] = {}
        for row in self._rows(MEALS):
            at = row["month"], self._place[row["owner"]].site
            spent[at] = spent.get(at, 0) + row["feed_cost_sum"]
        return _columns(("month", "site_id", "cents"), [(*at, cents) for at, cents in sorted(spent.items())])

    def _delivered(self) -> Columns:
        workflows = self._tables["batch_creationworkflow"]
        per_thousand = _by_key(workflows["id"], workflows["external_cost_per_thousand"])
        spent: dict[tuple[date, int], int] = {}
        for row in self._tables["batch_creationaction"].to_pylist():
            cost, eggs, day = per_thousand[row["workflow_id"]], row["egg_count_actual"], row["actual_delivery_date"]
            if None not in (cost, eggs, day) and row["dest_assignment_id"] in self._stays:
                at = day.replace(day=1), self._stays[row["dest_assignment_id"]]["place"].site
                spent[at] = spent.get(at, 0) + eggs * int(100 * cost)
        # Half up, as PostgreSQL rounds.
        return _columns(
            ("month", "site_id", "cents"), [(*at, (cents + 500) // 1000) for at, cents in sorted(spent.items())]
        )

    def _stood(self, days: Sequence[date]) -> Columns:
        states = [row for row in self._rows(STATES) if row["date"] in days]
        at = [(row["date"].replace(day=1), self._place[row["container_id"]].site, row["batch_id"]) for row in states]
        return _fish(at, [(row["population"], row["weight"]) for row in states])

    def _died(self) -> Columns:
        deaths = [row for row in self._rows(DEATHS) if row["owner"] is not None]
        stays = [self._stays[row["owner"]] for row in deaths]
        at = [(row["month"], stay["place"].site, stay["batch_id"]) for row, stay in zip(deaths, stays, strict=True)]
        return _fish(at, [(row["count_sum"], row["biomass_kg_sum"]) for row in deaths])

    def _rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._tables[table].to_pylist() if table in self._tables else []
        return found

    def _people(self) -> Columns:
        first: dict[str, int] = {}
        for row in self._tables["users_userprofile"].to_pylist():
            if row["role"] in ("FIN", "MGR"):
                first[row["role"]] = min(row["user_id"], first.get(row["role"], row["user_id"]))
        return _columns(("role", "user_id"), list(first.items()))

    def _rules(self) -> Columns:
        group = {row["group_id"]: row for row in self._tables["finance_core_accountgroup"].to_pylist()}
        rules = [rule for rule in self._active_rules("budget") if rule["account_group_id"] is not None]
        rules.sort(key=lambda rule: (group[rule["account_group_id"]]["display_order"], rule["rule_id"]))
        rows = [
            (key := rule["account_group_id"], group[key]["cost_group"], rule["name"], rule["rule_definition"])
            for rule in rules
        ]
        return _columns(("group", "cost_group", "name", "definition"), rows)

    def _adding(self) -> Columns:
        return _columns(("definition",), [(rule["rule_definition"],) for rule in self._active_rules("debit")][:1])

    def _active_rules(self, name: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = self._tables["finance_core_allocationrule"].sort_by("rule_id").to_pylist()
        return [rule for rule in rules if rule["is_active"] and name in json.loads(rule["rule_definition"])]

    def _accounts(self) -> Columns:
        return self._tables["finance_core_account"].select(["code", "account_id"]).to_pydict()


def _by_key(keys: Any, values: Any) -> dict[int, Any]:
    return dict(zip(keys.to_pylist(), values.to_pylist(), strict=True))


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _fish(at: Iterable[tuple[date, int, int]], number_and_weight: Iterable[tuple[int, int]]) -> Columns:
    """Fish and their weight by month, site and batch."""
    found: dict[tuple[date, int, int], tuple[int, int]] = {}
    for place, (fish, weight) in zip(at, number_and_weight, strict=True):
        before = found.get(place, (0, 0))
        found[place] = before[0] + fish, before[1] + weight
    names = ("month", "site_id", "batch_id", "fish", "weight")
    return _columns(names, [(*place, *each) for place, each in sorted(found.items())])
