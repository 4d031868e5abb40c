"""Which sites have books in which months, and which costs and budgets they have in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from datagen.arrays import Bools, Dates, Ints

KINDS = ("station", "area")

IMPORTED_DAY, CLOSED_DAY = 4, 5
"""Of the following month, on which a month's costs are there, and on which it is valued and closed; invented."""

BUDGETED = np.timedelta64(-47, "D")
"""From the first day of the year: in the middle of November. Invented."""


def following(months: Dates, day: int, hour: int) -> Dates:
    """An hour of a day of the month after each."""
    return np.asarray((months + 1).astype("datetime64[us]") + np.timedelta64(24 * (day - 1) + hour, "h"))


@dataclass(frozen=True)
class Sites:
    """Those that have had fish, in order of their ids; `first` is the month of their first fish.

    Fish arrived at `arrived_at` (an id) in the month `arrived`; a month and site may be there more than once.
    """

    id: Ints
    company: Ints
    at_sea: Bools
    first: Dates
    arrived_at: Ints
    arrived: Dates

    def months(self, as_of: date) -> Dates:
        """Every month of the books, the one of the as-of day last."""
        last = np.datetime64(as_of, "M")
        return np.arange(self.first.min(), last + 1) if len(self.first) else np.array([], "datetime64[M]")

    def kept(self, months: Dates) -> Bools:
        """Whether a site has books in a month [months, sites]."""
        return np.asarray(months[:, None] >= self.first[None])

    def years(self, as_of: date) -> Ints:
        """Every year of the books."""
        months = self.months(as_of).astype("datetime64[Y]")
        years: Ints = np.unique(months.astype(np.int64) + 1970)
        return years


def closed(months: Dates, as_of: date) -> Bools:
    """Whether each month is closed by the end of a day."""
    return np.asarray(following(months, CLOSED_DAY, 0) <= np.datetime64(as_of, "us"))


def imported_by_kind(rules: Sequence[dict[str, Any]]) -> Bools:
    """Whether a rule makes a cost of every month by itself, at a station and at an area [rules, 2]."""
    standard = [rule["source"] == "standard" for rule in rules]
    costs = [[any(rule[kind].values()) for kind in KINDS] for rule in rules]
    return np.asarray(np.array(costs, bool).reshape(-1, 2) & np.array(standard, bool)[:, None])


def budgets(sites: Sites, years: Ints) -> list[tuple[int, int]]:
    """Years and companies that have a budget: those of which a site has had fish by the end of the year."""
    companies = np.unique(sites.company).tolist()
    since = {company: sites.first[sites.company == company].min().astype("datetime64[Y]") for company in companies}
    return [
        (year, company)
        for year in years.tolist()
        for company in companies
        if since[company] <= np.datetime64(year - 1970, "Y")
    ]


def budget_cents(rules: Sequence[dict[str, Any]], sites: Sites, years: Ints) -> tuple[list[str], Ints]:
    """Accounts by code, and what is to be spent [years * 12, sites, accounts]: nothing before a site has had fish."""
    months = (12 * (years[:, None] - 1970) + np.arange(12)).ravel().astype("datetime64[M]")
    since = _months_since_arrival(sites, months)
    kind, codes, cents = sites.at_sea.astype(int), [], []
    for rule in rules:
        budget, costs = rule["budget"], [rule[each] for each in KINDS]
        per_month, per_tonne = (np.array([each[what] for each in costs])[kind] for what in ("per_month", "per_tonne"))
        grown, tonnes = (np.array([budget[what][each] for each in KINDS])[kind] for what in ("grown_months", "tonnes"))
        # They grow as evenly as a budget reckons, and are gone when they are grown.
        there = np.where((since >= 0) & (since < grown), (since + 1) / grown, 0.0) * tonnes
        season = np.tile(np.array(budget["months"]), len(years))[:, None]
        whole = np.where(sites.kept(months), per_month + per_tonne * there * season, 0.0)
        for code, share in budget["accounts"].items():
            codes.append(code)
            cents.append(np.rint(100 * share * whole).astype(np.int64))
    return codes, np.stack(cents, axis=-1)


def _months_since_arrival(sites: Sites, months: Dates) -> Ints:
    """Months since the latest arrival of fish [months, sites]; -1 before there was one."""
    latest = np.full((len(months), len(sites.id)), -(10**6))
    month = (sites.arrived - months[0]).astype(np.int64)
    np.maximum.at(latest, (month, np.searchsorted(sites.id, sites.arrived_at)), month)
    since = np.arange(len(months))[:, None] - np.maximum.accumulate(latest, axis=0)
    return np.where(since < 10**6 // 2, since, -1)
