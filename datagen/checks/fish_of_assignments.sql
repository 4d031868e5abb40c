-- title: Fish are conserved in every container
-- means: Of every assignment, the fish placed in it, less its deaths, transfers out and harvest, are its population if it is open, and none if it is closed, but for fish that are known to be miscounted or vanished (datagen.truth_stock).
-- on: batch_batchcontainerassignment
WITH change AS (
    SELECT dest_assignment_id AS assignment_id, egg_count_actual - mortality_on_arrival AS placed, 0 AS died,
        0 AS moved_out, 0 AS harvested
    FROM batch_creationaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT dest_assignment_id, transferred_count, 0, 0, 0 FROM batch_transferaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT source_assignment_id, 0, 0, transferred_count + mortality_during_transfer, 0
    FROM batch_transferaction WHERE status = 'COMPLETED'
    UNION ALL
    SELECT event.assignment_id, 0, 0, 0, lot.unit_count
    FROM harvest_harvestlot lot JOIN harvest_harvestevent event ON event.id = lot.event_id
    UNION ALL
    SELECT assignment_id, 0, sum(count), 0, 0 FROM batch_mortalityevent WHERE assignment_id IS NOT NULL GROUP BY 1
), account AS (
    SELECT assignment_id, sum(placed) AS placed, sum(died) AS died, sum(moved_out) AS moved_out,
        sum(harvested) AS harvested
    FROM change GROUP BY 1
), off AS (
    SELECT assignment_id, miscounted + vanished AS fish FROM datagen.truth_stock
)
SELECT batch.batch_number, container.name AS container, assignment.assignment_date, assignment.departure_date,
    account.placed, account.died, account.moved_out, account.harvested,
    CASE WHEN assignment.departure_date IS NULL THEN assignment.population_count ELSE 0 END AS alive,
    CASE WHEN assignment.departure_date IS NULL THEN 0 ELSE coalesce(off.fish, 0) END AS known_to_be_off
FROM batch_batchcontainerassignment assignment
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN account ON account.assignment_id = assignment.id
LEFT JOIN off ON off.assignment_id = assignment.id
WHERE coalesce(account.placed - account.died - account.moved_out - account.harvested, 0)
    <> CASE WHEN assignment.departure_date IS NULL THEN assignment.population_count ELSE coalesce(off.fish, 0) END
ORDER BY batch_number, assignment_date, container
