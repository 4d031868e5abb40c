-- title: The water of every transfer is known
-- means: Each completed transfer to another stage has one row of the water that the fish met, within 1.5 degrees of what their containers' sensors read on the days on which they came.
-- on: batch_batchtransferworkflow
SELECT workflow.workflow_number, count(DISTINCT water.id) AS rows, min(water.temperature) AS temperature,
    round(avg(reading.value), 2) AS read_temperature
FROM batch_batchtransferworkflow workflow
LEFT JOIN environmental_stagetransitionenvironmental water ON water.batch_transfer_workflow_id = workflow.id
LEFT JOIN batch_transferaction action ON action.workflow_id = workflow.id AND action.status = 'COMPLETED'
LEFT JOIN batch_batchcontainerassignment dest ON dest.id = action.dest_assignment_id
LEFT JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value)::numeric AS value
    FROM environmental_environmentalreading
    WHERE container_id = dest.container_id AND reading_time >= action.actual_execution_date
        AND reading_time < action.actual_execution_date + 1
        AND parameter_id = (SELECT id FROM environmental_environmentalparameter WHERE name = 'Temperature')
) reading ON true
WHERE workflow.status = 'COMPLETED' AND workflow.workflow_type = 'LIFECYCLE_TRANSITION'
GROUP BY workflow.id
HAVING count(DISTINCT water.id) <> 1 OR abs(min(water.temperature) - avg(reading.value)) > 1.5
ORDER BY workflow_number
