-- title: Every batch has its own scenario, pinned, that outlasts it
-- means: Each active or completed batch pins a run of a scenario of its own that starts with it, on as many fish as there were eggs, unless it began as a mix of others, and reaches to its last day with fish.
-- on: scenario
SELECT batch.batch_number, batch.start_date, scenario.name AS scenario, scenario.start_date AS scenario_start,
    scenario.duration_days, run.label AS pinned_run,
    scenario.initial_count, eggs.received AS eggs_received
FROM batch_batch batch
LEFT JOIN scenario_projection_run run ON run.run_id = batch.pinned_projection_run_id
LEFT JOIN scenario ON scenario.scenario_id = run.scenario_id
LEFT JOIN (SELECT batch_id, sum(total_eggs_received) AS received FROM batch_creationworkflow
    WHERE status = 'COMPLETED' GROUP BY 1) eggs
    ON eggs.batch_id = batch.id
WHERE batch.status IN ('ACTIVE', 'COMPLETED') AND (
    scenario.batch_id IS DISTINCT FROM batch.id
    OR scenario.start_date <> batch.start_date
    OR scenario.start_date + scenario.duration_days < coalesce(batch.actual_end_date,
        (current_setting('aquamind.last_days')::jsonb ->> batch.id::text)::date + 1)
    OR (batch.batch_type <> 'MIXED' AND scenario.initial_count <> eggs.received)
)
ORDER BY batch_number
