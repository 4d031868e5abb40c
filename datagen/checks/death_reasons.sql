-- title: The week's dead of each ring are judged by reason
-- means: What health staff recorded of a container, reason by reason, is up to its last judgement as many fish as died there, cause by cause, whatever a reason is called; no batch that was a month at sea is without a judgement.
-- on: batch_batchcontainerassignment
WITH judged AS (
    SELECT assignment_id, max(event_date::date) AS until
    FROM health_mortalityrecord WHERE assignment_id IS NOT NULL
    GROUP BY 1
), by_reason AS (
    SELECT assignment_id, array_agg(fish ORDER BY fish) AS parts
    FROM (SELECT assignment_id, reason_id, sum(count) AS fish FROM health_mortalityrecord GROUP BY 1, 2) reason
    GROUP BY 1
), by_cause AS (
    SELECT assignment_id, array_agg(fish ORDER BY fish) AS parts
    FROM (
        SELECT event.assignment_id, event.cause, sum(event.count) AS fish
        FROM batch_mortalityevent event
        JOIN judged ON judged.assignment_id = event.assignment_id AND event.event_date <= judged.until
        GROUP BY 1, 2
    ) cause
    GROUP BY 1
)
SELECT batch.batch_number, container.name AS container, judged.until, by_reason.parts AS judged, by_cause.parts AS died
FROM judged
JOIN by_reason USING (assignment_id)
LEFT JOIN by_cause USING (assignment_id)
JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE by_reason.parts IS DISTINCT FROM by_cause.parts
UNION ALL
SELECT batch.batch_number, NULL, max(event.event_date), NULL, NULL
FROM batch_batch batch
JOIN batch_batchcontainerassignment assignment ON assignment.batch_id = batch.id
JOIN infrastructure_container container ON container.id = assignment.container_id AND container.area_id IS NOT NULL
JOIN batch_mortalityevent event ON event.assignment_id = assignment.id
WHERE NOT EXISTS (SELECT FROM health_mortalityrecord record WHERE record.batch_id = batch.id)
GROUP BY batch.id
HAVING max(event.event_date) - min(event.event_date) > 30
ORDER BY batch_number, container
