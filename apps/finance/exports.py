"""What the accounting system was given: harvest sales by selling company and month, once the month is closed."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

APPROVED_DAY, EXPORTED_DAY = 3, 5
"""Of the following month, on which the transactions of a month are approved and exported; invented."""

SALES_ACCOUNT, RECEIVABLES_ACCOUNT = "3110", "1510"
"""Invented, as a chart of accounts has them."""

EXPORTED = f"""
    SELECT transaction.tx_id, policy.from_company_id AS company_id, transaction.currency, transaction.amount,
           date_trunc('month', transaction.posting_date)::date AS date_from,
           (date_trunc('month', transaction.posting_date) + interval '1 month - 1 day')::date AS date_to,
           ((date_trunc('month', transaction.posting_date) + interval '1 month')::date
               + interval '{EXPORTED_DAY - 1} days 10 hours') AT TIME ZONE 'UTC' AS exported_at,
           policy.product_grade_id, event.batch_id, event.document_ref, grade.code,
           (SELECT min(dim_site_id) FROM finance_factharvest fact WHERE fact.event_id = event.id) AS site_id
    FROM finance_intercompanytransaction transaction
    JOIN finance_intercompanypolicy policy ON policy.policy_id = transaction.policy_id
    JOIN harvest_harvestevent event ON event.id = transaction.event_id
    JOIN harvest_productgrade grade ON grade.id = policy.product_grade_id
    WHERE transaction.state = 'exported'
"""
BATCHES = f"""
    SELECT row_number() OVER (ORDER BY date_from, company_id) AS batch_id, company_id, date_from, date_to,
           date_to AS posting_date, min(currency) AS currency, 'exported' AS state, min(exported_at) AS created_at,
           min(exported_at) AS updated_at
    FROM ({EXPORTED}) AS exported
    GROUP BY company_id, date_from, date_to
    ORDER BY 1
"""
LINES = f"""
    SELECT tx_id AS line_id, dense_rank() OVER (ORDER BY date_from, company_id) AS batch_id,
           company_id AS dim_company_id, site_id AS dim_site_id, product_grade_id, tx_id AS transaction_id,
           'IC-' || tx_id AS document_no, '{SALES_ACCOUNT}' AS account_no,
           '{RECEIVABLES_ACCOUNT}' AS balancing_account_no, amount,
           document_ref || ' ' || code AS description, batch_id AS batch_id_int
    FROM ({EXPORTED}) AS exported
    ORDER BY 1
"""


def rows(query: str, parameters: Sequence[Any] = ()) -> dict[str, list[Any]]:
    """Columns that a query finds; those of all exports have keys that depend on the record alone."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        found = cursor.fetchall()
        return {column.name: [row[place] for row in found] for place, column in enumerate(cursor.description)}
