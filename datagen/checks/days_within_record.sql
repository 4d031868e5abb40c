-- title: Nothing happens after the as-of day
-- means: No date of anything that has happened to a batch is later than the as-of day of the run that recorded it, and none of a feed purchase than that of the latest run; what no run recorded is not later than today.
-- on: batch_batch
WITH last AS MATERIALIZED (
    SELECT key::bigint AS batch_id, value::date AS day
    FROM jsonb_each_text(current_setting('aquamind.as_of_days')::jsonb)
), dated AS (
    SELECT 'batch start' AS what, id, id AS batch_id, start_date AS day FROM batch_batch
        WHERE status NOT IN ('PLANNED', 'CANCELLED')
    UNION ALL SELECT 'batch end', id, id, actual_end_date FROM batch_batch
    UNION ALL SELECT 'assignment', id, batch_id, greatest(assignment_date, departure_date, last_weighing_date)
        FROM batch_batchcontainerassignment
    UNION ALL SELECT 'creation workflow', id, batch_id,
        greatest(actual_start_date, actual_completion_date, cancelled_at::date)
        FROM batch_creationworkflow
    UNION ALL SELECT 'transfer workflow', id, batch_id, greatest(actual_start_date, actual_completion_date)
        FROM batch_batchtransferworkflow
    UNION ALL SELECT 'deaths', id, batch_id, event_date FROM batch_mortalityevent
    UNION ALL SELECT 'daily state', id, batch_id, date FROM batch_actualdailyassignmentstate
    UNION ALL SELECT 'meal', id, batch_id, feeding_date FROM inventory_feedingevent
    UNION ALL SELECT 'harvest', id, batch_id, event_date::date FROM harvest_harvestevent
    UNION ALL SELECT 'harvest fact', fact_id, dim_batch_id, event_date::date FROM finance_factharvest
    UNION ALL SELECT 'journal entry', id, batch_id, entry_date::date FROM health_journalentry
    UNION ALL SELECT 'lice count', id, batch_id, count_date::date FROM health_licecount
    UNION ALL SELECT 'treatment', id, batch_id, treatment_date::date FROM health_treatment
    UNION ALL SELECT 'completed activity', id, batch_id, completed_at::date FROM planning_plannedactivity
    UNION ALL
    SELECT stayed.what, stayed.id, assignment.batch_id, stayed.day
    FROM (
        SELECT 'egg delivery' AS what, id, dest_assignment_id AS assignment_id, actual_delivery_date AS day
            FROM batch_creationaction
        UNION ALL SELECT 'transfer action', id, source_assignment_id, actual_execution_date FROM batch_transferaction
        UNION ALL SELECT 'growth sample', id, assignment_id, sample_date FROM batch_growthsample
        UNION ALL SELECT 'health check', id, assignment_id, sampling_date FROM health_healthsamplingevent
        UNION ALL SELECT 'laboratory sample', id, batch_container_assignment_id,
            greatest(sample_date, date_sent_to_lab, date_results_received) FROM health_healthlabsample
    ) stayed
    LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = stayed.assignment_id
    UNION ALL
    SELECT 'transaction', transaction.tx_id, coalesce(event.batch_id, workflow.batch_id),
        greatest(transaction.posting_date, transaction.approval_date::date)
    FROM finance_intercompanytransaction transaction
    LEFT JOIN harvest_harvestevent event ON event.id = transaction.event_id
    LEFT JOIN batch_batchtransferworkflow workflow ON workflow.finance_transaction_id = transaction.tx_id
    UNION ALL SELECT 'feed purchase', id, NULL, purchase_date FROM inventory_feedpurchase
    UNION ALL SELECT 'feed delivery', id, NULL, entry_date::date FROM inventory_feedcontainerstock
)
SELECT dated.what, dated.id, dated.day, batch.batch_number
FROM dated
LEFT JOIN last ON last.batch_id = dated.batch_id
LEFT JOIN batch_batch batch ON batch.id = dated.batch_id
WHERE dated.day > coalesce(last.day, current_setting('aquamind.as_of')::date)
    -- Of what is before all of these days it need not be known which it is.
    AND dated.day > (SELECT least(min(day), current_setting('aquamind.as_of')::date) FROM last)
ORDER BY day, what, id
