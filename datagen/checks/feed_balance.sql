-- title: Feed bought is feed given plus feed in stock
-- means: Of every feed, what the silos or barges of a hall or sea area took in is what its containers were fed and what is left there, to the gram.
-- on: inventory_feedingevent
WITH change AS (
    SELECT store.hall_id, store.area_id, purchase.feed_id, purchase.quantity_kg AS bought_kg,
        stock.quantity_kg AS stock_kg, 0 AS fed_kg
    FROM inventory_feedcontainerstock stock
    JOIN inventory_feedpurchase purchase ON purchase.id = stock.feed_purchase_id
    JOIN infrastructure_feedcontainer store ON store.id = stock.feed_container_id
    UNION ALL
    SELECT container.hall_id, container.area_id, meal.feed_id, 0, 0, meal.kg
    FROM (SELECT container_id, feed_id, sum(amount_kg) AS kg FROM inventory_feedingevent GROUP BY 1, 2) meal
    JOIN infrastructure_container container ON container.id = meal.container_id
), account AS (
    SELECT hall_id, area_id, feed_id, sum(bought_kg) AS bought_kg, sum(fed_kg) AS fed_kg, sum(stock_kg) AS stock_kg
    FROM change GROUP BY 1, 2, 3
)
SELECT coalesce(station.name || ' ' || hall.name, area.name) AS place, feed.name AS feed, bought_kg, fed_kg, stock_kg,
    bought_kg - fed_kg - stock_kg AS kg_missing
FROM account
JOIN inventory_feed feed ON feed.id = account.feed_id
LEFT JOIN infrastructure_hall hall ON hall.id = account.hall_id
LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
LEFT JOIN infrastructure_area area ON area.id = account.area_id
WHERE bought_kg <> fed_kg + stock_kg
ORDER BY place, feed
