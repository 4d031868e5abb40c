-- title: A transfer's totals are the sums of its actions
-- means: Fish taken, arrived and dead, biomass and number of actions of every transfer that is completed, or 100 % done, add up over its actions; what left is what arrived or died.
-- on: batch_batchtransferworkflow
WITH action AS (
    SELECT workflow_id, count(*) AS actions, count(*) FILTER (WHERE status = 'COMPLETED') AS completed,
        sum(transferred_count) AS moved, sum(mortality_during_transfer) AS died,
        sum(transferred_biomass_kg) AS biomass_kg
    FROM batch_transferaction
    WHERE status IN ('COMPLETED', 'PENDING', 'IN_PROGRESS')
    GROUP BY 1
)
SELECT workflow.workflow_number, workflow.status, workflow.total_source_count, workflow.total_transferred_count,
    workflow.total_mortality_count,
    workflow.total_biomass_kg, workflow.total_actions_planned, workflow.actions_completed,
    workflow.completion_percentage,
    action.moved AS actions_transferred, action.died AS actions_mortality, action.biomass_kg AS actions_biomass_kg,
    action.actions
FROM batch_batchtransferworkflow workflow
LEFT JOIN action ON action.workflow_id = workflow.id
WHERE (workflow.status = 'COMPLETED' OR workflow.completion_percentage = 100) AND (
    workflow.status, workflow.total_source_count, workflow.total_transferred_count, workflow.total_mortality_count,
    workflow.total_biomass_kg,
    workflow.total_actions_planned, workflow.actions_completed, workflow.completion_percentage
) IS DISTINCT FROM (
    'COMPLETED', action.moved + action.died, action.moved, action.died, action.biomass_kg, action.actions, action.completed, 100.00
)
ORDER BY workflow_number
