-- title: A batch's status is that of its assignments
-- means: Active batches, and no others but those being received, have open assignments; their stage is the one that all fish have reached; completed ones were harvested, and ended with the last of them; open assignments are the active ones; it starts with the first of them, or before that if it is a mix of others.
-- on: batch_batch
WITH stay AS (
    SELECT assignment.batch_id, min(assignment.assignment_date) AS first_day,
        max(assignment.departure_date) AS last_departure,
        count(*) FILTER (WHERE assignment.departure_date IS NULL) AS open,
        count(*) FILTER (WHERE assignment.is_active <> (assignment.departure_date IS NULL)) AS misnamed,
        min(stage."order") FILTER (WHERE assignment.departure_date IS NULL) AS open_stage,
        max(stage."order") AS latest_stage
    FROM batch_batchcontainerassignment assignment
    JOIN batch_lifecyclestage stage ON stage.id = assignment.lifecycle_stage_id
    GROUP BY 1
), judged AS (
    SELECT batch.batch_number, batch.status, stage.name AS stage, batch.start_date, stay.first_day,
        batch.actual_end_date, stay.last_departure, stay.open,
        CASE
        WHEN stay.misnamed > 0 THEN 'assignments active and departed, or neither'
        WHEN CASE batch.batch_type WHEN 'MIXED' THEN batch.start_date > stay.first_day ELSE batch.start_date <> stay.first_day END
            THEN 'does not start with its first assignment'
        WHEN batch.status = 'ACTIVE' AND coalesce(stay.open, 0) = 0 THEN 'active without fish'
        WHEN batch.status IN ('PLANNED', 'RECEIVING') AND stay.open = 0 THEN 'not begun, and without fish again'
        WHEN batch.status = 'ACTIVE' AND batch.actual_end_date IS NOT NULL THEN 'active after its end'
        WHEN batch.status NOT IN ('ACTIVE', 'RECEIVING') AND stay.open > 0 THEN 'fish in a batch that is not active'
        WHEN batch.status IN ('COMPLETED', 'TERMINATED') AND batch.actual_end_date
            IS DISTINCT FROM stay.last_departure THEN 'does not end with its last assignment'
        WHEN batch.status = 'COMPLETED'
            AND NOT EXISTS (SELECT FROM harvest_harvestevent event WHERE event.batch_id = batch.id)
            THEN 'completed without a harvest'
        WHEN stage."order" <> coalesce(stay.open_stage, stay.latest_stage) THEN 'not in the stage of its fish'
        END AS fault
    FROM batch_batch batch
    JOIN batch_lifecyclestage stage ON stage.id = batch.lifecycle_stage_id
    LEFT JOIN stay ON stay.batch_id = batch.id
)
SELECT * FROM judged
WHERE fault IS NOT NULL
ORDER BY batch_number
