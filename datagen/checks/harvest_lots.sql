-- title: A harvest's lots are fish of its ring
-- means: The last harvest of an assignment ends it on its day, and then the lots of all of them, one a grade, are all the fish that were left, but for those known to be miscounted or vanished (datagen.truth_stock); one before, on a day of its own, leaves fish behind; of each, live weight exceeds gutted, and gutted exceeds fillet.
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
        SELECT assignment_id, -miscounted - vanished
        FROM datagen.truth_stock
        JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id AND departure_date IS NOT NULL
    ) change
    GROUP BY 1
), lot AS (
    SELECT event_id, count(*) AS lots, count(DISTINCT product_grade_id) AS grades, sum(unit_count) AS fish,
        sum(live_weight_kg) AS live_kg,
        bool_and(unit_count > 0 AND live_weight_kg > gutted_weight_kg AND gutted_weight_kg > fillet_weight_kg
            OR unit_count = 0 AND live_weight_kg = 0) AS weights_fit
    FROM harvest_harvestlot
    GROUP BY 1
), taken AS (
    SELECT event.id, event.assignment_id, event.document_ref, event.event_date::date AS day, lot.*,
        sum(lot.fish) OVER of_ring AS fish_so_far,
        row_number() OVER of_ring = count(*) OVER (PARTITION BY event.assignment_id) AS last,
        count(*) OVER (PARTITION BY event.assignment_id, event.event_date::date) AS that_day
    FROM harvest_harvestevent event
    LEFT JOIN lot ON lot.event_id = event.id
    WINDOW of_ring AS (PARTITION BY event.assignment_id ORDER BY event.event_date, event.id)
)
SELECT taken.document_ref, container.name AS container, taken.day, assignment.departure_date,
    placed.fish AS fish_left, taken.fish_so_far, taken.fish, taken.lots, taken.grades, taken.live_kg, taken.weights_fit
FROM taken
JOIN batch_batchcontainerassignment assignment ON assignment.id = taken.assignment_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN placed ON placed.assignment_id = assignment.id
WHERE taken.fish IS NULL
    OR taken.lots <> taken.grades
    OR NOT taken.weights_fit
    OR taken.that_day > 1
    OR CASE WHEN taken.last AND assignment.departure_date IS NOT NULL
        THEN taken.fish_so_far IS DISTINCT FROM placed.fish OR taken.day <> assignment.departure_date
        ELSE taken.fish = 0 OR coalesce(taken.fish_so_far > placed.fish, true) OR taken.day >= assignment.departure_date END
ORDER BY document_ref
