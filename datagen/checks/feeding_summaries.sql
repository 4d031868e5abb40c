-- title: Feeding summaries are the sums of meals
-- means: The feed of every container summary is what its assignment was given in the period; a batch summary's is that of its containers; periods of one do not overlap, and those of a batch sum to all its meals; FCR is feed over growth.
-- on: inventory_containerfeedingsummary
WITH change AS (
    -- As floating point, which is exact to far less than a gram, added up in two thirds of the time.
    SELECT batch_assignment_id AS assignment_id, feeding_date AS day, amount_kg::float8 AS kg, false AS bounds
    FROM inventory_feedingevent
    UNION ALL
    SELECT container_assignment_id, day, 0, true
    FROM inventory_containerfeedingsummary
    CROSS JOIN LATERAL (VALUES (period_start - 1), (period_end)) AS bound (day)
), total AS (
    SELECT assignment_id, day, kg, bounds, last
    FROM (
        SELECT assignment_id, day, sum(sum(kg)) OVER so_far AS kg, bool_or(bounds) AS bounds,
            lead(day) OVER so_far IS NULL AS last
        FROM change
        GROUP BY 1, 2
        WINDOW so_far AS (PARTITION BY assignment_id ORDER BY day)
    ) each_day
    WHERE bounds OR last
), all_of_batch AS (
    SELECT batch_id, sum(kg) AS kg
    FROM total JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
    WHERE last
    GROUP BY 1
), judged AS (
    SELECT 'container' AS summary, batch.batch_number, container.name AS container, summary.period_start,
        summary.period_end, summary.total_feed_kg,
        until.kg - before.kg AS fed_kg, 1 AS parts, summary.growth_kg, summary.fcr
    FROM inventory_containerfeedingsummary summary
    JOIN batch_batchcontainerassignment assignment ON assignment.id = summary.container_assignment_id
    JOIN batch_batch batch ON batch.id = assignment.batch_id
    JOIN infrastructure_container container ON container.id = assignment.container_id
    JOIN total until ON until.assignment_id = assignment.id AND until.day = summary.period_end
    JOIN total before ON before.assignment_id = assignment.id AND before.day = summary.period_start - 1
    UNION ALL
    SELECT 'batch', batch.batch_number, NULL, summary.period_start, summary.period_end, summary.total_feed_kg,
        sum(part.total_feed_kg), count(part.id), NULL, NULL
    FROM inventory_batchfeedingsummary summary
    JOIN batch_batch batch ON batch.id = summary.batch_id
    LEFT JOIN inventory_containerfeedingsummary part
        ON part.batch_id = summary.batch_id AND part.period_start = summary.period_start
            AND part.period_end = summary.period_end
    GROUP BY summary.id, batch.id
    UNION ALL
    SELECT 'all of a batch', batch.batch_number, NULL, min(period_start), max(period_end), sum(total_feed_kg),
        max(all_of_batch.kg), count(*), NULL, NULL
    FROM inventory_batchfeedingsummary summary
    JOIN batch_batch batch ON batch.id = summary.batch_id
    LEFT JOIN all_of_batch ON all_of_batch.batch_id = batch.id
    GROUP BY batch.id
    UNION ALL
    SELECT 'overlapping', batch_number, NULL, next_start, period_end, NULL, NULL, 1, NULL, NULL
    FROM (
        SELECT batch_id, period_end, lead(period_start) OVER (PARTITION BY batch_id ORDER BY period_start) AS next_start
        FROM inventory_batchfeedingsummary
        UNION ALL
        SELECT batch_id, period_end,
            lead(period_start) OVER (PARTITION BY container_assignment_id ORDER BY period_start)
        FROM inventory_containerfeedingsummary
    ) following
    JOIN batch_batch batch ON batch.id = batch_id
    WHERE next_start <= period_end
)
SELECT summary, batch_number, container, period_start, period_end, total_feed_kg, round(fed_kg::numeric, 4) AS fed_kg,
    parts, growth_kg, fcr
FROM judged
WHERE summary = 'overlapping'
    OR period_end < period_start
    OR summary <> 'all of a batch' AND fed_kg IS NULL
    OR abs(total_feed_kg - coalesce(fed_kg, 0)) > 0.01 * parts
    OR growth_kg < 0 AND fcr IS NOT NULL
    OR abs(fcr - total_feed_kg / nullif(growth_kg, 0)) > 0.001 + 0.01 * (1 + fcr) / nullif(growth_kg, 0)
ORDER BY batch_number, container, period_start
