-- title: Projected days go on from the latest daily state
-- means: Projections are of active assignments with a forecast, one for each day from the one after the latest daily state on, to the end of the pinned run or a thousand days; batch, container and day number are those of the state; fish grow where the water is above zero and never shrink, none are added, and biomass is fish times weight; temperature differs from its profile by the forecast's bias.
-- on: batch_liveforwardprojection
WITH projected AS (
    SELECT projection.*, summary.state_date, summary.state_day_number, summary.temp_bias_c AS bias_c,
        row_number() OVER of_stay AS place, count(*) OVER (PARTITION BY projection.assignment_id) AS days,
        lag(projected_weight_g, 1, summary.current_weight_g) OVER of_stay AS before_g,
        lag(projected_population, 1, summary.current_population) OVER of_stay AS before_fish
    FROM batch_liveforwardprojection projection
    LEFT JOIN batch_containerforecastsummary summary ON summary.assignment_id = projection.assignment_id
    WINDOW of_stay AS (PARTITION BY projection.assignment_id ORDER BY projection_date)
), wanted AS (
    SELECT summary.assignment_id, assignment.batch_id, assignment.container_id, batch_number,
        least(1000, (SELECT max(projection_date) FROM scenario_scenarioprojection
            WHERE projection_run_id = batch.pinned_projection_run_id) - state_date) AS days
    FROM batch_containerforecastsummary summary
    JOIN batch_batchcontainerassignment assignment ON assignment.id = summary.assignment_id
    JOIN batch_batch batch ON batch.id = assignment.batch_id
), profile AS (
    SELECT profile_id, max(day_number) AS last_day FROM scenario_temperaturereading GROUP BY 1
), judged AS (
    SELECT wanted.batch_number, coalesce(wanted.assignment_id, projected.assignment_id) AS assignment, wanted.days AS wanted,
        projected.days, projection_date, before_g, projected_weight_g, before_fish, projected_population,
        projected_biomass_kg, temperature_used_c, CASE
        WHEN projected.id IS NULL OR projected.days <> wanted.days THEN 'not as many days as the run has ahead'
        WHEN wanted.assignment_id IS NULL THEN 'of an assignment without a forecast'
        WHEN projection_date <> state_date + place::int OR computed_date <> state_date THEN 'not one a day'
        WHEN projected.day_number <> state_day_number + place THEN 'day number'
        WHEN (projected.batch_id, projected.container_id) <> (wanted.batch_id, wanted.container_id)
            THEN 'of another batch or container'
        WHEN projected_weight_g < before_g THEN 'lighter than the day before'
        WHEN projected_population > before_fish THEN 'more fish than the day before'
        WHEN abs(projected_biomass_kg - projected_population * projected_weight_g / 1000) > 0.01 THEN 'biomass'
        WHEN abs(temperature_used_c - water.temperature::numeric - temp_bias_c) > 0.01 OR temp_bias_c <> bias_c
            OR temp_bias_c NOT BETWEEN temp_bias_clamp_min_c AND temp_bias_clamp_max_c THEN 'temperature'
        END AS fault
    FROM projected
    FULL JOIN (SELECT * FROM wanted WHERE days > 0) wanted ON wanted.assignment_id = projected.assignment_id
    LEFT JOIN profile ON profile.profile_id = projected.temp_profile_id
    LEFT JOIN scenario_temperaturereading water ON water.profile_id = projected.temp_profile_id
        AND water.day_number = least(projected.day_number, profile.last_day)
)
SELECT * FROM judged
WHERE fault IS NOT NULL
ORDER BY batch_number, assignment, projection_date
