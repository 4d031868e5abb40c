-- title: Transfers ahead move fish that are there
-- means: A transfer that is not completed has as many actions as it says, done and in all, and says of each that is pending who is lifted, and when: the fish that are in the batch's containers of the stage that it leaves, never more than the lift before left. It lies ahead of the record, or has begun and is partly still ahead; and is called off for a reason, and then moves nothing.
-- on: batch_batchtransferworkflow
WITH last AS MATERIALIZED (
    SELECT key::bigint AS batch_id, value::date AS day
    FROM jsonb_each_text(current_setting('aquamind.as_of_days')::jsonb)
), lift AS (
    SELECT action.*, source.batch_id, source.lifecycle_stage_id, source.departure_date, source.population_count,
        lag(action.source_population_before - action.transferred_count) OVER (
            PARTITION BY action.workflow_id, action.source_assignment_id, action.status ORDER BY action.action_number
        ) AS left_before
    FROM batch_transferaction action
    JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
), judged AS (
    SELECT workflow.workflow_number, workflow.status, workflow.planned_start_date, lift.action_number,
        lift.status AS action_status, CASE
        WHEN workflow.status = 'CANCELLED' AND workflow.cancellation_reason = '' THEN 'called off for no reason'
        WHEN workflow.status IN ('DRAFT', 'PLANNED') AND workflow.planned_start_date <= last.day THEN 'its day has passed'
        WHEN workflow.status = 'IN_PROGRESS' AND coalesce(workflow.actual_start_date, 'infinity') > last.day THEN 'has not begun'
        WHEN workflow.status = 'IN_PROGRESS' AND lift.status = 'PENDING' AND lift.planned_date <= last.day
            THEN 'the day of a lift has passed'
        WHEN workflow.status = 'IN_PROGRESS' AND workflow.completion_percentage
            <> round(100.0 * workflow.actions_completed / nullif(workflow.total_actions_planned, 0), 2) THEN 'share that is done'
        WHEN workflow.total_actions_planned <> count(lift.id) OVER (PARTITION BY workflow.id) THEN 'number of actions'
        WHEN workflow.actions_completed <> count(lift.id) FILTER (WHERE lift.status = 'COMPLETED')
            OVER (PARTITION BY workflow.id) THEN 'number of completed actions'
        WHEN lift.status = 'COMPLETED' AND workflow.status <> 'IN_PROGRESS' THEN 'moved before it began, or called off'
        WHEN lift.status = 'PENDING' AND workflow.status = 'CANCELLED' THEN 'called off, and still to be done'
        WHEN lift.batch_id <> workflow.batch_id OR lift.lifecycle_stage_id <> workflow.source_lifecycle_stage_id
            THEN 'fish of another batch or stage'
        WHEN lift.status = 'PENDING' AND lift.planned_date IS NULL THEN 'no day'
        WHEN lift.status = 'PENDING' AND lift.departure_date IS NOT NULL THEN 'fish that are gone'
        WHEN lift.status = 'PENDING' AND lift.left_before IS NULL AND lift.source_population_before <> lift.population_count
            THEN 'other fish than are there'
        WHEN lift.transferred_count > lift.source_population_before
            OR (lift.status <> 'COMPLETED' AND lift.source_population_before <> lift.left_before)
            THEN 'other fish than the lift before left'
        END AS fault
    FROM batch_batchtransferworkflow workflow
    LEFT JOIN lift ON lift.workflow_id = workflow.id
    LEFT JOIN last ON last.batch_id = workflow.batch_id
    WHERE workflow.status <> 'COMPLETED'
)
SELECT * FROM judged
WHERE fault IS NOT NULL
ORDER BY workflow_number, action_number
