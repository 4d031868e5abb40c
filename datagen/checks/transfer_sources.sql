-- title: Every lift of a transfer finds the fish that the one before it left
-- means: Each further lift out of a container finds what the one before it left, less those that died there since, and the last leaves none in a container that is closed that day.
-- on: batch_transferaction
WITH lift AS (
    SELECT action.*, action.transferred_count + action.mortality_during_transfer AS taken,
        lag(action.source_population_before - action.transferred_count - action.mortality_during_transfer)
            OVER by_number AS left_before,
        lag(action.actual_execution_date) OVER by_number AS day_before,
        lead(action.id) OVER by_number IS NULL AS last
    FROM batch_transferaction action
    WHERE action.status = 'COMPLETED'
    WINDOW by_number AS (
        PARTITION BY action.source_assignment_id ORDER BY action.actual_execution_date, action.workflow_id, action.action_number
    )
), died AS (
    -- A day's lifts come before its dead.
    SELECT lift.id, sum(event.count) AS fish
    FROM lift
    JOIN batch_mortalityevent event ON event.assignment_id = lift.source_assignment_id
        AND event.event_date >= lift.day_before AND event.event_date < lift.actual_execution_date
    WHERE lift.day_before < lift.actual_execution_date
    GROUP BY 1
)
SELECT workflow.workflow_number, container.name AS source, lift.action_number, lift.actual_execution_date,
    lift.source_population_before, lift.left_before, died.fish AS died_since,
    lift.transferred_count, lift.mortality_during_transfer
FROM lift
LEFT JOIN died ON died.id = lift.id
JOIN batch_batchtransferworkflow workflow ON workflow.id = lift.workflow_id
LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = lift.source_assignment_id
LEFT JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE lift.source_population_before < lift.taken
    OR lift.source_population_before <> lift.left_before - coalesce(died.fish, 0)
    OR (lift.last AND assignment.departure_date = lift.actual_execution_date
        AND lift.source_population_before <> lift.taken)
ORDER BY workflow_number, action_number
