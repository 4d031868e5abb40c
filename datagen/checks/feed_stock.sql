-- title: Nothing is fed before it has arrived
-- means: At every meal the stock of its feed in the hall or sea area, all deliveries so far less all meals so far, is at least what was given; the first moment below is named.
-- on: inventory_feedingevent
WITH change AS (
    SELECT store.hall_id, store.area_id, purchase.feed_id, stock.entry_date AS moment, purchase.quantity_kg AS kg
    FROM inventory_feedcontainerstock stock
    JOIN inventory_feedpurchase purchase ON purchase.id = stock.feed_purchase_id
    JOIN infrastructure_feedcontainer store ON store.id = stock.feed_container_id
    UNION ALL
    SELECT container.hall_id, container.area_id, meal.feed_id, meal.feeding_date + meal.feeding_time,
        -sum(meal.amount_kg)
    FROM inventory_feedingevent meal
    JOIN infrastructure_container container ON container.id = meal.container_id
    GROUP BY 1, 2, 3, meal.feeding_date, meal.feeding_time
), running AS (
    SELECT hall_id, area_id, feed_id, moment,
        sum(kg) OVER (PARTITION BY hall_id, area_id, feed_id ORDER BY moment) AS stock_kg
    FROM change
), short AS (
    SELECT DISTINCT ON (hall_id, area_id, feed_id) hall_id, area_id, feed_id, moment, stock_kg
    FROM running
    WHERE stock_kg < 0
    ORDER BY hall_id, area_id, feed_id, moment
)
SELECT coalesce(station.name || ' ' || hall.name, area.name) AS place, feed.name AS feed, moment, stock_kg
FROM short
JOIN inventory_feed feed ON feed.id = short.feed_id
LEFT JOIN infrastructure_hall hall ON hall.id = short.hall_id
LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
LEFT JOIN infrastructure_area area ON area.id = short.area_id
ORDER BY place, feed
