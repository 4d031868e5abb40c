-- title: A growth sample is what its fish are
-- means: Each sample has sample_size single fish, and its means, spreads and extremes are theirs, to 0.01.
-- on: batch_growthsample
WITH fish AS (
    SELECT growth_sample_id, count(*) AS fish, avg(weight_g) AS mean_g, stddev_samp(weight_g) AS sd_g,
        min(weight_g) AS least_g, max(weight_g) AS most_g, avg(length_cm) AS mean_cm, stddev_samp(length_cm) AS sd_cm,
        avg(100 * weight_g / nullif(length_cm * length_cm * length_cm, 0)) AS k
    FROM (
        -- Kept apart by OFFSET: each becomes floating point once, and not in each mean.
        SELECT growth_sample_id, weight_g::float8, length_cm::float8 FROM batch_individualgrowthobservation OFFSET 0
    ) single
    GROUP BY 1
)
SELECT batch.batch_number, container.name AS container, sample.sample_date, sample.sample_size, fish.fish,
    sample.avg_weight_g,
    round(fish.mean_g::numeric, 3) AS fish_mean_g, sample.std_deviation_weight,
    round(fish.sd_g::numeric, 3) AS fish_sd_g,
    sample.min_weight_g, fish.least_g, sample.max_weight_g, fish.most_g, sample.avg_length_cm,
    round(fish.mean_cm::numeric, 3) AS fish_mean_cm
FROM batch_growthsample sample
JOIN batch_batchcontainerassignment assignment ON assignment.id = sample.assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN fish ON fish.growth_sample_id = sample.id
WHERE sample.sample_size IS DISTINCT FROM fish.fish
    OR abs(sample.avg_weight_g - fish.mean_g) > 0.01
    OR abs(sample.std_deviation_weight - fish.sd_g) > 0.01
    OR sample.min_weight_g::float8 <> fish.least_g
    OR sample.max_weight_g::float8 <> fish.most_g
    OR abs(sample.avg_length_cm - fish.mean_cm) > 0.01
    OR abs(sample.std_deviation_length - fish.sd_cm) > 0.01
    OR abs(sample.condition_factor - fish.k) > 0.01
ORDER BY batch_number, container, sample_date
