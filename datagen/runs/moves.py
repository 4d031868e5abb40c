"""What AquaMind's revision of 2026-03-25 knows besides of moves: where, when, how much in all, and by which route.

Our models have the guide's columns, so these are written beside them, where the database has them.
"""

from typing import Any

from apps.batch.models import BatchTransferWorkflow, TransferAction
from datagen.runs import protection
from datagen.storage.ledger import Connection

# A move that is pending names the container that is booked for it in its notes, for it has no stay there yet.
PLACES = """
    UPDATE batch_transferaction SET dest_container_id = place, executed_at = made
    FROM (
        SELECT action.id AS action, coalesce(stay.container_id, booked.id) AS place,
            CASE WHEN action.status = 'COMPLETED' THEN action.updated_at END AS made
        FROM batch_transferaction action
        LEFT JOIN batch_batchcontainerassignment stay ON stay.id = action.dest_assignment_id
        LEFT JOIN infrastructure_container booked ON stay.id IS NULL AND action.notes = 'To ' || booked.name
    ) told
    WHERE id = action AND id <> ALL(%s)
        AND (dest_container_id IS DISTINCT FROM place OR executed_at IS DISTINCT FROM made)
"""
# A transfer to sea that is drafted has no lifts yet: it may be carried out live, from tank to vessel to ring.
LIVE = """
    UPDATE batch_batchtransferworkflow SET is_dynamic_execution = live, dynamic_route_mode = route
    FROM (
        SELECT id AS workflow, drafted AS live, CASE
            WHEN drafted AND EXISTS (SELECT FROM infrastructure_transportcarrier WHERE carrier_type = 'TRUCK')
                THEN 'VIA_TRUCK_TO_VESSEL'
            WHEN drafted THEN 'DIRECT_STATION_TO_VESSEL' END AS route
        FROM batch_batchtransferworkflow
        CROSS JOIN LATERAL (SELECT status = 'DRAFT' AND is_intercompany AS drafted) told
    ) told
    WHERE id = workflow AND id <> ALL(%s)
        AND (is_dynamic_execution IS DISTINCT FROM live OR dynamic_route_mode IS DISTINCT FROM route)
"""
TOTALS = """
    UPDATE batch_batchtransferworkflow SET estimated_total_count = fish, estimated_total_biomass_kg = kg
    FROM (
        SELECT workflow.id AS workflow, coalesce(sum(transferred_count) FILTER (WHERE ahead), min(there.fish)) AS fish,
            coalesce(sum(transferred_biomass_kg) FILTER (WHERE ahead), min(there.kg)) AS kg
        FROM batch_batchtransferworkflow workflow
        CROSS JOIN LATERAL (
            SELECT sum(population_count) AS fish, sum(biomass_kg) AS kg FROM batch_batchcontainerassignment stay
            WHERE is_dynamic_execution AND stay.batch_id = workflow.batch_id AND stay.departure_date IS NULL
        ) there
        LEFT JOIN batch_transferaction action ON workflow_id = workflow.id
        -- Of what is under way, that which is done as well.
        CROSS JOIN LATERAL (SELECT action.status = 'PENDING'
            OR (action.status = 'COMPLETED' AND workflow.status = 'IN_PROGRESS') AS ahead) told
        GROUP BY workflow.id
    ) told
    WHERE id = workflow AND id <> ALL(%s)
        AND (estimated_total_count IS DISTINCT FROM fish OR estimated_total_biomass_kg IS DISTINCT FROM kg)
"""
# Into a ring where others are already.
MIXED = """
    UPDATE batch_transferaction SET allow_mixed = mixed
    FROM (
        SELECT action.id AS action,
            coalesce(mix.batch_type = 'MIXED' AND source.container_id <> stay.container_id, false) AS mixed
        FROM batch_transferaction action
        JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
        LEFT JOIN batch_batchcontainerassignment stay ON stay.id = action.dest_assignment_id
        LEFT JOIN batch_batch mix ON mix.id = stay.batch_id
    ) told
    WHERE id = action AND id <> ALL(%s) AND allow_mixed IS DISTINCT FROM mixed
"""
THERE = """
    SELECT count(*) = 7 FROM pg_attribute
    WHERE NOT attisdropped AND (attrelid, attname) IN (
        (to_regclass('public.batch_transferaction'), 'allow_mixed'),
        (to_regclass('public.batch_transferaction'), 'dest_container_id'),
        (to_regclass('public.batch_transferaction'), 'executed_at'),
        (to_regclass('public.batch_batchtransferworkflow'), 'is_dynamic_execution'),
        (to_regclass('public.batch_batchtransferworkflow'), 'dynamic_route_mode'),
        (to_regclass('public.batch_batchtransferworkflow'), 'estimated_total_count'),
        (to_regclass('public.batch_batchtransferworkflow'), 'estimated_total_biomass_kg'))
"""


def later_columns(connection: Connection) -> list[tuple[str, list[Any]]]:
    """Statements that fill them, of this tool's own rows; none where the database has no such columns."""
    row = connection.execute(THERE).fetchone()
    if row is None or not row[0]:
        return []
    told = (
        (PLACES, TransferAction),
        (MIXED, TransferAction),
        (LIVE, BatchTransferWorkflow),
        (TOTALS, BatchTransferWorkflow),
    )
    return [(statement, [sorted(protection.keys_of_others(connection, model))]) for statement, model in told]
