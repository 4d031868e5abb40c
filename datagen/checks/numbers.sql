-- title: Batches and documents are numbered by the rules
-- means: Batch FAR-2020-001 by the code that its containers' names begin with and the year of its start, and -MIX after the younger one's number if it began as a mix; CRT-batch for the first order of its eggs, CRT-batch-2 for the next, and TRF-batch-D090 by the day on which they are to be over for workflows; HRV-batch-container for a ring's first harvest, HRV-batch-container-2 for its next.
-- on: batch_batch
WITH place AS (
    -- A geography has no column for its code.
    SELECT DISTINCT ON (assignment.batch_id) assignment.batch_id, split_part(container.name, '-', 1) AS code
    FROM batch_batchcontainerassignment assignment
    JOIN infrastructure_container container ON container.id = assignment.container_id
    ORDER BY assignment.batch_id, assignment.assignment_date, assignment.id
), numbered AS (
    SELECT 'batch' AS what, batch.batch_number AS number, form.wanted || '000' || form.mixed AS wanted,
        batch.batch_number ~ ('^' || form.wanted || '\d{3,}' || form.mixed || '$') AS fits
    FROM batch_batch batch
    JOIN place ON place.batch_id = batch.id
    CROSS JOIN LATERAL (
        SELECT place.code || to_char(batch.start_date, '-YYYY-') AS wanted,
            CASE batch.batch_type WHEN 'MIXED' THEN '-MIX' ELSE '' END AS mixed
    ) form
    UNION ALL
    SELECT 'creation workflow', workflow.workflow_number, wanted, workflow.workflow_number = wanted
    FROM (SELECT *, row_number() OVER (PARTITION BY batch_id ORDER BY created_at, id) AS place
        FROM batch_creationworkflow) workflow
    JOIN batch_batch batch ON batch.id = workflow.batch_id
    CROSS JOIN LATERAL (
        SELECT 'CRT-' || batch.batch_number || CASE place WHEN 1 THEN '' ELSE '-' || place END AS wanted
    ) form
    UNION ALL
    SELECT 'transfer workflow', workflow.workflow_number, wanted, workflow.workflow_number = wanted
    FROM batch_batchtransferworkflow workflow
    JOIN batch_batch batch ON batch.id = workflow.batch_id
    CROSS JOIN LATERAL (
        SELECT (workflow.planned_completion_date - batch.start_date)::text AS number
    ) day
    CROSS JOIN LATERAL (
        SELECT 'TRF-' || batch.batch_number || '-D' || lpad(day.number, greatest(3, length(day.number)), '0') AS wanted
    ) form
    UNION ALL
    SELECT 'harvest', event.document_ref, wanted, event.document_ref = wanted
    FROM (SELECT *, row_number() OVER (PARTITION BY assignment_id ORDER BY event_date, id) AS place
        FROM harvest_harvestevent) event
    JOIN batch_batch batch ON batch.id = event.batch_id
    JOIN batch_batchcontainerassignment assignment ON assignment.id = event.assignment_id
    JOIN infrastructure_container container ON container.id = assignment.container_id
    CROSS JOIN LATERAL (
        SELECT 'HRV-' || batch.batch_number || '-' || container.name || CASE place WHEN 1 THEN '' ELSE '-' || place END
            AS wanted
    ) form
)
SELECT what, number, wanted FROM numbered
WHERE NOT fits
ORDER BY what, number
