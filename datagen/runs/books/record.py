"""What a database says for the books, as arrays over the sites that have had fish and the months since."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from apps.finance import books as queries
from apps.finance.exports import rows
from apps.finance.models import Account, AllocationRule
from datagen.arrays import Bools, Dates, Ints
from datagen.runs.books.sites import KINDS, Sites, imported_by_kind


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

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self.every_site = rows(queries.SITES)
        used = [place for place, day in enumerate(self.every_site["first_day"]) if day is not None]

        def of_used(column: str, kind: Any) -> Any:
            return np.array([self.every_site[column][place] for place in used], kind)

        arrived = rows(queries.ARRIVALS)
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
        self.user = dict(zip(*rows(queries.PEOPLE).values(), strict=True))

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
        found = rows(queries.PROJECTS)
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
        """What the groups of costs are, in the order in which the chart shows them, each with its rule."""
        chosen = AllocationRule.objects.filter(is_active=True, rule_definition__has_key="budget")
        found = chosen.select_related("account_group").order_by("account_group__display_order", "pk")
        return [
            {"group": rule.account_group_id, "cost_group": rule.account_group.cost_group, "name": rule.name}
            | rule.rule_definition
            for rule in found
            if rule.account_group is not None
        ]

    @cached_property
    def adding(self) -> dict[str, str]:
        """The accounts by which costs are added to the value of the fish."""
        rule = AllocationRule.objects.filter(is_active=True, rule_definition__has_key="debit").order_by("pk").first()
        return {} if rule is None else dict(rule.rule_definition)

    @cached_property
    def account_id(self) -> dict[str, int]:
        return dict(Account.objects.values_list("code", "pk"))

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
                month, site, spent = rows(query).values()
                at = self._month(month), self._site(site), place
                there[at], cents[at] = True, spent
        return there, cents

    @cached_property
    def stood(self) -> dict[tuple[int, int], list[Fish]]:
        """Fish on the last day of each month, or of the record, by month and site."""
        ends = [min(end, self.as_of) for end in ((self.months + 1).astype("datetime64[D]") - 1).tolist()]
        return self._fish(rows(queries.STOOD, [ends]))

    @cached_property
    def died(self) -> dict[tuple[int, int], list[Fish]]:
        """Fish that died in each month, by month and site."""
        return self._fish(rows(queries.DIED))

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
