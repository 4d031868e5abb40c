-- title: A delivery of eggs is the sum of its actions
-- means: Eggs received, dead on arrival and number of actions of every creation workflow that is completed, or 100 % done, add up over its actions.
-- on: batch_creationworkflow
WITH action AS (
    SELECT workflow_id, count(*) AS actions, sum(egg_count_actual) AS eggs, sum(mortality_on_arrival) AS dead
    FROM batch_creationaction
    WHERE status = 'COMPLETED'
    GROUP BY 1
)
SELECT workflow.workflow_number, workflow.status, workflow.total_eggs_received, action.eggs AS actions_eggs,
    workflow.total_mortality_on_arrival,
    action.dead AS actions_dead, workflow.actions_completed, workflow.total_actions, action.actions,
    workflow.progress_percentage
FROM batch_creationworkflow workflow
LEFT JOIN action ON action.workflow_id = workflow.id
WHERE (workflow.status = 'COMPLETED' OR workflow.progress_percentage = 100) AND (
    workflow.status, workflow.total_eggs_received, workflow.total_mortality_on_arrival, workflow.actions_completed,
    workflow.total_actions, workflow.progress_percentage
) IS DISTINCT FROM ('COMPLETED', action.eggs, action.dead, action.actions, action.actions, 100.00)
ORDER BY workflow_number
