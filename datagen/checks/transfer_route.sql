-- title: Fish are moved within their batch and on to the next stage
-- means: A completed action takes fish on its day from an assignment of its workflow's batch and first stage to one of the same batch and its second stage; those that are put together with others out of one of the workflow's batch, or of one that the mix is of, into one of the mix.
-- on: batch_transferaction
SELECT workflow.workflow_number, action.action_number, action.actual_execution_date, source_container.name AS source,
    dest_container.name AS dest, source.departure_date AS source_departure, dest.assignment_date AS dest_begins
FROM batch_transferaction action
JOIN batch_batchtransferworkflow workflow ON workflow.id = action.workflow_id
LEFT JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
LEFT JOIN batch_batchcontainerassignment dest ON dest.id = action.dest_assignment_id
LEFT JOIN batch_batch mix ON mix.id = dest.batch_id AND mix.batch_type = 'MIXED'
LEFT JOIN infrastructure_container source_container ON source_container.id = source.container_id
LEFT JOIN infrastructure_container dest_container ON dest_container.id = dest.container_id
WHERE action.status = 'COMPLETED' AND (
    CASE WHEN mix.id IS NULL THEN (source.batch_id, dest.batch_id) IS DISTINCT FROM (workflow.batch_id, workflow.batch_id)
        ELSE workflow.batch_id NOT IN (source.batch_id, mix.id)
            OR source.batch_id NOT IN (SELECT source_batch_id FROM batch_batchcomposition WHERE mixed_batch_id = mix.id)
        END
    OR source.lifecycle_stage_id <> workflow.source_lifecycle_stage_id
    OR dest.lifecycle_stage_id <> workflow.dest_lifecycle_stage_id
    OR action.actual_execution_date IS NULL
    OR action.actual_execution_date NOT BETWEEN source.assignment_date AND coalesce(source.departure_date, 'infinity')
    OR action.actual_execution_date NOT BETWEEN dest.assignment_date AND coalesce(dest.departure_date, 'infinity')
    OR action.actual_execution_date NOT BETWEEN workflow.actual_start_date AND workflow.actual_completion_date
)
ORDER BY workflow_number, action_number
