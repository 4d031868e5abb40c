-- title: Every meal is of the stage's feed, at the price that was paid for it
-- means: No feed for stages whose feed conversion is 0; pellets of a size usual for the weights expected in the stage; something given; its percentage of the biomass right, as far as both are rounded; its cost between the lowest and highest price paid for that feed at that place.
-- on: inventory_feedingevent
WITH stage AS MATERIALIZED (
    -- Usual pellets: 0.2-0.8 mm for 0.5-6 g, 1.3-2.9 mm for 60-180 g, 3-12 mm for 0.5-7 kg; between these by powers.
    SELECT lifecycle.id, lifecycle.name,
        -- As sizes are, so that those of meals need not become floating point, each twice.
        (0.25 * lifecycle.expected_weight_min_g::float8 ^ 0.4)::numeric AS from_mm,
        (0.4 * lifecycle.expected_weight_max_g::float8 ^ 0.38)::numeric AS to_mm,
        -- Where no scenario says how a stage converts feed, nothing says that it is not fed.
        coalesce((SELECT max(fcr_value) > 0 FROM scenario_fcrmodelstage fcr WHERE fcr.stage_id = lifecycle.id), true)
            AS fed
    FROM batch_lifecyclestage lifecycle
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
        WHEN NOT stage.fed THEN 'this stage is not fed'
        WHEN feed.pellet_size_mm NOT BETWEEN stage.from_mm AND stage.to_mm THEN 'pellets of another stage'
        WHEN coalesce(meal.feed_cost, -1) < 0 OR (meal.feed_cost = 0 AND meal.amount_kg > 0.01) THEN 'no cost'
        WHEN meal.feed_cost NOT BETWEEN meal.amount_kg * price.lowest - 0.01 AND meal.amount_kg * price.highest + 0.01
            THEN 'not at a price that was paid'
        -- The percentage is of the biomass before it was rounded to 10 g, which of some fry is a tenth of it.
        WHEN abs(meal.feeding_percentage * meal.batch_biomass_kg - 100 * meal.amount_kg)
            > 0.005 * meal.feeding_percentage + 0.001 * (meal.batch_biomass_kg + 0.005) THEN 'wrong percentage'
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
