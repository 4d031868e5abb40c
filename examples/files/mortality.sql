-- Deaths at sea by area and month, as a share of the fish that stood there, and what most of them died of.
WITH stood AS (
    SELECT ring.area_id, date_trunc('month', state.date)::date AS month,
           sum(state.population) / count(DISTINCT state.date) AS fish
    FROM batch_actualdailyassignmentstate state
    JOIN infrastructure_container ring ON ring.id = state.container_id
    GROUP BY ALL
), died AS (
    SELECT ring.area_id, date_trunc('month', event.event_date)::date AS month, event.cause, sum(event.count) AS dead
    FROM batch_mortalityevent event
    JOIN batch_batchcontainerassignment stay ON stay.id = event.assignment_id
    JOIN infrastructure_container ring ON ring.id = stay.container_id
    GROUP BY ALL
)
SELECT area.name AS area, month, round(any_value(fish))::bigint AS fish, sum(dead)::bigint AS dead,
       round(100 * sum(dead) / any_value(fish), 2) AS percent, arg_max(cause, dead) AS most_of
FROM stood JOIN died USING (area_id, month) JOIN infrastructure_area area ON area.id = area_id
GROUP BY area.name, month
ORDER BY area.name, month
