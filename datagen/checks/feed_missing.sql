-- title: No fish go unfed
-- means: Every assignment of a stage that converts feed, by the feed models of the scenarios, has had meals in any two weeks.
-- on: inventory_feedingevent
WITH meal AS (
    SELECT batch_assignment_id, max(feeding_date) AS last_fed FROM inventory_feedingevent
        WHERE amount_kg > 0 GROUP BY 1
), last AS MATERIALIZED (
    -- Read once, and not for each assignment.
    SELECT key::bigint AS batch_id, value::date AS day
    FROM jsonb_each_text(current_setting('aquamind.last_days')::jsonb)
)
SELECT batch.batch_number, container.name AS container, stage.name AS stage, assignment.assignment_date,
    assignment.departure_date, meal.last_fed
FROM batch_batchcontainerassignment assignment
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
JOIN batch_lifecyclestage stage ON stage.id = assignment.lifecycle_stage_id
LEFT JOIN meal ON meal.batch_assignment_id = assignment.id
LEFT JOIN last ON last.batch_id = assignment.batch_id
WHERE EXISTS (SELECT FROM scenario_fcrmodelstage fcr WHERE fcr.stage_id = stage.id AND fcr.fcr_value > 0)
    AND least(assignment.departure_date, last.day)
        - greatest(assignment.assignment_date, coalesce(meal.last_fed, assignment.assignment_date)) > 14
ORDER BY batch_number, assignment_date, container
