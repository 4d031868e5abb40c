-- title: What is ahead has not happened
-- means: A planned batch has an order for its eggs that is planned or in progress; these have received nothing, and a cancelled one says why and when, after it was placed, and another was placed in its stead.
-- on: batch_creationworkflow
WITH ordered AS (
    SELECT workflow.*, batch.batch_number, batch.status AS batch_status,
        count(*) FILTER (WHERE workflow.status IN ('DRAFT', 'PLANNED', 'IN_PROGRESS'))
            OVER (PARTITION BY workflow.batch_id) AS open,
        count(*) FILTER (WHERE workflow.status <> 'CANCELLED') OVER (PARTITION BY workflow.batch_id) AS standing
    FROM batch_creationworkflow workflow
    JOIN batch_batch batch ON batch.id = workflow.batch_id
), judged AS (
    SELECT batch_number, batch_status, workflow_number, status, planned_completion_date,
        CASE
        WHEN status IN ('DRAFT', 'PLANNED') AND (total_eggs_received > 0 OR actual_start_date IS NOT NULL)
            THEN 'planned, and begun'
        WHEN status IN ('DRAFT', 'PLANNED', 'IN_PROGRESS') AND actual_completion_date IS NOT NULL
            THEN 'not completed, and over'
        WHEN status = 'CANCELLED' AND (total_eggs_received > 0 OR cancellation_reason = ''
            OR cancelled_at IS NULL OR cancelled_at < created_at) THEN 'cancelled without reason or day, or delivered'
        WHEN status = 'CANCELLED' AND standing = 0 AND batch_status <> 'CANCELLED' THEN 'cancelled without another'
        WHEN batch_status = 'PLANNED' AND open = 0 THEN 'planned without an order'
        END AS fault
    FROM ordered
)
SELECT * FROM judged
WHERE fault IS NOT NULL
ORDER BY batch_number, workflow_number
