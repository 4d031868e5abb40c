-- title: No container holds two batches on a day
-- means: The assignments of a container follow each other without overlap; the day of departure may be the next one's first.
-- on: batch_batchcontainerassignment
WITH stay AS (
    SELECT *, max(coalesce(departure_date, 'infinity')) OVER (
        PARTITION BY container_id ORDER BY assignment_date, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS taken_until
    FROM batch_batchcontainerassignment
)
SELECT container.name AS container, batch.batch_number, stay.assignment_date, stay.departure_date,
    nullif(stay.taken_until, 'infinity') AS taken_until
FROM stay
JOIN batch_batch batch ON batch.id = stay.batch_id
JOIN infrastructure_container container ON container.id = stay.container_id
WHERE stay.taken_until > stay.assignment_date
ORDER BY container, assignment_date
