-- title: Weights never fall, but by the luck of the sample
-- means: From one weighing of an assignment to the next, samples and fish lifted out alike, the mean falls by at most five standard errors of the difference: 27 % for two samples of 30 fish with a spread of 21 %, which chance exceeds once in millions.
-- on: batch_growthsample
WITH weighed AS (
    -- Where no spread was noted, a quarter of the mean is more than that of any stage.
    SELECT assignment_id, sample_date AS day, id, avg_weight_g,
        coalesce(std_deviation_weight, avg_weight_g / 4) AS sd_g, sample_size AS fish
    FROM batch_growthsample
    UNION ALL
    SELECT source_assignment_id, actual_execution_date, id, measured_avg_weight_g,
        coalesce(measured_std_dev_weight_g, measured_avg_weight_g / 4), measured_sample_size
    FROM batch_transferaction
    WHERE status = 'COMPLETED' AND measured_avg_weight_g IS NOT NULL AND selection_method = 'AVERAGE'
), weighing AS (
    SELECT assignment_id, day, avg_weight_g, (sd_g ^ 2 / fish)::float8 AS variance,
        lag(avg_weight_g) OVER by_day AS before_g,
        lag((sd_g ^ 2 / fish)::float8) OVER by_day AS variance_before,
        lag(day) OVER by_day AS weighed_before
    FROM weighed
    WHERE fish > 0
    WINDOW by_day AS (PARTITION BY assignment_id ORDER BY day, id)
)
SELECT batch.batch_number, container.name AS container, weighing.weighed_before, weighing.before_g,
    weighing.day, weighing.avg_weight_g,
    round((100 * (1 - weighing.avg_weight_g / weighing.before_g)), 1) AS fall_percent
FROM weighing
JOIN batch_batchcontainerassignment assignment ON assignment.id = weighing.assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE weighing.before_g - weighing.avg_weight_g > 5 * sqrt(weighing.variance + weighing.variance_before)
ORDER BY batch_number, container, day
