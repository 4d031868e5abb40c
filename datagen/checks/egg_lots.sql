-- title: Every batch's eggs are traced to lots of eggs
-- means: A batch's lots sum to the eggs that its delivery received, were stripped 20 to 120 days before it began, and went to stations where it lay; they are all bought, of the supplier that the delivery names, or all of our own pairs, as the delivery says.
-- on: batch_creationworkflow
WITH lot AS (
    SELECT parentage.batch_id, count(*) AS lots, sum(lot.egg_count) AS eggs,
        min(lot.production_date)::date AS first_stripped, max(lot.production_date)::date AS last_stripped,
        count(*) FILTER (WHERE lot.source_type = 'internal' AND lot.pair_id IS NOT NULL) AS own,
        count(*) FILTER (WHERE lot.source_type = 'external' AND lot.pair_id IS NULL
            AND bought.supplier_id = workflow.external_supplier_id
            AND bought.batch_number = workflow.external_supplier_batch_number) AS bought,
        count(*) FILTER (WHERE lot.destination_station_id IN (
            SELECT hall.freshwater_station_id FROM batch_batchcontainerassignment assignment
            JOIN infrastructure_container container ON container.id = assignment.container_id
            JOIN infrastructure_hall hall ON hall.id = container.hall_id
            WHERE assignment.batch_id = parentage.batch_id AND assignment.assignment_date = batch.start_date
        )) AS arrived
    FROM broodstock_batchparentage parentage
    JOIN broodstock_eggproduction lot ON lot.id = parentage.egg_production_id
    JOIN batch_batch batch ON batch.id = parentage.batch_id
    JOIN batch_creationworkflow workflow ON workflow.batch_id = parentage.batch_id AND workflow.status = 'COMPLETED'
    LEFT JOIN broodstock_externaleggbatch bought ON bought.egg_production_id = lot.id
    GROUP BY parentage.batch_id
)
SELECT batch.batch_number, batch.start_date, workflow.egg_source_type, workflow.total_eggs_received, lot.eggs, lot.lots,
    lot.own, lot.bought, lot.arrived, lot.first_stripped, lot.last_stripped
FROM batch_creationworkflow workflow
JOIN batch_batch batch ON batch.id = workflow.batch_id
LEFT JOIN lot ON lot.batch_id = workflow.batch_id
WHERE workflow.status = 'COMPLETED' AND (
    lot.eggs IS DISTINCT FROM workflow.total_eggs_received
    OR lot.lots <> CASE workflow.egg_source_type WHEN 'INTERNAL' THEN lot.own ELSE lot.bought END
    OR lot.arrived <> lot.lots
    OR batch.start_date - lot.last_stripped < 20
    OR batch.start_date - lot.first_stripped > 120
)
ORDER BY batch_number
