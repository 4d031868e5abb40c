-- title: Silos and barges never hold more than they can
-- means: After every delivery the feed in a hall's silos or a sea area's barges is within their capacity together, and what is left in each one within its own.
-- on: inventory_feedcontainerstock
WITH capacity AS (
    SELECT hall_id, area_id, sum(capacity_kg) AS capacity_kg FROM infrastructure_feedcontainer GROUP BY 1, 2
), change AS (
    SELECT store.hall_id, store.area_id, stock.entry_date AS moment, purchase.quantity_kg AS kg
    FROM inventory_feedcontainerstock stock
    JOIN inventory_feedpurchase purchase ON purchase.id = stock.feed_purchase_id
    JOIN infrastructure_feedcontainer store ON store.id = stock.feed_container_id
    UNION ALL
    SELECT container.hall_id, container.area_id, meal.feeding_date + meal.feeding_time, -sum(meal.amount_kg)
    FROM inventory_feedingevent meal
    JOIN infrastructure_container container ON container.id = meal.container_id
    GROUP BY 1, 2, meal.feeding_date, meal.feeding_time
), running AS (
    SELECT hall_id, area_id, moment, sum(kg) OVER (PARTITION BY hall_id, area_id ORDER BY moment) AS stock_kg
        FROM change
), fullest AS (
    SELECT DISTINCT ON (hall_id, area_id) hall_id, area_id, moment, stock_kg FROM running
    ORDER BY hall_id, area_id, stock_kg DESC
)
SELECT coalesce(station.name || ' ' || hall.name, area.name) AS place, fullest.moment, fullest.stock_kg, capacity.capacity_kg
FROM fullest
JOIN capacity ON capacity.hall_id = fullest.hall_id OR capacity.area_id = fullest.area_id
LEFT JOIN infrastructure_hall hall ON hall.id = fullest.hall_id
LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
LEFT JOIN infrastructure_area area ON area.id = fullest.area_id
WHERE fullest.stock_kg > capacity.capacity_kg
UNION ALL
SELECT store.name, NULL, sum(stock.quantity_kg), store.capacity_kg
FROM inventory_feedcontainerstock stock
JOIN infrastructure_feedcontainer store ON store.id = stock.feed_container_id
GROUP BY store.id
HAVING sum(stock.quantity_kg) > store.capacity_kg
ORDER BY place
