"""How many rows the books of a plan will have, before it is in a database."""

import numpy as np

from datagen.arrays import Ints
from datagen.case import Case
from datagen.events.orders import own_parents
from datagen.masterdata.books import definition
from datagen.runs.books.rows import TABLES
from datagen.runs.books.sites import Sites, budget_cents, budgets, closed, imported_by_kind
from datagen.simulation.history import History


def expected(case: Case, histories: dict[int, History]) -> dict[str, int]:
    """Rows by table that the books of a lived plan will have, in a database without other batches."""
    rules = [definition(case.catalog, group) for group in case.catalog.books.costs]
    if not rules:
        return {}
    sites, as_of = _sites(case, list(histories.values())), case.plan.as_of
    months, years = sites.months(as_of), sites.years(as_of)
    kept, kind = sites.kept(months), sites.at_sea.astype(int)
    spent = {"meals": _fed, "eggs": _bought}
    of_record = [
        spent[rule["source"]](case, history)
        for rule in rules
        if rule["source"] in spent
        for history in histories.values()
    ]
    projects, living = _projects(case, list(histories.values()))
    done = int(kept[closed(months, as_of)].sum())
    counts = (
        len(case.catalog.sites.stations) + len(case.catalog.sites.areas) + projects,
        living,
        len(budgets(sites, years)),
        int(np.count_nonzero(budget_cents(rules, sites, years)[1])),
        len(months),
        int((kept * imported_by_kind(rules).sum(axis=0)[kind]).sum()) + sum(of_record),
        done,
        done,
    )
    return dict(zip(TABLES, counts, strict=True))


def _sites(case: Case, histories: list[History]) -> Sites:
    farm = case.farm
    unit = farm.container_unit[np.concatenate([history.assignments.container for history in histories])]
    day = np.concatenate([history.assignments.first_day for history in histories])
    site, at, of = np.unique(farm.unit_site_id[unit], return_index=True, return_inverse=True)
    first = np.full(len(site), day.max())
    np.minimum.at(first, of, day)
    at_sea = farm.unit_is_area[unit[at]]
    company = farm.company_id[farm.unit_geography[unit[at]], at_sea.astype(int)]
    months = case.plan.dates().astype("datetime64[M]")
    return Sites(site, company, at_sea, months[first], farm.unit_site_id[unit], months[day])


def _projects(case: Case, histories: list[History]) -> tuple[int, int]:
    """Projects, in fresh water and at sea; and batches, which have one each."""
    both = [
        np.unique(2 * stays.batch + case.farm.unit_is_area[case.farm.container_unit[stays.container]])
        for stays in (history.assignments for history in histories)
    ]
    return sum(map(len, both)), sum(len(np.unique(each // 2)) for each in both)


def _fed(case: Case, history: History) -> int:
    """Months and sites with meals."""
    found = []
    for part in history.parts():
        stays, fed = part.assignments, part.days.feed_g > 0
        day = np.arange(len(fed)) + np.repeat(stays.first_day - stays.row, stays.days)
        found.append(_site_months(case, np.repeat(stays.container, stays.days)[fed], day[fed]))
    return len(np.unique(np.concatenate(found)))


def _bought(case: Case, history: History) -> int:
    """Months and sites with eggs that were bought."""
    stays = history.assignments
    bought = np.array([own_parents(case, batch) is None for batch in case.as_lived.plan.batches])
    got = history.deliveries.assignment[bought[stays.batch[history.deliveries.assignment]]]
    return len(_site_months(case, stays.container[got], stays.first_day[got]))


def _site_months(case: Case, container: Ints, day: Ints) -> Ints:
    """Months and sites in which any of these days are, as numbers."""
    site = case.farm.unit_site_id[case.farm.container_unit[container]]
    month = case.plan.dates()[day].astype("datetime64[M]").astype(np.int64)
    return np.unique(month * (int(case.farm.unit_site_id.max()) + 1) + site)
