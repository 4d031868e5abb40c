-- title: Weights never fall, but by the luck of the sample
-- means: From one weighing of an assignment to the next, samples and all fish lifted out in a day alike, the mean falls by at most 6 standard errors of the difference: 33 % for two samples of 30 fish in a stage whose fish differ by 21 %, which chance exceeds once in fifty millions, also at the end of a stage, where they differ by an eighth more.
-- on: batch_growthsample
WITH weighed AS (
    SELECT assignment_id, sample_date AS day, id, avg_weight_g, std_deviation_weight AS sd_g, sample_size AS fish
    FROM batch_growthsample
    UNION ALL
    -- Of fish that were graded, the large and the small together.
    SELECT source_assignment_id, actual_execution_date, min(id), mean_g,
        sqrt(greatest(sum(transferred_count * (measured_std_dev_weight_g ^ 2 + measured_avg_weight_g ^ 2))
            / sum(transferred_count) - mean_g ^ 2, 0)), sum(measured_sample_size)
    FROM batch_transferaction action
    CROSS JOIN LATERAL (
        SELECT sum(transferred_count * measured_avg_weight_g) / nullif(sum(transferred_count), 0) AS mean_g
        FROM batch_transferaction other
        WHERE other.source_assignment_id = action.source_assignment_id AND other.status = 'COMPLETED'
            AND other.actual_execution_date = action.actual_execution_date
    ) AS together
    WHERE status = 'COMPLETED' AND measured_avg_weight_g IS NOT NULL AND mean_g > 0
    GROUP BY 1, 2, mean_g
), spread AS (
    -- Of all fish of a stage: that of one sample is itself an estimate, too small by half once in thousands.
    -- Where none was noted, a quarter of the mean is more than that of any stage.
    SELECT assignment.lifecycle_stage_id,
        coalesce(avg(((weighed.sd_g / weighed.avg_weight_g) ^ 2)::float8), 0.0625) AS cv2
    FROM weighed
    JOIN batch_batchcontainerassignment assignment ON assignment.id = weighed.assignment_id
    WHERE weighed.avg_weight_g > 0
    GROUP BY 1
), weighing AS (
    SELECT assignment_id, day, avg_weight_g, fish, lag(avg_weight_g) OVER by_day AS before_g,
        lag(fish) OVER by_day AS fish_before, lag(day) OVER by_day AS weighed_before
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
JOIN spread ON spread.lifecycle_stage_id = assignment.lifecycle_stage_id
-- A production has a quarter of a million weighings; as fish grow by a standard error a week, or half of one in the
-- cold, chance breaks this in one run of thousands.
WHERE weighing.before_g - weighing.avg_weight_g
    > 6 * weighing.before_g * sqrt(spread.cv2 * (1.0 / weighing.fish_before + 1.0 / weighing.fish))
ORDER BY batch_number, container, day
