-- title: Fish are conserved from egg to lot
-- means: Of every batch, the eggs received, less those dead on arrival, or the fish of others that it is a mix of, are its deaths, losses in transfers, harvested fish, those that went into a mix and fish alive, and those of emptied rings that are known to be miscounted or vanished (datagen.truth_stock).
-- on: batch_batch
WITH received AS (
    SELECT workflow.batch_id, sum(action.egg_count_actual - action.mortality_on_arrival) AS fish
    FROM batch_creationaction action
    JOIN batch_creationworkflow workflow ON workflow.id = action.workflow_id
    WHERE action.status = 'COMPLETED'
    GROUP BY 1
), moved AS (
    -- From batch to batch.
    SELECT source.batch_id AS source, dest.batch_id AS dest, sum(action.transferred_count) AS fish
    FROM batch_transferaction action
    JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
    JOIN batch_batchcontainerassignment dest ON dest.id = action.dest_assignment_id AND dest.batch_id <> source.batch_id
    WHERE action.status = 'COMPLETED'
    GROUP BY 1, 2
), died AS (
    SELECT batch_id, sum(count) AS fish FROM batch_mortalityevent GROUP BY 1
), lost AS (
    SELECT source.batch_id, sum(action.mortality_during_transfer) AS fish
    FROM batch_transferaction action
    JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
    WHERE action.status = 'COMPLETED'
    GROUP BY 1
), harvested AS (
    SELECT event.batch_id, sum(lot.unit_count) AS fish
    FROM harvest_harvestlot lot
    JOIN harvest_harvestevent event ON event.id = lot.event_id
    GROUP BY 1
), alive AS (
    SELECT batch_id, sum(population_count) AS fish
    FROM batch_batchcontainerassignment
    WHERE departure_date IS NULL
    GROUP BY 1
), off AS (
    SELECT assignment.batch_id, sum(miscounted + vanished) AS fish
    FROM datagen.truth_stock
    JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id AND departure_date IS NOT NULL
    GROUP BY 1
), account AS (
    SELECT batch.batch_number,
        coalesce(received.fish, 0) + (SELECT coalesce(sum(fish), 0) FROM moved WHERE dest = batch.id) AS received,
        coalesce(died.fish, 0) AS died,
        coalesce(lost.fish, 0) AS lost_in_transfers,
        coalesce(harvested.fish, 0) AS harvested,
        (SELECT coalesce(sum(fish), 0) FROM moved WHERE source = batch.id) AS gone_into_a_mix,
        coalesce(alive.fish, 0) AS alive,
        coalesce(off.fish, 0) AS known_to_be_off
    FROM batch_batch batch
    LEFT JOIN received ON received.batch_id = batch.id
    LEFT JOIN died ON died.batch_id = batch.id
    LEFT JOIN lost ON lost.batch_id = batch.id
    LEFT JOIN harvested ON harvested.batch_id = batch.id
    LEFT JOIN alive ON alive.batch_id = batch.id
    LEFT JOIN off ON off.batch_id = batch.id
)
SELECT *, received - died - lost_in_transfers - harvested - gone_into_a_mix - alive - known_to_be_off AS fish_missing
FROM account
WHERE received <> died + lost_in_transfers + harvested + gone_into_a_mix + alive + known_to_be_off
ORDER BY batch_number
