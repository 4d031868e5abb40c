-- Feed given for each kilogram harvested, of every batch that was harvested to the last ring, its life from egg on.
-- A meal's stay tells its stage; fish are weighed live, at slaughter.
SELECT batch.batch_number,
       round(fed.kg / 1000) AS feed_t,
       round(slaughtered.kg / 1000) AS harvested_t,
       round(fed.kg / slaughtered.kg, 2) AS feed_per_kg,
       round(slaughtered.kg / slaughtered.fish, 2) AS mean_weight_kg
FROM batch_batch batch
JOIN LATERAL (SELECT sum(amount_kg) AS kg FROM inventory_feedingevent WHERE batch_id = batch.id) fed ON true
JOIN LATERAL (
    SELECT sum(lot.live_weight_kg) AS kg, sum(lot.unit_count) AS fish
    FROM harvest_harvestevent event
    JOIN harvest_harvestlot lot ON lot.event_id = event.id
    WHERE event.batch_id = batch.id
) slaughtered ON true
WHERE batch.status = 'COMPLETED'
ORDER BY batch.start_date;
