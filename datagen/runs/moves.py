"""What AquaMind's revision of 2026-03-25 knows besides of moves: where they go, when they were made, what they come to.

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
TOTALS = """
    UPDATE batch_batchtransferworkflow SET estimated_total_count = fish, estimated_total_biomass_kg = kg
    FROM (
        SELECT workflow.id AS workflow, sum(transferred_count) FILTER (WHERE ahead) AS fish,
            sum(transferred_biomass_kg) FILTER (WHERE ahead) AS kg
        FROM batch_batchtransferworkflow workflow
        LEFT JOIN batch_transferaction action ON workflow_id = workflow.id
        -- Of what is under way, that which is done as well.
        CROSS JOIN LATERAL (SELECT action.status = 'PENDING'
            OR (action.status = 'COMPLETED' AND workflow.status = 'IN_PROGRESS') AS ahead) told
        GROUP BY workflow.id
    ) told
    WHERE id = workflow AND id <> ALL(%s)
        AND (estimated_total_count IS DISTINCT FROM fish OR estimated_total_biomass_kg IS DISTINCT FROM kg)
"""
THERE = """
    SELECT count(*) = 4 FROM pg_attribute
    WHERE NOT attisdropped AND (attrelid, attname) IN (
        (to_regclass('public.batch_transferaction'), 'dest_container_id'),
        (to_regclass('public.batch_transferaction'), 'executed_at'),
        (to_regclass('public.batch_batchtransferworkflow'), 'estimated_total_count'),
        (to_regclass('public.batch_batchtransferworkflow'), 'estimated_total_biomass_kg'))
"""


def later_columns(connection: Connection) -> list[tuple[str, list[Any]]]:
    """Statements that fill them, of this tool's own rows; none where the database has no such columns."""
    row = connection.execute(THERE).fetchone()
    if row is None or not row[0]:
        return []
    told = ((PLACES, TransferAction), (TOTALS, BatchTransferWorkflow))
    return [(statement, [sorted(protection.keys_of_others(connection, model))]) for statement, model in told]
