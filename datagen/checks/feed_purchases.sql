-- title: Every feed purchase is in one silo or barge, the oldest fed first
-- means: A purchase has exactly one stock row, entered no earlier than it was bought and holding no more; no lot is touched while an older one of its feed is left.
-- on: inventory_feedpurchase
WITH lot AS (
    SELECT purchase.id, purchase.feed_id, purchase.purchase_date, purchase.quantity_kg AS bought_kg,
        stock.quantity_kg AS left_kg,
        stock.entry_date, stock.feed_container_id, count(stock.id) OVER (PARTITION BY purchase.id) AS stock_rows,
        max(stock.entry_date) FILTER (WHERE stock.quantity_kg < purchase.quantity_kg)
            OVER (PARTITION BY stock.feed_container_id, purchase.feed_id) AS last_touched
    FROM inventory_feedpurchase purchase
    LEFT JOIN inventory_feedcontainerstock stock ON stock.feed_purchase_id = purchase.id
)
SELECT lot.id AS purchase_id, feed.name AS feed, lot.purchase_date, store.name AS store, lot.entry_date,
    lot.bought_kg, lot.left_kg, lot.stock_rows,
    CASE WHEN lot.stock_rows <> 1 THEN 'not in exactly one store'
         WHEN lot.entry_date::date < lot.purchase_date THEN 'there before it was bought'
         WHEN lot.left_kg > lot.bought_kg THEN 'more left than was bought'
         ELSE 'left although a later one was touched' END AS fault
FROM lot
JOIN inventory_feed feed ON feed.id = lot.feed_id
LEFT JOIN infrastructure_feedcontainer store ON store.id = lot.feed_container_id
WHERE lot.stock_rows <> 1
    OR lot.entry_date::date < lot.purchase_date
    OR lot.left_kg > lot.bought_kg
    OR (lot.left_kg > 0 AND lot.entry_date < lot.last_touched)
ORDER BY purchase_id
