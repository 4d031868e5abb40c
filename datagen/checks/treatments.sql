-- title: Vaccinated before the sea, deloused at sea, withheld before harvest
-- means: Vaccinations name their vaccine and are given in halls, all other treatments in sea areas; no fish are harvested within the withholding period of a treatment of their ring, and none treated once some of it have been.
-- on: health_treatment
WITH judged AS (
    SELECT treatment.*, stage.name AS stage, harvest.day AS harvested, CASE
        WHEN treatment.treatment_type = 'vaccination' AND treatment.vaccination_type_id IS NULL THEN 'no vaccine'
        WHEN treatment.treatment_type = 'vaccination' AND home.area_id IS NOT NULL THEN 'vaccinated at sea'
        WHEN treatment.treatment_type <> 'vaccination' AND home.hall_id IS NOT NULL THEN 'treated before the sea'
        WHEN treatment.treatment_date::date + treatment.withholding_period_days > harvest.day
            THEN 'harvested within the withholding period'
        END AS fault
    FROM health_treatment treatment
    LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = treatment.batch_assignment_id
    LEFT JOIN batch_lifecyclestage stage ON stage.id = assignment.lifecycle_stage_id
    LEFT JOIN infrastructure_container home ON home.id = assignment.container_id
    LEFT JOIN (SELECT assignment_id, min(event_date)::date AS day FROM harvest_harvestevent GROUP BY 1) harvest
        ON harvest.assignment_id = assignment.id
)
SELECT judged.fault, batch.batch_number, container.name AS container, judged.stage, judged.treatment_type,
    judged.description,
    judged.treatment_date, judged.withholding_period_days, judged.harvested
FROM judged
JOIN batch_batch batch ON batch.id = judged.batch_id
LEFT JOIN infrastructure_container container ON container.id = judged.container_id
WHERE judged.fault IS NOT NULL
ORDER BY batch_number, treatment_date, container
