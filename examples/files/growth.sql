-- Growth and feed at sea by area and month: mean weight, growth in per cent a day, and feed for each kilogram that grew.
-- What a ring grew in a day is its fish of that morning times what each of them gained.
WITH days AS (
    SELECT ring.area_id, state.date, state.population, state.avg_weight_g, state.feed_kg,
           lead(state.avg_weight_g) OVER (PARTITION BY state.assignment_id ORDER BY state.date) - state.avg_weight_g AS gained_g
    FROM batch_actualdailyassignmentstate state
    JOIN infrastructure_container ring ON ring.id = state.container_id
    WHERE ring.area_id IS NOT NULL
)
SELECT area.name AS area, date_trunc('month', date)::date AS month,
       round(sum(population * avg_weight_g) / sum(population)) AS weight_g,
       round(100 * sum(population * gained_g) / sum(population * avg_weight_g), 2) AS growth_percent_a_day,
       round(sum(feed_kg) / (sum(population * gained_g) / 1000), 2) AS feed_per_kg
FROM days JOIN infrastructure_area area ON area.id = area_id
WHERE gained_g IS NOT NULL AND population > 0
GROUP BY ALL
ORDER BY area, month
