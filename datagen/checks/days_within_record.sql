-- title: Nothing happens after the as-of day
-- means: No date of anything that has happened is later than the last day of the record: the day of the latest reading of a batch, else of the latest meal, death, sample or assignment.
-- on: batch_batch
WITH dated AS (
    SELECT 'batch start' AS what, id, start_date AS day FROM batch_batch
    UNION ALL SELECT 'batch end', id, actual_end_date FROM batch_batch
    UNION ALL SELECT 'assignment', id, greatest(assignment_date, departure_date, last_weighing_date)
        FROM batch_batchcontainerassignment
    UNION ALL SELECT 'creation workflow', id, greatest(actual_start_date, actual_completion_date)
        FROM batch_creationworkflow
    UNION ALL SELECT 'egg delivery', id, actual_delivery_date FROM batch_creationaction
    UNION ALL SELECT 'transfer workflow', id, greatest(actual_start_date, actual_completion_date)
        FROM batch_batchtransferworkflow
    UNION ALL SELECT 'transfer action', id, actual_execution_date FROM batch_transferaction
    UNION ALL SELECT 'deaths', id, event_date FROM batch_mortalityevent
    UNION ALL SELECT 'growth sample', id, sample_date FROM batch_growthsample
    UNION ALL SELECT 'daily state', id, date FROM batch_actualdailyassignmentstate
    UNION ALL SELECT 'meal', id, feeding_date FROM inventory_feedingevent
    UNION ALL SELECT 'feed purchase', id, purchase_date FROM inventory_feedpurchase
    UNION ALL SELECT 'feed delivery', id, entry_date::date FROM inventory_feedcontainerstock
    UNION ALL SELECT 'harvest', id, event_date::date FROM harvest_harvestevent
    UNION ALL SELECT 'harvest fact', fact_id, event_date::date FROM finance_factharvest
    UNION ALL SELECT 'transaction', tx_id, greatest(posting_date, approval_date::date)
        FROM finance_intercompanytransaction
    UNION ALL SELECT 'journal entry', id, entry_date::date FROM health_journalentry
    UNION ALL SELECT 'laboratory sample', id, greatest(sample_date, date_sent_to_lab, date_results_received)
        FROM health_healthlabsample
    UNION ALL SELECT 'health check', id, sampling_date FROM health_healthsamplingevent
    UNION ALL SELECT 'lice count', id, count_date::date FROM health_licecount
    UNION ALL SELECT 'treatment', id, treatment_date::date FROM health_treatment
    UNION ALL SELECT 'completed activity', id, completed_at::date FROM planning_plannedactivity
)
SELECT what, id, day
FROM dated
WHERE day > (SELECT current_setting('aquamind.as_of')::date)
ORDER BY day, what, id
