-- title: Every meal is of the stage's feed, at the price that was paid for it
-- means: No feed for eggs; pellets of a size usual for the stage; something given; its percentage of the biomass right; its cost between the lowest and highest price paid for that feed at that place.
-- on: inventory_feedingevent
WITH stage AS (
    SELECT lifecycle.id, lifecycle.name, usual.from_mm, usual.to_mm
    FROM batch_lifecyclestage lifecycle
    LEFT JOIN (VALUES
        (2, 0.2, 0.8), (3, 0.8, 1.8), (4, 1.5, 2.5), (5, 2.5, 4.0), (6, 4.0, 12.0)
    ) AS usual (place, from_mm, to_mm) ON usual.place = lifecycle."order"
), paid AS (
    SELECT store.hall_id, store.area_id, purchase.feed_id,
        min(purchase.cost_per_kg) AS lowest, max(purchase.cost_per_kg) AS highest
    FROM inventory_feedcontainerstock stock
    JOIN inventory_feedpurchase purchase ON purchase.id = stock.feed_purchase_id
    JOIN infrastructure_feedcontainer store ON store.id = stock.feed_container_id
    GROUP BY 1, 2, 3
), price AS (
    SELECT container.id AS container_id, paid.feed_id, paid.lowest, paid.highest
    FROM paid
    JOIN infrastructure_container container
        ON container.hall_id = paid.hall_id OR container.area_id = paid.area_id
), judged AS (
    SELECT meal.*, stage.name AS stage, feed.name AS feed, feed.pellet_size_mm, price.lowest, price.highest, CASE
        WHEN meal.amount_kg <= 0 THEN 'nothing given'
        WHEN stage.from_mm IS NULL THEN 'this stage is not fed'
        WHEN feed.pellet_size_mm NOT BETWEEN stage.from_mm AND stage.to_mm THEN 'pellets of another stage'
        WHEN coalesce(meal.feed_cost, -1) < 0 OR (meal.feed_cost = 0 AND meal.amount_kg > 0.01) THEN 'no cost'
        WHEN meal.feed_cost NOT BETWEEN meal.amount_kg * price.lowest - 0.01 AND meal.amount_kg * price.highest + 0.01
            THEN 'not at a price that was paid'
        WHEN meal.batch_biomass_kg > 0 AND abs(meal.feeding_percentage - 100 * meal.amount_kg / meal.batch_biomass_kg)
            > 0.001 + 0.001 * meal.feeding_percentage THEN 'wrong percentage'
        END AS fault
    FROM inventory_feedingevent meal
    JOIN inventory_feed feed ON feed.id = meal.feed_id
    JOIN batch_batchcontainerassignment assignment ON assignment.id = meal.batch_assignment_id
    JOIN stage ON stage.id = assignment.lifecycle_stage_id
    LEFT JOIN price ON price.container_id = meal.container_id AND price.feed_id = meal.feed_id
)
SELECT judged.fault, container.name AS container, judged.stage, judged.feeding_date, judged.feeding_time, judged.feed,
    judged.pellet_size_mm, judged.amount_kg, judged.batch_biomass_kg, judged.feeding_percentage, judged.feed_cost,
    judged.lowest AS lowest_price_per_kg, judged.highest AS highest_price_per_kg, judged.id AS feeding_event_id
FROM judged
JOIN infrastructure_container container ON container.id = judged.container_id
WHERE judged.fault IS NOT NULL
ORDER BY feeding_date, feeding_time, container
