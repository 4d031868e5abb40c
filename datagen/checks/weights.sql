-- title: Weights never fall, but by the luck of the sample
-- means: From one weighing of an assignment to the next the mean falls by at most five standard errors of the difference: 27 % for two samples of 30 fish with a spread of 21 %, which chance exceeds once in millions.
-- on: batch_growthsample
WITH weighing AS (
    SELECT assignment_id, sample_date, avg_weight_g,
        (coalesce(std_deviation_weight, 0) ^ 2 / sample_size)::float8 AS variance,
        lag(avg_weight_g) OVER by_day AS before_g,
        lag((coalesce(std_deviation_weight, 0) ^ 2 / sample_size)::float8) OVER by_day AS variance_before,
        lag(sample_date) OVER by_day AS sampled_before
    FROM batch_growthsample
    WHERE sample_size > 0
    WINDOW by_day AS (PARTITION BY assignment_id ORDER BY sample_date, id)
)
SELECT batch.batch_number, container.name AS container, weighing.sampled_before, weighing.before_g,
    weighing.sample_date, weighing.avg_weight_g,
    round((100 * (1 - weighing.avg_weight_g / weighing.before_g)), 1) AS fall_percent
FROM weighing
JOIN batch_batchcontainerassignment assignment ON assignment.id = weighing.assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE weighing.before_g - weighing.avg_weight_g > 5 * sqrt(weighing.variance + weighing.variance_before)
ORDER BY batch_number, container, sample_date
