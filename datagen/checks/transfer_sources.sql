-- title: Every lift of a transfer finds the fish that the one before it left
-- means: The first lift out of a container finds all fish that leave it, each further one what is left, and the last leaves none in a container that is closed.
-- on: batch_transferaction
WITH lift AS (
    SELECT action.*, action.transferred_count + action.mortality_during_transfer AS taken,
        row_number() OVER by_number AS place,
        lag(action.source_population_before - action.transferred_count - action.mortality_during_transfer)
            OVER by_number AS left_before,
        sum(action.transferred_count + action.mortality_during_transfer)
            OVER (PARTITION BY action.workflow_id, action.source_assignment_id) AS taken_in_all
    FROM batch_transferaction action
    WHERE action.status = 'COMPLETED'
    WINDOW by_number AS (PARTITION BY action.workflow_id, action.source_assignment_id ORDER BY action.action_number)
)
SELECT workflow.workflow_number, container.name AS source, lift.action_number, lift.source_population_before,
    lift.left_before,
    lift.transferred_count, lift.mortality_during_transfer, lift.taken_in_all
FROM lift
JOIN batch_batchtransferworkflow workflow ON workflow.id = lift.workflow_id
LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = lift.source_assignment_id
LEFT JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE lift.source_population_before < lift.taken
    OR lift.source_population_before <> lift.left_before
    OR (lift.place = 1 AND assignment.departure_date = lift.actual_execution_date
        AND lift.source_population_before <> lift.taken_in_all)
ORDER BY workflow_number, action_number
