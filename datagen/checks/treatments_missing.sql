-- title: Every container of a batch is treated alike
-- means: A vaccination takes every container that the batch is in on that day, once; the rings of a harvested batch have each been deloused equally often; one that got its fish out of others, as often as these since; and one that was given to a mix, as often as these until then.
-- on: health_treatment
WITH round AS (
    SELECT batch_id, vaccination_type_id, treatment_date::date AS day, count(*) AS treatments,
        count(DISTINCT batch_assignment_id) AS containers
    FROM health_treatment
    WHERE treatment_type = 'vaccination'
    GROUP BY 1, 2, 3
), delousing AS (
    SELECT assignment.batch_id, assignment.id, assignment.assignment_date, assignment.departure_date,
        count(treatment.id) AS treatments,
        array_agg(treatment.treatment_date::date) AS days,
        EXISTS (SELECT FROM batch_transferaction action JOIN batch_batchtransferworkflow workflow
            ON workflow.id = action.workflow_id AND workflow.workflow_type = 'CONTAINER_REDISTRIBUTION'
            WHERE action.dest_assignment_id = assignment.id) AS late,
        EXISTS (SELECT FROM batch_transferaction action JOIN batch_batchcontainerassignment mix
            ON mix.id = action.dest_assignment_id AND mix.batch_id <> assignment.batch_id
            WHERE action.source_assignment_id = assignment.id) AS given
    FROM batch_batchcontainerassignment assignment
    JOIN infrastructure_container container ON container.id = assignment.container_id
    LEFT JOIN health_treatment treatment
        ON treatment.batch_assignment_id = assignment.id AND treatment.treatment_type <> 'vaccination'
    WHERE container.area_id IS NOT NULL
    GROUP BY assignment.id
)
SELECT batch.batch_number, 'vaccination: ' || vaccine.name AS treatment, round.day, round.treatments,
    round.containers, present.containers AS wanted
FROM round
JOIN batch_batch batch ON batch.id = round.batch_id
CROSS JOIN LATERAL (
    SELECT count(*) AS containers
    FROM batch_batchcontainerassignment assignment
    WHERE assignment.batch_id = round.batch_id AND round.day >= assignment.assignment_date
        AND round.day < coalesce(assignment.departure_date, 'infinity')
) present
LEFT JOIN health_vaccinationtype vaccine ON vaccine.id = round.vaccination_type_id
WHERE round.treatments <> round.containers OR round.containers <> present.containers
UNION ALL
SELECT batch.batch_number, 'delousing', NULL, min(delousing.treatments), count(*), max(delousing.treatments)
FROM delousing
JOIN batch_batch batch ON batch.id = delousing.batch_id
WHERE batch.status = 'COMPLETED' AND NOT delousing.late AND NOT delousing.given
GROUP BY batch.id
HAVING min(delousing.treatments) <> max(delousing.treatments)
UNION ALL
SELECT batch.batch_number, 'delousing since', late.assignment_date, late.treatments, 1, max(since.treatments)
FROM delousing late
JOIN delousing other ON other.batch_id = late.batch_id AND NOT other.late AND NOT other.given
JOIN batch_batch batch ON batch.id = late.batch_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE day >= late.assignment_date) AS treatments FROM unnest(other.days) day
) since
WHERE batch.status = 'COMPLETED' AND late.late
GROUP BY batch.id, late.id, late.assignment_date, late.treatments
-- A boat may have been to some of them on the days before.
HAVING late.treatments NOT BETWEEN min(since.treatments) AND max(since.treatments)
UNION ALL
SELECT batch.batch_number, 'delousing until', given.departure_date, given.treatments, 1, max(before.most)
FROM delousing given
JOIN delousing other ON other.batch_id = given.batch_id AND NOT other.late AND NOT other.given
JOIN batch_batch batch ON batch.id = given.batch_id
CROSS JOIN LATERAL (
    -- The boat that was at others on the day before might have come on that day.
    SELECT count(*) FILTER (WHERE day < given.departure_date - 1) AS least,
        count(*) FILTER (WHERE day < given.departure_date) AS most FROM unnest(other.days) day
) before
WHERE batch.status = 'COMPLETED' AND given.given
GROUP BY batch.id, given.id, given.departure_date, given.treatments
HAVING given.treatments NOT BETWEEN min(before.least) AND max(before.most)
ORDER BY batch_number, day
