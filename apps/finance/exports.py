"""What the accounting system was given: harvest sales by selling company and month, once the month is closed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute
from django.db import connection

pc: Any = pyarrow.compute

APPROVED_DAY, EXPORTED_DAY = 3, 5
"""Of the following month, on which the transactions of a month are approved and exported; invented."""

SALES_ACCOUNT, RECEIVABLES_ACCOUNT = "3110", "1510"
"""Invented, as a chart of accounts has them."""

EXPORTED = """
    SELECT transaction.tx_id, policy.from_company_id AS company_id, transaction.currency, transaction.amount,
           transaction.posting_date, policy.product_grade_id, event.batch_id, event.document_ref, grade.code,
           (SELECT min(dim_site_id) FROM finance_factharvest fact WHERE fact.event_id = event.id) AS site_id
    FROM finance_intercompanytransaction transaction
    JOIN finance_intercompanypolicy policy ON policy.policy_id = transaction.policy_id
    JOIN harvest_harvestevent event ON event.id = transaction.event_id
    JOIN harvest_productgrade grade ON grade.id = policy.product_grade_id
    WHERE transaction.state = 'exported'
    ORDER BY transaction.tx_id
"""
"""What the accounts were given, lot by lot."""

READ = {
    "finance_intercompanytransaction": (
        "tx_id", "event_id", "policy_id", "posting_date", "amount", "currency", "state",
    ),
    "harvest_harvestevent": ("id", "batch_id", "document_ref"),
    "finance_factharvest": ("event_id", "dim_site_id"),
}  # fmt: skip
MASTER_DATA = {
    "finance_intercompanypolicy": ("policy_id", "from_company_id", "product_grade_id"),
    "harvest_productgrade": ("id", "code"),
}

Columns = dict[str, list[Any]]


def exported(tables: Mapping[str, pa.Table]) -> Columns:
    """The same as `EXPORTED` finds, out of tables that no database holds (`READ`, `MASTER_DATA`)."""
    sold = tables["finance_intercompanytransaction"]
    sold = sold.filter(pc.equal(sold["state"], "exported"))
    sites = tables["finance_factharvest"].group_by("event_id").aggregate([("dim_site_id", "min")])
    sites = sites.rename_columns({"dim_site_id_min": "site_id"})
    events = tables["harvest_harvestevent"].rename_columns({"id": "event_id"})
    policies = tables["finance_intercompanypolicy"].rename_columns({"from_company_id": "company_id"})
    grades = tables["harvest_productgrade"].rename_columns({"id": "product_grade_id"})
    found = sold.join(policies, "policy_id", join_type="inner").join(events, "event_id", join_type="inner")
    found = found.join(grades, "product_grade_id", join_type="inner").join(sites, "event_id")
    columns: Columns = found.sort_by("tx_id").to_pydict()
    return columns


def batches_and_lines(sold: Columns) -> tuple[Columns, Columns]:
    """The columns of exports, one a month and selling company, and of their lines; keys depend on them alone."""
    months = [day.replace(day=1) for day in sold["posting_date"]]
    places = list(zip(months, sold["company_id"], strict=True))
    number = {place: count for count, place in enumerate(sorted(set(places)), start=1)}
    currency: dict[tuple[date, int], set[str]] = {place: set() for place in number}
    for place, each in zip(places, sold["currency"], strict=True):
        currency[place] |= {each} - {None}
    following = [(month + timedelta(days=31)).replace(day=1) for month, _ in number]
    exported_at = [datetime(day.year, day.month, EXPORTED_DAY, 10, tzinfo=UTC) for day in following]
    last_day = [day - timedelta(days=1) for day in following]
    batches = {
        "batch_id": list(number.values()),
        "company_id": [company for _, company in number],
        "date_from": [month for month, _ in number],
        "date_to": last_day,
        "posting_date": last_day,
        "currency": [min(currency[place], default=None) for place in number],
        "state": ["exported"] * len(number),
        "created_at": exported_at,
        "updated_at": exported_at,
    }
    described = zip(sold["document_ref"], sold["code"], strict=True)
    lines = {
        "line_id": sold["tx_id"],
        "batch_id": [number[place] for place in places],
        "dim_company_id": sold["company_id"],
        "dim_site_id": sold["site_id"],
        "product_grade_id": sold["product_grade_id"],
        "transaction_id": sold["tx_id"],
        "document_no": [f"IC-{key}" for key in sold["tx_id"]],
        "account_no": [SALES_ACCOUNT] * len(places),
        "balancing_account_no": [RECEIVABLES_ACCOUNT] * len(places),
        "amount": sold["amount"],
        "description": [f"{document} {code}" for document, code in described],
        "batch_id_int": sold["batch_id"],
    }
    return batches, lines


def rows(query: str, parameters: Sequence[Any] = ()) -> Columns:
    """Columns that a query finds."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        found = cursor.fetchall()
        return {column.name: [row[place] for row in found] for place, column in enumerate(cursor.description)}
