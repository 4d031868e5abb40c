"""The books as rows of their tables."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from apps.finance.models import (
    Budget,
    BudgetEntry,
    CostCenter,
    CostCenterBatchLink,
    CostImportBatch,
    CostImportLine,
    PeriodLock,
    ValuationRun,
)
from datagen.arrays import Dates, Ints, where_true
from datagen.biology.feeding import whole_parts
from datagen.runs.books.record import Fish, Project, Record
from datagen.runs.books.sites import (
    BUDGETED,
    CLOSED_DAY,
    IMPORTED_DAY,
    budget_cents,
    budgets,
    closed,
    following,
)
from datagen.storage.arrow import FixedPoint, record_batch

Rows = tuple[Any, pa.RecordBatch]

MODELS = (
    CostCenter,
    CostCenterBatchLink,
    Budget,
    BudgetEntry,
    CostImportBatch,
    CostImportLine,
    ValuationRun,
    PeriodLock,
)
TABLES = tuple(model._meta.db_table for model in MODELS)


def every(record: Record) -> Iterator[Rows]:
    """All rows; what refers to others comes after them."""
    yield _cost_centers(record)
    yield _links(record)
    yield _budgets(record)
    yield _entries(record)
    yield from _imports(record)
    yield _valuations(record)
    yield _locks(record)


def _at(days: Any, hour: int) -> Dates:
    return np.asarray(np.array(days, "datetime64[D]").astype("datetime64[us]") + np.timedelta64(hour, "h"))


def _cost_centers(record: Record) -> Rows:
    """A site's key is that of the site; those of projects come after them."""
    sites, projects = record.every_site, list(record.projects.values())
    company = dict(zip(sites["site_id"], sites["company_id"], strict=True))
    codes = [record.site_code[site] for site in sites["site_id"]] + [project.code for project in projects]
    opened = record.months[0].astype("datetime64[D]").tolist()
    first = [day or opened for day in sites["first_day"]] + [project.first_day for project in projects]
    last = [*first[: len(sites["site_id"])], *(project.last_day for project in projects)]
    of_site = [project.site for project in projects]
    name = dict(zip(sites["site_id"], sites["site_name"], strict=True))
    return CostCenter, record_batch(
        CostCenter,
        len(codes),
        cost_center_id=[*sites["site_id"], *(project.id for project in projects)],
        company_id=[*sites["company_id"], *(company[site] for site in of_site)],
        site_id=[*sites["site_id"], *of_site],
        parent_id=np.ma.masked_equal([*([0] * len(company)), *of_site], 0),
        code=codes,
        name=[*sites["site_name"], *(f"{project.number} at {name[project.site]}" for project in projects)],
        cost_center_type=["SITE"] * len(company) + ["PROJECT"] * len(projects),
        is_active=[True] * len(company) + [project.active for project in projects],
        created_at=_at(first, 8),
        updated_at=_at(last, 18),
    )


def _links(record: Record) -> Rows:
    """A batch has one project: the one at sea as soon as it comes there."""
    latest: dict[int, Project] = {}
    for project in record.projects.values():
        latest[project.batch] = project  # fresh water comes before the sea
    return CostCenterBatchLink, record_batch(
        CostCenterBatchLink,
        len(latest),
        link_id=list(latest),
        batch_id=list(latest),
        cost_center_id=[project.id for project in latest.values()],
        created_by_id=record.user.get("FIN"),
        linked_at=_at([project.first_day for project in latest.values()], 9),
    )


def _budgets(record: Record) -> Rows:
    made_for = budgets(record.sites, record.years)
    year = np.array([year for year, _ in made_for])
    january = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    active = year >= record.as_of.year - 1
    made = (january + BUDGETED).astype("datetime64[us]") + np.timedelta64(10, "h")
    left = (year - 1970 + 2).astype("datetime64[Y]").astype("datetime64[us]") + np.timedelta64(10, "h")
    return Budget, record_batch(
        Budget,
        len(made_for),
        budget_id=np.arange(1, len(made_for) + 1),
        company_id=[company for _, company in made_for],
        name=[f"Budget {year}" for year, _ in made_for],
        fiscal_year=year,
        status=np.where(active, "ACTIVE", "ARCHIVED"),
        created_by_id=record.user.get("FIN"),
        created_at=made,
        updated_at=np.where(active, made, left),
    )


def _entries(record: Record) -> Rows:
    codes, cents = budget_cents(record.rules, record.sites, record.years)
    month, site, account = where_true(cents)
    budget_of = {key: number for number, key in enumerate(budgets(record.sites, record.years), start=1)}
    company, account_id = record.sites.company[site], np.array([record.account_id[code] for code in codes], np.int64)
    year = record.years[month // 12]
    made = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + BUDGETED
    return BudgetEntry, record_batch(
        BudgetEntry,
        len(month),
        entry_id=np.arange(1, len(month) + 1),
        budget_id=[budget_of[key] for key in zip(year.tolist(), company.tolist(), strict=True)],
        account_id=account_id[account],
        cost_center_id=record.sites.id[site],
        month=month % 12 + 1,
        amount=FixedPoint(cents[month, site, account]),
        created_at=_at(made, 10),
        updated_at=_at(made, 10),
    )


def _year_month(months: Dates) -> dict[str, Ints]:
    since_1970 = months.astype("datetime64[M]").astype(np.int64)
    return {"year": 1970 + since_1970 // 12, "month": since_1970 % 12 + 1}


def _imports(record: Record) -> Iterator[Rows]:
    """A file a month, after it is over; of one that is not, what has been spent so far."""
    there, cents = record.costs
    month, site, rule = where_true(there)
    amount = cents[month, site, rule]
    of_group = [each["cost_group"] for each in record.rules]
    names, currency = record.site_name, [each["currency"] for each in record.rules]
    so_far = np.datetime64(record.as_of, "us") + np.timedelta64(1439, "m")
    made = np.minimum(following(record.months, IMPORTED_DAY, 8), so_far)
    lines = [
        f"{of_group[r]};{names[s]};{c // 100}.{c % 100:02d};{currency[r]}"
        for s, r, c in zip(site.tolist(), rule.tolist(), amount.tolist(), strict=True)
    ]
    ends = np.cumsum(np.bincount(month, minlength=len(record.months))).tolist()
    files = ["\n".join(lines[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    number = np.arange(1, len(record.months) + 1)
    yield (
        CostImportBatch,
        record_batch(
            CostImportBatch,
            len(number),
            import_batch_id=number,
            **_year_month(record.months),
            source_filename=[f"costs-{each}.csv" for each in record.months],
            checksum=[hashlib.sha256(text.encode()).hexdigest() for text in files],
            imported_row_count=np.bincount(month, minlength=len(number)),
            total_amount=FixedPoint(cents.sum(axis=(1, 2))),
            uploaded_by_id=record.user.get("FIN"),
            created_at=made,
        ),
    )
    row = np.arange(len(lines)) - np.array([0, *ends])[month] + 1
    yield (
        CostImportLine,
        record_batch(
            CostImportLine,
            len(lines),
            line_id=np.arange(1, len(lines) + 1),
            import_batch_id=number[month],
            **_year_month(record.months[month]),
            company_id=record.sites.company[site],
            operating_unit_id=record.sites.id[site],
            operating_unit_name=names[site],
            account_group_id=np.array([each["group"] for each in record.rules], np.int64)[rule],
            cost_group_code=np.array(of_group, object)[rule],
            amount=FixedPoint(amount),
            raw_payload=[{"row": r, "line": line} for r, line in zip(row.tolist(), lines, strict=True)],
            created_at=made[month],
        ),
    )


def _closed(record: Record) -> tuple[Ints, Ints]:
    """Months and sites that are closed."""
    kept = record.sites.kept(record.months) & closed(record.months, record.as_of)[:, None]
    month, site = np.nonzero(kept)
    return month, site


def _valuations(record: Record) -> Rows:
    """A site's fish at the end of a month, and the month's costs shared out among them."""
    month, site = _closed(record)
    budget_of = {key: number for number, key in enumerate(budgets(record.sites, record.years), start=1)}
    year_month = _year_month(record.months[month])
    company, total = record.sites.company[site], record.costs[1].sum(axis=2)[month, site].tolist()
    places = list(zip(month.tolist(), site.tolist(), strict=True))
    begun, done = following(record.months[month], CLOSED_DAY, 9), following(record.months[month], CLOSED_DAY, 11)
    rules = {rule["cost_group"]: rule["name"] for rule in record.rules}
    return ValuationRun, record_batch(
        ValuationRun,
        len(month),
        run_id=np.arange(1, len(month) + 1),
        company_id=company,
        operating_unit_id=record.sites.id[site],
        budget_id=[budget_of[key] for key in zip(year_month["year"].tolist(), company.tolist(), strict=True)],
        import_batch_id=month + 1,
        **year_month,
        status="APPROVED",
        created_by_id=record.user.get("FIN"),
        approved_by_id=record.user.get("MGR"),
        run_timestamp=begun,
        completed_at=begun + np.timedelta64(2, "m"),
        biology_snapshot=[_fish(record, at, record.stood.get(at, [])) for at in places],
        mortality_snapshot=[_fish(record, at, record.died.get(at, [])) for at in places],
        allocation_snapshot=[_allocated(record, at, cents) for at, cents in zip(places, total, strict=True)],
        rule_snapshot=[rules] * len(month),
        totals_snapshot=[_totals(record, at, cents) for at, cents in zip(places, total, strict=True)],
        nav_posting=[_posting(record, at, cents) for at, cents in zip(places, total, strict=True)],
        updated_at=done,
    )


def _project(record: Record, site: int, batch: int) -> str:
    return record.projects[batch, bool(record.sites.at_sea[site])].code


def _fish(record: Record, at: tuple[int, int], fish: list[Fish]) -> dict[str, Any]:
    return {
        "fish": sum(each.fish for each in fish),
        "biomass_kg": sum(each.weight for each in fish) / 100,
        "projects": [
            {
                "cost_center": _project(record, at[1], each.batch),
                "batch_id": each.batch,
                "fish": each.fish,
                "biomass_kg": each.weight / 100,
            }
            for each in fish
        ],
    }


def _allocated(record: Record, at: tuple[int, int], cents: int) -> dict[str, Any]:
    """The month's costs by the weight of each batch; where none is left, they stay with the site."""
    fish = record.stood.get(at, [])
    parts = whole_parts(np.array([cents]), np.array([[float(each.weight) for each in fish]]))[0] if fish else []
    return {
        "basis": "standing_biomass",
        "projects": [
            {"cost_center": _project(record, at[1], each.batch), "batch_id": each.batch, "amount": int(part) / 100}
            for each, part in zip(fish, parts, strict=True)
        ],
        "site": 0 if fish else cents / 100,
    }


def _totals(record: Record, at: tuple[int, int], cents: int) -> dict[str, Any]:
    weight = sum(each.weight for each in record.stood.get(at, []))
    return {
        "costs": cents / 100,
        "biomass_kg": weight / 100,
        "costs_per_kg": round(cents / weight, 4) if weight else None,
        "currency": record.rules[0]["currency"],
    }


def _posting(record: Record, at: tuple[int, int], cents: int) -> dict[str, Any]:
    """What is posted to the accounts: costs become part of what the fish are worth, as long as there are some."""
    if not (cents and record.adding and at in record.stood):
        return {}
    day = ((record.months[at[0]] + 1).astype("datetime64[D]") - 1).tolist()
    code = record.site_code[int(record.sites.id[at[1]])]
    return {
        "document_no": f"VAL-{day:%Y%m}-{code}",
        "posting_date": day.isoformat(),
        "lines": [
            {"account": record.adding["debit"], "debit": cents / 100, "credit": 0},
            {"account": record.adding["credit"], "debit": 0, "credit": cents / 100},
        ],
    }


def _locks(record: Record) -> Rows:
    month, site = _closed(record)
    locked = following(record.months[month], CLOSED_DAY, 15)
    return PeriodLock, record_batch(
        PeriodLock,
        len(month),
        period_lock_id=np.arange(1, len(month) + 1),
        company_id=record.sites.company[site],
        operating_unit_id=record.sites.id[site],
        **_year_month(record.months[month]),
        lock_reason="Month closed",
        locked_by_id=record.user.get("FIN"),
        locked_at=locked,
        updated_at=locked,
    )
