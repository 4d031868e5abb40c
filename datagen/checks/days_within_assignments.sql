-- title: Everything recorded of fish lies within their stay
-- means: Deliveries, deaths, meals, weighings, health checks, lice counts, treatments and harvests have an assignment, between its first day and its departure, of the same batch and container.
-- on: batch_batchcontainerassignment
WITH recorded AS (
    SELECT 'meal' AS what, id, batch_assignment_id AS assignment_id, batch_id, container_id, feeding_date AS day
        FROM inventory_feedingevent
    UNION ALL SELECT 'deaths', id, assignment_id, batch_id, NULL, event_date FROM batch_mortalityevent
    UNION ALL SELECT 'growth sample', id, assignment_id, NULL, NULL, sample_date FROM batch_growthsample
    UNION ALL SELECT 'health check', id, assignment_id, NULL, NULL, sampling_date FROM health_healthsamplingevent
    UNION ALL SELECT 'laboratory sample', id, batch_container_assignment_id, NULL, NULL, sample_date
        FROM health_healthlabsample
    UNION ALL SELECT 'lice count', id, assignment_id, batch_id, container_id, count_date::date FROM health_licecount
    UNION ALL SELECT 'treatment', id, batch_assignment_id, batch_id, container_id, treatment_date::date
        FROM health_treatment
    UNION ALL SELECT 'harvest', id, assignment_id, batch_id, NULL, event_date::date FROM harvest_harvestevent
    UNION ALL
    SELECT 'egg delivery', action.id, action.dest_assignment_id, workflow.batch_id, NULL, action.actual_delivery_date
    FROM batch_creationaction action
    JOIN batch_creationworkflow workflow ON workflow.id = action.workflow_id
    WHERE action.status = 'COMPLETED'
    UNION ALL
    SELECT 'last weighing', id, id, NULL, NULL, last_weighing_date
    FROM batch_batchcontainerassignment WHERE last_weighing_date IS NOT NULL
)
SELECT recorded.what, recorded.id, recorded.day, batch.batch_number, container.name AS container,
    assignment.assignment_date, assignment.departure_date,
    CASE WHEN assignment.id IS NULL THEN 'no assignment'
         WHEN recorded.batch_id <> assignment.batch_id THEN 'of another batch'
         WHEN recorded.container_id <> assignment.container_id THEN 'in another container'
         ELSE 'not within the stay' END AS fault
FROM recorded
LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = recorded.assignment_id
LEFT JOIN batch_batch batch ON batch.id = assignment.batch_id
LEFT JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE assignment.id IS NULL
    OR recorded.batch_id <> assignment.batch_id
    OR recorded.container_id <> assignment.container_id
    OR recorded.day IS NULL
    OR recorded.day < assignment.assignment_date
    OR recorded.day > assignment.departure_date
ORDER BY day, what, id
