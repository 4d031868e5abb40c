-- Of the eggs of each batch, how many lived to the end of each stage (to this day, in the stage they are in), and what was
-- recorded most often of those that did not. Daily states are worked out from the record, one a container and day.
WITH latest AS (
    SELECT DISTINCT ON (assignment_id) batch_id, lifecycle_stage_id, date, population
    FROM batch_actualdailyassignmentstate
    ORDER BY assignment_id, date DESC
), alive AS (
    SELECT batch_id, lifecycle_stage_id, max(date) AS last_day, sum(population) AS fish
    FROM latest
    GROUP BY batch_id, lifecycle_stage_id
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
SELECT batch.batch_number, stage.name AS stage, alive.last_day, alive.fish,
       round(100.0 * alive.fish / eggs.eggs, 1) AS of_eggs_percent, causes.most_often AS most_recorded_cause
FROM alive
JOIN batch_batch batch ON batch.id = alive.batch_id
JOIN batch_lifecyclestage stage ON stage.id = alive.lifecycle_stage_id
JOIN eggs ON eggs.batch_id = alive.batch_id
LEFT JOIN causes ON causes.batch_id = alive.batch_id AND causes.lifecycle_stage_id = alive.lifecycle_stage_id
ORDER BY batch.batch_number, stage."order";
