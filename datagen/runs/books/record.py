"""What is recorded for the books, as arrays over the sites that have had fish and the months since."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from apps.finance import books as queries
from apps.finance.exports import Columns, rows
from datagen.arrays import Bools, Dates, Ints
from datagen.runs.books.sites import KINDS, Sites, imported_by_kind


class Find(Protocol):
    """The columns that a query of apps/finance/books.py finds: in a database, or in tables of none."""

    def __call__(self, query: str, parameters: Sequence[Any] = ()) -> Columns: ...


@dataclass(frozen=True)
class Project:
    """A batch in fresh water, or at sea: a cost centre of its own, under the site that it came to first."""

    id: int
    code: str
    batch: int
    number: str
    at_sea: bool
    active: bool
    first_day: date
    last_day: date
    site: int


@dataclass(frozen=True)
class Fish:
    """Fish of a batch at a site in a month: how many, and their weight in hundredths of a kilogram."""

    batch: int
    fish: int
    weight: int


class Record:
    """The record up to the evening of a day."""

    def __init__(self, as_of: date, find: Find = rows) -> None:
        self.as_of, self._find = as_of, find
        self.every_site = find(queries.SITES)
        used = [place for place, day in enumerate(self.every_site["first_day"]) if day is not None]

        def of_used(column: str, kind: Any) -> Any:
            return np.array([self.every_site[column][place] for place in used], kind)

        arrived = find(queries.ARRIVALS)
        self.sites = Sites(
            of_used("site_id", np.int64),
            of_used("company_id", np.int64),
            of_used("at_sea", bool),
            of_used("first_day", "datetime64[D]").astype("datetime64[M]"),
            np.array(arrived["site_id"], np.int64),
            np.array(arrived["month"], "datetime64[D]").astype("datetime64[M]"),
        )
        self.site_name = of_used("site_name", object)
        self.months = self.sites.months(as_of)
        self.years = self.sites.years(as_of)
        self.user = dict(zip(*find(queries.PEOPLE).values(), strict=True))

    @cached_property
    def site_code(self) -> dict[int, str]:
        """As containers are called: FAR-A13-R01 is at A13."""
        ids, names = self.every_site["site_id"], self.every_site["container"]
        return {
            site: name.split("-")[1] if name and name.count("-") > 1 else f"SITE-{site}"
            for site, name in zip(ids, names, strict=True)
        }

    @cached_property
    def projects(self) -> dict[tuple[int, bool], Project]:
        """By batch, and whether it is at sea."""
        found = self._find(queries.PROJECTS)
        after = max(self.every_site["site_id"])
        numbered = zip(found["site_id"], found["batch_number"], strict=True)
        short = [f"{self.site_code[site]}-{number.partition('-')[2]}" for site, number in numbered]
        # Where numbers are somebody's own, they may be alike but for what stands before the hyphen.
        company = dict(zip(self.every_site["site_id"], self.every_site["company_id"], strict=True))
        alike = Counter((company[site], code) for site, code in zip(found["site_id"], short, strict=True))
        projects = {}
        for place, (batch, number, at_sea, *rest) in enumerate(zip(*found.values(), strict=True)):
            key = after + 2 * batch - (0 if at_sea else 1)
            site = found["site_id"][place]
            alone = "-" in number and alike[company[site], short[place]] == 1
            code = short[place] if alone else f"{self.site_code[site]}-{number}"
            projects[batch, at_sea] = Project(key, code, batch, number, at_sea, *rest)
        return projects

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """What the groups of costs are, each with its rule; names in it in the order that a database gives them."""
        found = self._find(queries.RULES)
        return [
            {"group": group, "cost_group": cost_group, "name": name, **_ordered(json.loads(definition))}
            for group, cost_group, name, definition in zip(*found.values(), strict=True)
        ]

    @cached_property
    def adding(self) -> dict[str, str]:
        """The accounts by which costs are added to the value of the fish."""
        return next((dict(json.loads(text)) for text in self._find(queries.ADDING)["definition"]), {})

    @cached_property
    def account_id(self) -> dict[str, int]:
        return dict(zip(*self._find(queries.ACCOUNTS).values(), strict=True))

    @cached_property
    def costs(self) -> tuple[Bools, Ints]:
        """Whether there is a cost, and how much [months, sites, rules], in cents."""
        shape = (len(self.months), len(self.sites.id), len(self.rules))
        there, cents = np.zeros(shape, bool), np.zeros(shape, np.int64)
        kind, tonnes = self.sites.at_sea.astype(int), self._standing / 100_000
        by_kind = imported_by_kind(self.rules)
        for place, rule in enumerate(self.rules):
            if rule["source"] == "standard":
                said = [rule[each] for each in KINDS]
                per_month, per_tonne = (np.array([each[what] for each in said])[kind] for what in said[0])
                there[..., place] = self.sites.kept(self.months) & by_kind[place][kind]
                cents[..., place] = np.rint(100 * (per_month + per_tonne * tonnes)) * there[..., place]
            else:
                query = {"meals": queries.FED, "eggs": queries.DELIVERED}[rule["source"]]
                month, site, spent = self._find(query).values()
                at = self._month(month), self._site(site), place
                there[at], cents[at] = True, spent
        return there, cents

    @cached_property
    def stood(self) -> dict[tuple[int, int], list[Fish]]:
        """Fish on the last day of each month, or of the record, by month and site."""
        ends = [min(end, self.as_of) for end in ((self.months + 1).astype("datetime64[D]") - 1).tolist()]
        return self._fish(self._find(queries.STOOD, [ends]))

    @cached_property
    def died(self) -> dict[tuple[int, int], list[Fish]]:
        """Fish that died in each month, by month and site."""
        return self._fish(self._find(queries.DIED))

    @cached_property
    def _standing(self) -> Ints:
        """Hundredths of a kilogram [months, sites]."""
        weight = np.zeros((len(self.months), len(self.sites.id)), np.int64)
        for at, fish in self.stood.items():
            weight[at] = sum(each.weight for each in fish)
        return weight

    def _fish(self, found: dict[str, list[Any]]) -> dict[tuple[int, int], list[Fish]]:
        fish: dict[tuple[int, int], list[Fish]] = {}
        months, sites = self._month(found["month"]).tolist(), self._site(found["site_id"]).tolist()
        of_batch = (found[column] for column in ("batch_id", "fish", "weight"))
        for month, site, *each in zip(months, sites, *of_batch, strict=True):
            fish.setdefault((month, site), []).append(Fish(*each))
        return fish

    def _month(self, days: list[date]) -> Ints:
        months: Dates = np.array(days, "datetime64[D]").astype("datetime64[M]")
        return np.asarray((months - self.months[0]).astype(np.int64))

    def _site(self, ids: list[int]) -> Ints:
        return np.searchsorted(self.sites.id, np.array(ids, np.int64))


def _ordered(value: Any) -> Any:
    """JSON with its names by length, then by bytes."""
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
    return {name: _ordered(value[name]) for name in names}
