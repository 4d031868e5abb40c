"""The books' view of the record: a fact for every harvest lot, a transaction for every hand-over between companies."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from apps.batch.models import BatchTransferWorkflow
from apps.finance.exports import APPROVED_DAY, EXPORTED_DAY
from apps.harvest.models import HarvestEvent
from apps.record import last_day, last_days


class MissingMasterDataError(Exception):
    """A site, company or price is missing, without which a harvest or transfer cannot be booked."""


@dataclass(frozen=True)
class Changes:
    """What a projection did to a table."""

    table: str
    rows: int
    created: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Columns:
    """What tells rows apart, what follows from the record, and what is only filled when a row is made."""

    key: tuple[str, ...]
    derived: tuple[str, ...]
    first_only: tuple[str, ...]


FACT_COLUMNS = Columns(
    ("lot_id",),
    (
        "event_id",
        "product_grade_id",
        "quantity_kg",
        "unit_count",
        "event_date",
        "dim_batch_id",
        "dim_site_id",
        "dim_company_id",
    ),
    ("created_at", "updated_at"),
)
TRANSACTION_COLUMNS = Columns(
    ("content_type_id", "object_id", "policy_id"),
    ("event_id", "posting_date", "amount", "currency"),
    ("state", "approved_by_id", "approval_date", "created_at", "updated_at"),
)

# Each lot at the site where its fish lived: the area of the ring, or the station of the tank.
WANTED_FACTS = """
CREATE TEMPORARY TABLE wanted_facts AS
SELECT lot.id AS lot_id, lot.event_id, lot.product_grade_id, lot.live_weight_kg AS quantity_kg, lot.unit_count,
       event.event_date, event.batch_id AS dim_batch_id, site.site_id AS dim_site_id,
       site.company_id AS dim_company_id, lot.created_at, lot.created_at AS updated_at,
       concat('site of container ', container.name) AS needs
FROM harvest_harvestlot lot
JOIN harvest_harvestevent event ON event.id = lot.event_id
JOIN batch_batchcontainerassignment assignment ON assignment.id = event.assignment_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN infrastructure_hall hall ON hall.id = container.hall_id
LEFT JOIN finance_dimsite site
    ON site.source_model = CASE WHEN container.area_id IS NULL THEN 'station' ELSE 'area' END
    AND site.source_pk = coalesce(container.area_id, hall.freshwater_station_id)
"""

# Fish that swim from a hall to an area change hands from the fresh water to the farming company, at the price of the
# stage they leave; slaughtered fish from the farming company to where the event sends them, at the price of the grade.
WANTED_TRANSACTIONS = """
CREATE TEMPORARY TABLE wanted_transactions AS
WITH handovers AS (
    SELECT workflow.batch_id, NULL::bigint AS event_id, %(transfer)s AS content_type_id, workflow.id AS object_id,
           workflow.actual_completion_date AS posting_date, sum(action.transferred_biomass_kg) AS quantity_kg,
           seller.company_id AS seller, buyer.company_id AS buyer, 'lifecycle' AS pricing_basis,
           NULL::bigint AS product_grade_id, workflow.source_lifecycle_stage_id AS lifecycle_stage_id,
           max(workflow.updated_at) AS completed_at, workflow.workflow_number AS document
    FROM batch_batchtransferworkflow workflow
    JOIN batch_transferaction action ON action.workflow_id = workflow.id AND action.status = 'COMPLETED'
    JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
    JOIN batch_batchcontainerassignment dest ON dest.id = action.dest_assignment_id
    JOIN infrastructure_container tank ON tank.id = source.container_id
    JOIN infrastructure_hall hall ON hall.id = tank.hall_id
    JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
    JOIN infrastructure_container ring ON ring.id = dest.container_id
    JOIN infrastructure_area area ON area.id = ring.area_id
    LEFT JOIN finance_dimcompany seller ON seller.geography_id = station.geography_id AND seller.subsidiary = 'FW'
    LEFT JOIN finance_dimcompany buyer ON buyer.geography_id = area.geography_id AND buyer.subsidiary = 'FM'
    WHERE workflow.status = 'COMPLETED'
    GROUP BY workflow.id, seller.company_id, buyer.company_id
    UNION ALL
    SELECT event.batch_id, event.id, %(harvest)s, event.id, (event.event_date AT TIME ZONE 'UTC')::date,
           sum(fact.quantity_kg), fact.dim_company_id, buyer.company_id, 'grade', fact.product_grade_id, NULL::bigint,
           max(fact.created_at), event.document_ref
    FROM wanted_facts fact
    JOIN harvest_harvestevent event ON event.id = fact.event_id
    LEFT JOIN finance_dimcompany buyer
        ON buyer.geography_id = event.dest_geography_id AND buyer.subsidiary = event.dest_subsidiary
    GROUP BY event.id, fact.dim_company_id, buyer.company_id, fact.product_grade_id
), dated AS (
    SELECT handovers.*, coalesce((%(days)s::jsonb ->> batch_id::text)::date, %(as_of)s::date) AS as_of FROM handovers
), aged AS (
    SELECT handovers.*, policy.policy_id, company.currency, round(quantity_kg * policy.price_per_kg, 2) AS amount,
           as_of >= next_month + %(approved)s AS approved,
           -- What has no grade is no line of an export.
           as_of >= next_month + %(exported)s AND handovers.product_grade_id IS NOT NULL AS exported,
           (next_month + %(approved)s + time '10:00') AT TIME ZONE 'UTC' AS approved_at,
           (next_month + %(exported)s + time '10:00') AT TIME ZONE 'UTC' AS exported_at
    FROM dated AS handovers
    CROSS JOIN LATERAL (SELECT (date_trunc('month', posting_date) + interval '1 month')::date AS next_month) AS closing
    LEFT JOIN finance_dimcompany company ON company.company_id = buyer
    LEFT JOIN finance_intercompanypolicy policy
        ON policy.from_company_id = seller AND policy.to_company_id = buyer
        AND policy.pricing_basis = handovers.pricing_basis
        AND (policy.product_grade_id = handovers.product_grade_id
             OR policy.lifecycle_stage_id = handovers.lifecycle_stage_id)
)
SELECT content_type_id, object_id, policy_id, event_id, posting_date, amount, currency,
       CASE WHEN exported THEN 'exported' WHEN approved THEN 'posted' ELSE 'pending' END AS state,
       CASE WHEN approved THEN (SELECT min(user_id) FROM users_userprofile WHERE role = 'FIN') END AS approved_by_id,
       CASE WHEN approved THEN approved_at END AS approval_date, completed_at AS created_at,
       CASE WHEN exported THEN exported_at WHEN approved THEN approved_at ELSE completed_at END AS updated_at,
       concat('policy for ', document, ' by ', pricing_basis) AS needs
FROM aged
"""

LINK_WORKFLOWS = """
UPDATE batch_batchtransferworkflow workflow SET finance_transaction_id = booked.tx_id
FROM (SELECT any_workflow.id, min(tx_id) AS tx_id
      FROM batch_batchtransferworkflow any_workflow
      LEFT JOIN finance_intercompanytransaction ON content_type_id = %s AND object_id = any_workflow.id
      GROUP BY any_workflow.id) booked
WHERE booked.id = workflow.id AND workflow.finance_transaction_id IS DISTINCT FROM booked.tx_id
"""


def project(as_of: date | None) -> list[Changes]:
    """Make facts and transactions what the record says; rows that already do keep their ids and are not touched.

    A transaction keeps the state that people gave it; a new one gets the state of its month on the as-of day,
    by default the last day of its batch's record.
    """
    parameters: dict[str, Any] = {
        "transfer": ContentType.objects.get_for_model(BatchTransferWorkflow).pk,
        "harvest": ContentType.objects.get_for_model(HarvestEvent).pk,
        "as_of": as_of or last_day(),
        "days": json.dumps({} if as_of else {batch: day.isoformat() for batch, day in last_days().items()}),
        "approved": APPROVED_DAY - 1,
        "exported": EXPORTED_DAY - 1,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WANTED_FACTS)
        _require(cursor, "wanted_facts", "dim_site_id")
        cursor.execute(WANTED_TRANSACTIONS, parameters)
        _require(cursor, "wanted_transactions", "policy_id")
        changes = [
            _synchronise(cursor, "finance_factharvest", "wanted_facts", FACT_COLUMNS),
            _synchronise(cursor, "finance_intercompanytransaction", "wanted_transactions", TRANSACTION_COLUMNS),
        ]
        cursor.execute(LINK_WORKFLOWS, [parameters["transfer"]])
        cursor.execute("DROP TABLE wanted_transactions, wanted_facts")
    return changes


def _require(cursor: CursorWrapper, wanted: str, column: str) -> None:
    cursor.execute(f"SELECT needs FROM {wanted} WHERE {column} IS NULL ORDER BY needs LIMIT 1")
    if (missing := cursor.fetchone()) is not None:
        raise MissingMasterDataError(f"There is no {missing[0]}: run `aquamind init`")


def _synchronise(cursor: CursorWrapper, table: str, wanted: str, columns: Columns) -> Changes:
    """Delete, update and insert until `table` holds the rows of `wanted`."""
    key, values = columns.key, columns.derived
    same = " AND ".join(f"t.{column} = w.{column}" for column in key)
    cursor.execute(f"DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM {wanted} w WHERE {same})")
    deleted = cursor.rowcount
    cursor.execute(
        f"UPDATE {table} t SET {', '.join(f'{column} = w.{column}' for column in values)} FROM {wanted} w"
        f" WHERE {same} AND ({', '.join(f't.{column}' for column in values)})"
        f" IS DISTINCT FROM ({', '.join(f'w.{column}' for column in values)})"
    )
    updated = cursor.rowcount
    every = ", ".join([*key, *values, *columns.first_only])
    cursor.execute(
        f"INSERT INTO {table} ({every}) SELECT {every} FROM {wanted} w"
        f" WHERE NOT EXISTS (SELECT FROM {table} t WHERE {same}) ORDER BY {', '.join(key)}"
    )
    created = cursor.rowcount
    cursor.execute(f"SELECT count(*) FROM {wanted}")
    return Changes(table, cursor.fetchone()[0], created, updated, deleted)
