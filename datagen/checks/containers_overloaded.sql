-- title: No container is overloaded
-- means: Biomass is within max_biomass_kg on every day known: by daily states where there are any, else at weighings (the sample's mean less three standard errors), by assignments and by what was harvested.
-- on: batch_batchcontainerassignment
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
    SELECT assignment_id, event_date, -count FROM batch_mortalityevent
), fish AS (
    SELECT assignment_id, day, NULL::bigint AS sample_id, fish FROM change
    UNION ALL
    SELECT assignment_id, sample_date, id, 0 FROM batch_growthsample sample
    WHERE NOT EXISTS (SELECT FROM batch_actualdailyassignmentstate state
        WHERE state.assignment_id = sample.assignment_id)
), running AS (
    SELECT sample_id, sum(fish) OVER (PARTITION BY assignment_id ORDER BY day) AS fish FROM fish
), load AS (
    SELECT 'weighing' AS known_by, sample.assignment_id, sample.sample_date AS day,
        running.fish / 1000.0 * (
            sample.avg_weight_g - 3 * coalesce(sample.std_deviation_weight, 0) / sqrt(nullif(sample.sample_size, 0))
        ) AS biomass_kg
    FROM running
    JOIN batch_growthsample sample ON sample.id = running.sample_id
    UNION ALL
    SELECT 'daily state', assignment_id, date, biomass_kg FROM batch_actualdailyassignmentstate
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
