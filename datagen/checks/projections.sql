-- title: A run projects every day of its scenario
-- means: One projection for each day of the duration, dated from the start; weight never falls and fish never rise; biomass and feed add up; the run's totals are those of its last day.
-- on: scenario_projection_run
WITH day AS (
    SELECT *, lag(average_weight) OVER by_day AS weight_before, lag(population) OVER by_day AS population_before,
        lag(cumulative_feed) OVER by_day AS feed_before, lead(day_number) OVER by_day IS NULL AS is_last
    FROM scenario_scenarioprojection
    WINDOW by_day AS (PARTITION BY projection_run_id ORDER BY day_number)
), run AS (
    SELECT projection_run_id, count(*) AS days, count(DISTINCT day_number) AS numbers,
        min(day_number) AS first_number, max(day_number) AS last_number,
        min(projection_date - day_number) AS earliest, max(projection_date - day_number) AS latest,
        count(*) FILTER (
            WHERE average_weight < weight_before OR population > population_before
                OR abs(biomass - population * average_weight / 1000) > 0.02 + 0.0001 * biomass
                OR abs(cumulative_feed - coalesce(feed_before, 0) - daily_feed) > 0.02 + 0.0001 * daily_feed
        ) AS wrong_days,
        max(average_weight) FILTER (WHERE is_last) AS final_weight_g,
        max(biomass) FILTER (WHERE is_last) AS final_biomass_kg
    FROM day
    GROUP BY 1
)
SELECT scenario.name AS scenario, projection_run.run_number, scenario.duration_days,
    projection_run.total_projections, run.days, run.numbers, run.wrong_days,
    scenario.start_date, run.earliest + 1 AS first_date, projection_run.final_weight_g,
    run.final_weight_g AS last_weight_g,
    projection_run.final_biomass_kg, run.final_biomass_kg AS last_biomass_kg
FROM scenario_projection_run projection_run
JOIN scenario ON scenario.scenario_id = projection_run.scenario_id
LEFT JOIN run ON run.projection_run_id = projection_run.run_id
WHERE (run.days, run.numbers, run.first_number, run.last_number, projection_run.total_projections, run.earliest,
    run.latest, run.wrong_days)
    IS DISTINCT FROM (
        scenario.duration_days::bigint, scenario.duration_days::bigint, 1, scenario.duration_days,
        scenario.duration_days,
        scenario.start_date - 1, scenario.start_date - 1, 0::bigint
    )
    OR abs(projection_run.final_weight_g - run.final_weight_g) > 0.01
    OR abs(projection_run.final_biomass_kg - run.final_biomass_kg) > 0.01
ORDER BY scenario, run_number
