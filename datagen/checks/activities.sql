-- title: Active batches have their planned activities once
-- means: Each active batch with a scenario has one activity for each active template (twenty), but for those that began as a mix of others, and a few of which nobody has planned any, where a plan is lived (three in ten, or half of up to six), planned near its template's day and the harvest on the day that is expected of the batch; of finished ones nothing is still to be done; no batch has one twice; completed ones have a moment of completion within ten days of the day planned, others have none.
-- on: planning_plannedactivity
WITH template AS (
    SELECT activity_type, day_offset, row_number() OVER (PARTITION BY activity_type ORDER BY day_offset, id) AS place
    FROM planning_activitytemplate
    WHERE is_active AND trigger_type = 'DAY_OFFSET'
), planned AS (
    SELECT *, row_number() OVER (PARTITION BY batch_id, activity_type ORDER BY due_date, id) AS place
    FROM planning_plannedactivity
), wanted AS (
    SELECT batch.id AS batch_id, template.activity_type, template.place,
        CASE WHEN activity_type = 'HARVEST'
            THEN coalesce(batch.actual_end_date, batch.expected_end_date, batch.start_date + day_offset)
            ELSE batch.start_date + day_offset END AS template_day,
        -- Lice, and the fish that weigh enough, come when they come.
        CASE activity_type WHEN 'HARVEST' THEN CASE batch.status WHEN 'COMPLETED' THEN 10 ELSE 0 END
            WHEN 'TREATMENT' THEN 60 ELSE 40 END AS within_days
    FROM batch_batch batch
    CROSS JOIN template
    WHERE EXISTS (SELECT FROM scenario WHERE scenario.batch_id = batch.id)
), unplanned AS (
    SELECT count(*) FILTER (WHERE id NOT IN (SELECT batch_id FROM planned)) > greatest(0.3 * count(*), least(0.5 * count(*), 3))
        OR NOT (SELECT coalesce(bool_or(parameters->>'way' = 'lived'), false) FROM datagen.run) AS too_many
    FROM batch_batch WHERE status = 'ACTIVE' AND batch_type <> 'MIXED'
)
SELECT batch.batch_number, batch.status AS batch_status, activity_type, planned.status, planned.due_date,
    wanted.template_day, planned.completed_at
FROM planned
FULL JOIN wanted USING (batch_id, activity_type, place)
JOIN batch_batch batch ON batch.id = batch_id
WHERE wanted.batch_id IS NULL
    OR (batch.status = 'ACTIVE' AND planned.id IS NULL
        AND (batch.id IN (SELECT batch_id FROM planned) OR (SELECT too_many FROM unplanned)))
    OR (batch.status = 'COMPLETED' AND planned.status NOT IN ('COMPLETED', 'CANCELLED'))
    OR abs(planned.due_date - wanted.template_day) > wanted.within_days
    OR (planned.status = 'COMPLETED') <> (planned.completed_at IS NOT NULL)
    OR abs(planned.completed_at::date - planned.due_date) > 10
ORDER BY batch_number, due_date
