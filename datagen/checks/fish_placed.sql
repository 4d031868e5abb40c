-- title: A closed assignment counts the fish placed in it
-- means: The population of an assignment that has ended is what deliveries of eggs and transfers put there, each fish once.
-- on: batch_batchcontainerassignment
WITH placed AS (
    SELECT assignment_id, sum(fish) AS fish
    FROM (
        SELECT dest_assignment_id AS assignment_id, egg_count_actual - mortality_on_arrival AS fish
        FROM batch_creationaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT dest_assignment_id, transferred_count FROM batch_transferaction WHERE status = 'COMPLETED'
    ) arrival
    GROUP BY 1
)
SELECT batch.batch_number, container.name AS container, assignment.assignment_date, assignment.departure_date,
    assignment.population_count, coalesce(placed.fish, 0) AS placed
FROM batch_batchcontainerassignment assignment
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN placed ON placed.assignment_id = assignment.id
WHERE assignment.departure_date IS NOT NULL AND assignment.population_count <> coalesce(placed.fish, 0)
ORDER BY batch_number, assignment_date, container
