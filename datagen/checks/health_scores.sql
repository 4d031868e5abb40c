-- title: Every fish of a health check has every score
-- means: Each fish observed has one score for each active health parameter (nine), within that parameter's limits.
-- on: health_individualfishobservation
WITH wanted AS (
    SELECT count(*) AS scores FROM health_healthparameter WHERE is_active
), scored AS (
    SELECT score.individual_fish_observation_id AS fish_id, count(*) AS scores,
        count(*) FILTER (WHERE score.score NOT BETWEEN parameter.min_score AND parameter.max_score) AS beyond_limits
    FROM health_fishparameterscore score
    JOIN health_healthparameter parameter ON parameter.id = score.parameter_id
    GROUP BY 1
)
SELECT batch.batch_number, container.name AS container, event.sampling_date, fish.fish_identifier,
    coalesce(scored.scores, 0) AS scores,
    wanted.scores AS wanted, scored.beyond_limits
FROM health_individualfishobservation fish
CROSS JOIN wanted
JOIN health_healthsamplingevent event ON event.id = fish.sampling_event_id
JOIN batch_batchcontainerassignment assignment ON assignment.id = event.assignment_id
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN scored ON scored.fish_id = fish.id
WHERE coalesce(scored.scores, 0) <> wanted.scores OR scored.beyond_limits > 0
ORDER BY batch_number, container, sampling_date, fish_identifier
