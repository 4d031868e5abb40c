-- title: Every active batch has its planned activities once
-- means: Each active batch with a scenario has one activity for each active template (twenty), due on its day; no batch has one twice; completed ones have a moment of completion, pending ones have none.
-- on: planning_plannedactivity
WITH template AS (
    SELECT activity_type, day_offset, count(*) AS activities
    FROM planning_activitytemplate
    WHERE is_active AND trigger_type = 'DAY_OFFSET'
    GROUP BY 1, 2
), planned AS (
    SELECT batch_id, activity_type, due_date, count(*) AS activities,
        count(*) FILTER (WHERE (status = 'COMPLETED') <> (completed_at IS NOT NULL)) AS misnamed
    FROM planning_plannedactivity
    GROUP BY 1, 2, 3
), wanted AS (
    SELECT batch.id AS batch_id, template.activity_type, batch.start_date + template.day_offset AS due_date,
        template.activities
    FROM batch_batch batch
    CROSS JOIN template
    WHERE EXISTS (SELECT FROM scenario WHERE scenario.batch_id = batch.id)
)
SELECT batch.batch_number, batch.status, coalesce(planned.activity_type, wanted.activity_type) AS activity_type,
    coalesce(planned.due_date, wanted.due_date) AS due_date,
    coalesce(planned.activities, 0) AS activities, coalesce(wanted.activities, 0) AS wanted, planned.misnamed
FROM planned
FULL JOIN wanted USING (batch_id, activity_type, due_date)
JOIN batch_batch batch ON batch.id = batch_id
WHERE coalesce(planned.activities, 0) > coalesce(wanted.activities, 0)
    OR (batch.status = 'ACTIVE' AND coalesce(planned.activities, 0) < wanted.activities)
    OR planned.misnamed > 0
ORDER BY batch_number, due_date
