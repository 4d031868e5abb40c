-- title: The journal is about fish that were there
-- means: Every entry is within the life of its batch and, where it names a container, of a day on which the batch was in it; what is resolved says how.
-- on: health_journalentry
SELECT batch.batch_number, container.name AS container, entry.entry_date, entry.category, entry.description,
    entry.resolution_status, entry.resolution_notes
FROM health_journalentry entry
JOIN batch_batch batch ON batch.id = entry.batch_id
LEFT JOIN infrastructure_container container ON container.id = entry.container_id
WHERE entry.entry_date::date NOT BETWEEN batch.start_date AND coalesce(batch.actual_end_date, 'infinity')
    OR (entry.container_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM batch_batchcontainerassignment assignment
        WHERE assignment.batch_id = entry.batch_id AND assignment.container_id = entry.container_id
            AND entry.entry_date::date BETWEEN assignment.assignment_date
                AND coalesce(assignment.departure_date, 'infinity')
    ))
    OR (entry.resolution_status AND entry.resolution_notes = '')
ORDER BY batch_number, entry_date
