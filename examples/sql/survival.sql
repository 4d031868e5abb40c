-- Of the eggs of each batch, how many lived on its last recorded day at each stage, and what most died of there.
-- Daily states are worked out from the record, one a container and day.
WITH daily AS (
    SELECT batch_id, lifecycle_stage_id, date, sum(population) AS fish
    FROM batch_actualdailyassignmentstate
    GROUP BY batch_id, lifecycle_stage_id, date
), latest AS (
    SELECT DISTINCT ON (batch_id, lifecycle_stage_id) batch_id, lifecycle_stage_id, date, fish
    FROM daily
    ORDER BY batch_id, lifecycle_stage_id, date DESC
), eggs AS (
    SELECT stay.batch_id, sum(action.egg_count_planned) AS eggs
    FROM batch_creationaction action
    JOIN batch_batchcontainerassignment stay ON stay.id = action.dest_assignment_id
    GROUP BY stay.batch_id
), causes AS (
    SELECT stay.batch_id, stay.lifecycle_stage_id, mode() WITHIN GROUP (ORDER BY event.cause) AS most_often
    FROM batch_mortalityevent event
    JOIN batch_batchcontainerassignment stay ON stay.id = event.assignment_id
    GROUP BY stay.batch_id, stay.lifecycle_stage_id
)
SELECT batch.batch_number, stage.name AS stage, latest.date AS last_day, latest.fish,
       round(100.0 * latest.fish / eggs.eggs, 1) AS of_eggs_percent, causes.most_often AS most_recorded_cause
FROM latest
JOIN batch_batch batch ON batch.id = latest.batch_id
JOIN batch_lifecyclestage stage ON stage.id = latest.lifecycle_stage_id
JOIN eggs ON eggs.batch_id = latest.batch_id
LEFT JOIN causes ON causes.batch_id = latest.batch_id AND causes.lifecycle_stage_id = latest.lifecycle_stage_id
ORDER BY batch.batch_number, stage."order";
