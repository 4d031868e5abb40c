-- title: A health check is what its fish are
-- means: Each health check has number_of_fish_sampled single fish, and its means, spreads and extremes are theirs, to 0.01.
-- on: health_healthsamplingevent
WITH fish AS (
    SELECT sampling_event_id, count(*) AS fish, avg(weight_g::float8) AS mean_g,
        stddev_samp(weight_g::float8) AS sd_g, min(weight_g) AS least_g,
        max(weight_g) AS most_g, avg(length_cm::float8) AS mean_cm, stddev_samp(length_cm::float8) AS sd_cm,
        min(length_cm) AS least_cm,
        max(length_cm) AS most_cm, avg(100 * weight_g::float8 / nullif(length_cm::float8, 0) ^ 3) AS k
    FROM health_individualfishobservation
    GROUP BY 1
)
SELECT batch.batch_number, container.name AS container, event.sampling_date, event.number_of_fish_sampled, fish.fish,
    event.avg_weight_g,
    round(fish.mean_g::numeric, 3) AS fish_mean_g, event.std_dev_weight_g, round(fish.sd_g::numeric, 3) AS fish_sd_g,
    event.min_weight_g, fish.least_g, event.max_weight_g, fish.most_g, event.avg_length_cm,
    round(fish.mean_cm::numeric, 3) AS fish_mean_cm,
    event.avg_k_factor, round(fish.k::numeric, 4) AS fish_k
FROM health_healthsamplingevent event
JOIN batch_batchcontainerassignment assignment ON assignment.id = event.assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN fish ON fish.sampling_event_id = event.id
WHERE event.number_of_fish_sampled IS DISTINCT FROM fish.fish
    OR abs(event.avg_weight_g - fish.mean_g) > 0.01
    OR abs(event.std_dev_weight_g - fish.sd_g) > 0.01
    OR event.min_weight_g <> fish.least_g
    OR event.max_weight_g <> fish.most_g
    OR abs(event.avg_length_cm - fish.mean_cm) > 0.01
    OR abs(event.std_dev_length_cm - fish.sd_cm) > 0.01
    OR event.min_length_cm <> fish.least_cm
    OR event.max_length_cm <> fish.most_cm
    OR abs(event.avg_k_factor - fish.k) > 0.01
ORDER BY batch_number, container, sampling_date
