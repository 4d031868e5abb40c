-- title: Meals are given to the fish that are there
-- means: The biomass that a meal is a percentage of, on a day with a weighing, is the fish of that morning at the weight of the sample, within 6.7 of its standard errors.
-- on: inventory_feedingevent
WITH change AS (
    SELECT dest_assignment_id AS assignment_id, actual_delivery_date AS day,
        egg_count_actual - mortality_on_arrival AS fish
    FROM batch_creationaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT dest_assignment_id, actual_execution_date, transferred_count
    FROM batch_transferaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT source_assignment_id, actual_execution_date, -transferred_count - mortality_during_transfer
    FROM batch_transferaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT event.assignment_id, event.event_date::date, -lot.unit_count
    FROM harvest_harvestlot lot JOIN harvest_harvestevent event ON event.id = lot.event_id
    UNION ALL
    SELECT assignment_id, event_date + 1, -count FROM batch_mortalityevent
), running AS (
    SELECT sample_id, sum(fish) OVER (PARTITION BY assignment_id ORDER BY day) AS fish
    FROM (
        SELECT assignment_id, day, NULL::bigint AS sample_id, fish FROM change
        UNION ALL
        SELECT assignment_id, sample_date, id, 0 FROM batch_growthsample
    ) step
), weighed AS (
    SELECT sample.assignment_id, sample.sample_date, sample.avg_weight_g, sample.sample_size, running.fish,
        -- Of all fish of a stage, for that of one sample is itself an estimate; a quarter is more than that of any.
        coalesce(avg(((sample.std_deviation_weight / nullif(sample.avg_weight_g, 0)) ^ 2)::float8)
            OVER (PARTITION BY assignment.lifecycle_stage_id), 0.0625) AS cv2
    FROM running
    -- As any key is. Else the planner takes all steps for samples, and sorts all meals to find those of as many days.
    JOIN batch_growthsample sample ON sample.id = running.sample_id AND running.sample_id BETWEEN 1 AND 1::bigint << 62
    JOIN batch_batchcontainerassignment assignment ON assignment.id = sample.assignment_id
)
SELECT batch.batch_number, container.name AS container, meal.feeding_date, meal.batch_biomass_kg, weighed.fish,
    weighed.avg_weight_g, round(weighed.fish * weighed.avg_weight_g / 1000, 2) AS weighed_kg, meal.id AS feeding_event_id
FROM inventory_feedingevent meal
JOIN weighed ON weighed.assignment_id = meal.batch_assignment_id AND weighed.sample_date = meal.feeding_date
JOIN batch_batch batch ON batch.id = meal.batch_id
JOIN infrastructure_container container ON container.id = meal.container_id
-- Of fish that at a stage's end differ by an eighth more than in all of it, six are exceeded once in five hundred
-- millions; a production has a quarter of a million weighings.
WHERE abs(meal.batch_biomass_kg - weighed.fish * weighed.avg_weight_g / 1000)
    > 0.005 + 6.7 * meal.batch_biomass_kg * sqrt(weighed.cv2 / nullif(weighed.sample_size, 0))
ORDER BY batch_number, feeding_date, container
