-- title: Lice are counted at sea, on fish
-- means: Counts are of fish in a sea area, on at least one of them; females, males and juveniles add up to the lice found, and each type once on each count.
-- on: health_licecount
WITH counted AS (
    SELECT lice.*, stage.name AS stage, home.hall_id IS NOT NULL AS on_land,
        count(*) OVER (PARTITION BY lice.assignment_id, lice.lice_type_id, lice.count_date) AS rows_of_type
    FROM health_licecount lice
    LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = lice.assignment_id
    LEFT JOIN batch_lifecyclestage stage ON stage.id = assignment.lifecycle_stage_id
    LEFT JOIN infrastructure_container home ON home.id = assignment.container_id
)
SELECT batch.batch_number, container.name AS container, counted.stage, counted.count_date, counted.fish_sampled,
    counted.count_value,
    counted.adult_female_count, counted.adult_male_count, counted.juvenile_count, counted.rows_of_type,
    counted.id AS lice_count_id
FROM counted
JOIN batch_batch batch ON batch.id = counted.batch_id
LEFT JOIN infrastructure_container container ON container.id = counted.container_id
WHERE counted.on_land
    OR counted.fish_sampled < 1
    OR counted.count_value <> counted.adult_female_count + counted.adult_male_count + counted.juvenile_count
    OR (counted.lice_type_id IS NOT NULL AND counted.rows_of_type > 1)
ORDER BY batch_number, container, count_date
