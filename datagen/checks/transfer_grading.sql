-- title: Large fish are graded from small ones
-- means: Where a container's fish are graded, all of its lifts are of large or of small ones, there are both of more than a hundred fish, the large ones are heavier, and no container gets both.
-- on: batch_transferaction
WITH lift AS (
    SELECT action.workflow_id, source_assignment_id, dest_assignment_id, selection_method, transferred_count,
        (transferred_biomass_kg - 0.005) / nullif(transferred_count, 0) AS least_kg,
        (transferred_biomass_kg + 0.005) / nullif(transferred_count, 0) AS most_kg
    FROM batch_transferaction action
    WHERE status = 'COMPLETED'
), source AS (
    SELECT workflow_id, source_assignment_id AS assignment_id,
        count(*) FILTER (WHERE selection_method = 'AVERAGE') AS ungraded, sum(transferred_count) AS fish,
        min(most_kg) FILTER (WHERE selection_method = 'LARGEST') AS large_kg,
        max(least_kg) FILTER (WHERE selection_method = 'SMALLEST') AS small_kg,
        'graded in part, or not by size' AS fault
    FROM lift
    GROUP BY 1, 2
    HAVING bool_or(selection_method <> 'AVERAGE')
), mixed AS (
    SELECT workflow_id, dest_assignment_id AS assignment_id, 0 AS ungraded, sum(transferred_count), NULL::numeric, NULL::numeric,
        'large and small together' AS fault
    FROM lift
    WHERE dest_assignment_id IS NOT NULL
    GROUP BY 1, 2
    HAVING count(DISTINCT selection_method) > 1
)
SELECT workflow.workflow_number, container.name AS container, fault, ungraded, fish, large_kg, small_kg
FROM (
    SELECT * FROM source WHERE ungraded > 0 OR large_kg <= small_kg OR (fish > 100 AND (large_kg IS NULL OR small_kg IS NULL))
    UNION ALL
    SELECT * FROM mixed
) AS found
JOIN batch_batchtransferworkflow workflow ON workflow.id = workflow_id
LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
LEFT JOIN infrastructure_container container ON container.id = assignment.container_id
ORDER BY workflow_number, container
