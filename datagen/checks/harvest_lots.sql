-- title: A harvest's lots are the fish of its ring
-- means: A harvest ends its assignment on its day; its lots, one a grade, are all the fish that were left, but for those known to be miscounted or vanished (datagen.truth_stock); of each, live weight exceeds gutted, and gutted exceeds fillet.
-- on: harvest_harvestevent
WITH placed AS (
    SELECT assignment_id, sum(fish) AS fish
    FROM (
        SELECT dest_assignment_id AS assignment_id, transferred_count AS fish
        FROM batch_transferaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT source_assignment_id, -transferred_count - mortality_during_transfer
        FROM batch_transferaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT dest_assignment_id, egg_count_actual - mortality_on_arrival
        FROM batch_creationaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT assignment_id, -sum(count) FROM batch_mortalityevent WHERE assignment_id IS NOT NULL GROUP BY 1
        UNION ALL
        SELECT assignment_id, -miscounted - vanished FROM datagen.truth_stock
    ) change
    GROUP BY 1
), lot AS (
    SELECT event_id, count(*) AS lots, count(DISTINCT product_grade_id) AS grades, sum(unit_count) AS fish,
        sum(live_weight_kg) AS live_kg,
        bool_and(unit_count > 0 AND live_weight_kg > gutted_weight_kg AND gutted_weight_kg > fillet_weight_kg
            OR unit_count = 0 AND live_weight_kg = 0) AS weights_fit
    FROM harvest_harvestlot
    GROUP BY 1
)
SELECT event.document_ref, container.name AS container, event.event_date, assignment.departure_date,
    placed.fish AS fish_left, lot.fish, lot.lots, lot.grades,
    lot.live_kg, lot.weights_fit
FROM harvest_harvestevent event
JOIN batch_batchcontainerassignment assignment ON assignment.id = event.assignment_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN placed ON placed.assignment_id = assignment.id
LEFT JOIN lot ON lot.event_id = event.id
WHERE lot.fish IS DISTINCT FROM placed.fish
    OR lot.lots <> lot.grades
    OR NOT lot.weights_fit
    OR assignment.departure_date IS DISTINCT FROM event.event_date::date
ORDER BY document_ref
