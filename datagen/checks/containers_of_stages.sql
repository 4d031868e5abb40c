-- title: A batch lives in one place, and only grown fish at sea
-- means: All assignments of a batch are in one geography; fish of the last stage are in rings of a single sea area, all younger ones in halls.
-- on: batch_batchcontainerassignment
WITH lived AS (
    SELECT assignment.id, assignment.batch_id, assignment.assignment_date, container.name AS container,
        container.area_id, stage.species_id, stage.name AS stage, stage."order" AS place,
        coalesce(area.geography_id, station.geography_id) AS geography_id
    FROM batch_batchcontainerassignment assignment
    JOIN infrastructure_container container ON container.id = assignment.container_id
    JOIN batch_lifecyclestage stage ON stage.id = assignment.lifecycle_stage_id
    LEFT JOIN infrastructure_area area ON area.id = container.area_id
    LEFT JOIN infrastructure_hall hall ON hall.id = container.hall_id
    LEFT JOIN infrastructure_freshwaterstation station ON station.id = hall.freshwater_station_id
), place AS (
    -- Of the stages that are lived in: the table may hold those of longer lives. Nobody is grown who is still on land.
    SELECT lived.*, lived.place = max(lived.place) OVER species AND bool_or(area_id IS NOT NULL) OVER species AS grown
    FROM lived WINDOW species AS (PARTITION BY species_id)
), home AS (
    SELECT DISTINCT ON (batch_id) batch_id, geography_id FROM place ORDER BY batch_id, assignment_date, id
), ring_area AS (
    SELECT DISTINCT ON (batch_id) batch_id, area_id FROM place
        WHERE area_id IS NOT NULL ORDER BY batch_id, assignment_date, id
)
SELECT batch.batch_number, place.container, place.stage, place.assignment_date,
    CASE WHEN place.geography_id <> home.geography_id THEN 'in another geography'
         WHEN place.area_id <> ring_area.area_id THEN 'in another sea area'
         ELSE 'not where this stage lives' END AS fault
FROM place
JOIN batch_batch batch ON batch.id = place.batch_id
JOIN home ON home.batch_id = place.batch_id
LEFT JOIN ring_area ON ring_area.batch_id = place.batch_id
WHERE place.geography_id <> home.geography_id OR place.area_id <> ring_area.area_id
    OR place.grown <> (place.area_id IS NOT NULL)
ORDER BY batch_number, assignment_date, container
