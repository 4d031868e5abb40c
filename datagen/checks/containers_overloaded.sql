-- title: No container is overloaded
-- means: Biomass is within max_biomass_kg wherever it is known: at every meal, on the first or last day of an assignment, and at harvest exactly; at a weighing, which is of some of the fish, by the mean less 5.5 of its standard errors.
-- on: batch_batchcontainerassignment
WITH arrived AS (
    SELECT dest_assignment_id AS assignment_id, actual_delivery_date AS day,
        egg_count_actual - mortality_on_arrival AS fish
    FROM batch_creationaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT dest_assignment_id, actual_execution_date, transferred_count
    FROM batch_transferaction WHERE status = 'COMPLETED'
), spread AS (
    -- Of all fish of a stage, for that of one sample is itself an estimate; a quarter is more than that of any.
    SELECT assignment.lifecycle_stage_id,
        coalesce(avg(((sample.std_deviation_weight / sample.avg_weight_g) ^ 2)::float8), 0.0625) AS cv2
    FROM batch_growthsample sample
    JOIN batch_batchcontainerassignment assignment ON assignment.id = sample.assignment_id
    WHERE sample.avg_weight_g > 0
    GROUP BY 1
), weighing AS MATERIALIZED (
    -- Beyond 5.5 standard errors chance puts one weighing in fifty millions; a production has a quarter of a million.
    -- Those alone that would be too much if no fish had died or gone: of the others it need not be known who has.
    SELECT sample.id, sample.assignment_id, sample.sample_date AS day, weight.least_g
    FROM batch_growthsample sample
    JOIN batch_batchcontainerassignment assignment ON assignment.id = sample.assignment_id
    JOIN infrastructure_container container ON container.id = assignment.container_id
    JOIN spread ON spread.lifecycle_stage_id = assignment.lifecycle_stage_id
    JOIN (SELECT assignment_id, sum(fish) AS fish FROM arrived GROUP BY 1) ever ON ever.assignment_id = assignment.id
    CROSS JOIN LATERAL (
        SELECT sample.avg_weight_g / (1 + 5.5 * sqrt(spread.cv2 / nullif(sample.sample_size, 0))) AS least_g
    ) weight
    WHERE ever.fish / 1000.0 * weight.least_g > container.max_biomass_kg
), running AS (
    SELECT sample_id, sum(fish) OVER (PARTITION BY assignment_id ORDER BY day) AS fish
    FROM (
        SELECT assignment_id, day, NULL::bigint AS sample_id, fish FROM arrived
        UNION ALL
        SELECT source_assignment_id, actual_execution_date, NULL, -transferred_count - mortality_during_transfer
        FROM batch_transferaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT assignment_id, event_date, NULL, -count FROM batch_mortalityevent
        WHERE assignment_id IN (SELECT assignment_id FROM weighing)
        UNION ALL
        SELECT event.assignment_id, event.event_date::date, NULL, -lot.unit_count
        FROM harvest_harvestlot lot JOIN harvest_harvestevent event ON event.id = lot.event_id
        UNION ALL
        SELECT assignment_id, day, id, 0 FROM weighing
    ) change
), load AS (
    -- Daily states carry the error of their last weighing on from day to day: what they estimate, the meals know.
    SELECT 'weighing' AS known_by, weighing.assignment_id, weighing.day,
        running.fish / 1000.0 * weighing.least_g AS biomass_kg
    FROM running
    JOIN weighing ON weighing.id = running.sample_id
    UNION ALL
    -- Only those beyond are grouped.
    SELECT 'meal', batch_assignment_id, feeding_date, max(batch_biomass_kg)
    FROM inventory_feedingevent meal
    JOIN batch_batchcontainerassignment assignment ON assignment.id = meal.batch_assignment_id
    JOIN infrastructure_container container ON container.id = assignment.container_id
    WHERE meal.batch_biomass_kg > container.max_biomass_kg
    GROUP BY 2, 3
    UNION ALL
    SELECT 'assignment', id, assignment_date, biomass_kg FROM batch_batchcontainerassignment
    UNION ALL
    SELECT 'harvest', event.assignment_id, event.event_date::date, sum(lot.live_weight_kg)
    FROM harvest_harvestlot lot
    JOIN harvest_harvestevent event ON event.id = lot.event_id
    GROUP BY event.id
)
SELECT container.name AS container, batch.batch_number, load.day, load.known_by,
    round(load.biomass_kg::numeric, 1) AS biomass_kg, container.max_biomass_kg
FROM load
JOIN batch_batchcontainerassignment assignment ON assignment.id = load.assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE load.biomass_kg > container.max_biomass_kg
ORDER BY container, day
