-- title: Readings are complete, in place and within physical limits
-- means: Every place of a sensor has six readings on each full day of every assignment in its container, but for those that are known to be missing (datagen.truth_sensor_fault), and none outside; each is of that container and batch; values are within the limits of their parameter; all together are as many as were written (datagen.content).
-- on: environmental_environmentalreading
WITH found AS (
    -- The one pass over all readings. The sum of what days weigh tells days with seven from days with five.
    SELECT batch_container_assignment_id AS assignment_id, sensor_id, parameter_id, container_id, batch_id,
        count(*) AS readings, min(reading_time) AS first, max(reading_time) AS last,
        sum(interval_hash(date_bin('1 day', reading_time, '2000-01-01') - '2000-01-01')) AS days,
        min(value) AS lowest, max(value) AS highest
    FROM environmental_environmentalreading
    GROUP BY 1, 2, 3, 4, 5
), taking_turns AS (
    -- Where two sensors take turns, the one that is named after the other counts as it.
    SELECT second.id AS second_id, first.id AS place_id, second.active
    FROM infrastructure_sensor second
    JOIN infrastructure_sensor first ON first.container_id = second.container_id AND second.name = first.name || ' B'
), of_place AS (
    SELECT found.assignment_id, coalesce(place_id, found.sensor_id) AS sensor_id, parameter_id, container_id, batch_id,
        sum(readings)::bigint AS readings, min(first) AS first, max(last) AS last, sum(days) AS days,
        min(lowest) AS lowest, max(highest) AS highest
    FROM found LEFT JOIN taking_turns ON second_id = found.sensor_id
    GROUP BY 1, 2, 3, 4, 5
), last AS MATERIALIZED (
    -- Read once, and not for each assignment.
    SELECT key::bigint AS batch_id, value::date AS day
    FROM jsonb_each_text(current_setting('aquamind.last_days')::jsonb)
), stay AS MATERIALIZED (
    SELECT assignment.*, least(assignment.departure_date - 1, last.day) AS last_day
    FROM batch_batchcontainerassignment assignment
    LEFT JOIN last ON last.batch_id = assignment.batch_id
), day AS MATERIALIZED (
    -- No two days from 1962 to 2079 weigh the same.
    SELECT midnight, midnight::date AS day, interval_hash(midnight - '2000-01-01') AS weight
    FROM (SELECT min(assignment_date) - 1 AS first, max(last_day) AS last FROM stay) record
    CROSS JOIN generate_series(first::timestamptz, last, interval '1 day') midnight
), moment AS MATERIALIZED (
    SELECT midnight + hour AS moment, weight, count(*) OVER so_far AS readings, sum(weight) OVER so_far AS days
    FROM day CROSS JOIN unnest('{6h,8h,10h,14h,16h,18h}'::interval[]) hour
    WINDOW so_far AS (ORDER BY midnight + hour)
), missing AS (
    -- A sensor is silent from one moment of reading to another.
    SELECT batch_container_assignment_id AS assignment_id, coalesce(place_id, sensor_id) AS sensor_id,
        sum(until.readings - since.readings + 1) AS readings, sum(until.days - since.days + since.weight) AS days
    FROM datagen.truth_sensor_fault
    JOIN moment since ON since.moment = begins
    JOIN moment until ON until.moment = ends
    LEFT JOIN taking_turns ON second_id = sensor_id
    WHERE kind = 'missing'
    GROUP BY 1, 2
), full_days AS MATERIALIZED (
    SELECT day, 6 * sum(weight) OVER (ORDER BY day) AS days FROM day
), wanted AS (
    SELECT stay.id AS assignment_id, sensor.id AS sensor_id,
        6 * (stay.last_day - stay.assignment_date + 1) - coalesce(missing.readings, 0) AS readings,
        until.days - before.days - coalesce(missing.days, 0) AS days
    FROM stay
    JOIN full_days until ON until.day = stay.last_day
    JOIN full_days before ON before.day = stay.assignment_date - 1
    JOIN infrastructure_sensor sensor ON sensor.container_id = stay.container_id
        AND (sensor.active OR EXISTS (SELECT FROM taking_turns WHERE place_id = sensor.id AND taking_turns.active))
        AND NOT EXISTS (SELECT FROM taking_turns WHERE second_id = sensor.id)
        AND coalesce(sensor.installation_date, stay.assignment_date) <= stay.assignment_date
    LEFT JOIN missing ON missing.assignment_id = stay.id AND missing.sensor_id = sensor.id
    WHERE stay.last_day >= stay.assignment_date
), compared AS (
    SELECT coalesce(of_place.assignment_id, wanted.assignment_id) AS assignment_id,
        coalesce(of_place.sensor_id, wanted.sensor_id) AS sensor_id,
        of_place.parameter_id, of_place.container_id, of_place.batch_id, coalesce(of_place.readings, 0) AS readings,
        wanted.readings AS wanted,
        of_place.first, of_place.last, of_place.lowest, of_place.highest,
        -- A sensor may have been silent for a whole stay.
        coalesce(of_place.days, 0) IS DISTINCT FROM wanted.days AS other_days
    FROM of_place
    FULL JOIN wanted ON wanted.assignment_id = of_place.assignment_id AND wanted.sensor_id = of_place.sensor_id
), judged AS (
    SELECT compared.*, batch.batch_number, container.name AS container, sensor.name AS sensor,
        parameter.name AS parameter,
        parameter.min_value, parameter.max_value, CASE
        WHEN compared.lowest < parameter.min_value OR compared.highest > parameter.max_value THEN 'beyond the limits'
        WHEN compared.sensor_id IS NULL AND compared.assignment_id IS NULL THEN NULL
        WHEN stay.id IS NULL THEN 'of no assignment'
        WHEN compared.first::date < stay.assignment_date OR compared.last::date > stay.last_day
            THEN 'outside the assignment'
        WHEN compared.readings > 0 AND (compared.batch_id, compared.container_id)
            IS DISTINCT FROM (stay.batch_id, stay.container_id) THEN 'of another batch or container'
        WHEN sensor.container_id <> stay.container_id THEN 'sensor of another container'
        WHEN compared.sensor_id IS NOT NULL AND compared.readings
            IS DISTINCT FROM compared.wanted THEN 'not six a day'
        WHEN compared.sensor_id IS NOT NULL AND compared.other_days THEN 'not six on every day'
        END AS fault
    FROM compared
    LEFT JOIN stay ON stay.id = compared.assignment_id
    LEFT JOIN batch_batch batch ON batch.id = stay.batch_id
    LEFT JOIN infrastructure_container container ON container.id = coalesce(compared.container_id, stay.container_id)
    LEFT JOIN infrastructure_sensor sensor ON sensor.id = compared.sensor_id
    LEFT JOIN environmental_environmentalparameter parameter ON parameter.id = compared.parameter_id
)
SELECT fault, batch_number, container, sensor, parameter, readings, wanted, first, last, lowest, highest, min_value,
    max_value
FROM judged
WHERE fault IS NOT NULL
UNION ALL
-- Counted here, for to count them once more takes as long as another law.
SELECT 'not as many as were written', NULL, NULL, NULL, NULL, there.rows, written.rows, NULL, NULL, NULL, NULL, NULL,
    NULL
FROM (SELECT sum(readings)::bigint AS rows FROM found) there
JOIN (SELECT sum(rows)::bigint AS rows FROM datagen.content WHERE table_name = 'environmental_environmentalreading')
    written ON written.rows <> there.rows
ORDER BY batch_number, container, sensor
