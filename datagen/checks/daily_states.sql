-- title: Daily states follow from what was recorded
-- means: One state for every day of every assignment up to the as-of day; population is the fish placed so far less those moved on, harvested or dead; biomass is population times weight; weight is the sample's on days with one and never falls from a day to the next unweighed one; deaths, feed, batch, container and day number are those recorded.
-- on: batch_actualdailyassignmentstate
WITH placed AS (
    SELECT assignment_id, day, sum(fish) AS fish
    FROM (
        SELECT dest_assignment_id AS assignment_id, actual_delivery_date AS day,
            egg_count_actual - mortality_on_arrival AS fish
        FROM batch_creationaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT dest_assignment_id, actual_execution_date, transferred_count
        FROM batch_transferaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT source_assignment_id, actual_execution_date, -transferred_count - mortality_during_transfer
        FROM batch_transferaction WHERE status = 'COMPLETED'
        UNION ALL
        SELECT event.assignment_id, event.event_date::date, -lot.unit_count
        FROM harvest_harvestlot lot JOIN harvest_harvestevent event ON event.id = lot.event_id
    ) move
    GROUP BY 1, 2
), died AS (
    SELECT assignment_id, event_date AS day, sum(count) AS fish FROM batch_mortalityevent GROUP BY 1, 2
), fed AS (
    SELECT container_id, feeding_date AS day, sum(amount_kg) AS kg FROM inventory_feedingevent GROUP BY 1, 2
), weighed AS (
    SELECT assignment_id, sample_date AS day, min(avg_weight_g) AS least_g, max(avg_weight_g) AS most_g
    FROM batch_growthsample GROUP BY 1, 2
), state AS (
    SELECT state.*, coalesce(died.fish, 0) AS died, coalesce(fed.kg, 0) AS fed_kg,
        weighed.least_g, weighed.most_g, coalesce(placed.fish, 0) > 0 AS joined_by_others,
        lag(state.avg_weight_g) OVER (PARTITION BY state.assignment_id ORDER BY state.date) AS before_g,
        sum(coalesce(placed.fish, 0) - state.mortality_count)
            OVER (PARTITION BY state.assignment_id ORDER BY state.date) AS fish,
        row_number() OVER (PARTITION BY state.assignment_id ORDER BY state.date) AS place,
        count(*) OVER (PARTITION BY state.assignment_id) AS states
    FROM batch_actualdailyassignmentstate state
    LEFT JOIN placed ON placed.assignment_id = state.assignment_id AND placed.day = state.date
    LEFT JOIN died ON died.assignment_id = state.assignment_id AND died.day = state.date
    LEFT JOIN fed ON fed.container_id = state.container_id AND fed.day = state.date
    LEFT JOIN weighed ON weighed.assignment_id = state.assignment_id AND weighed.day = state.date
), stay AS MATERIALIZED (
    SELECT assignment.*, batch.batch_number, batch.start_date, batch.pinned_projection_run_id,
        container.name AS container,
        least(assignment.departure_date - 1, (current_setting('aquamind.last_days')::jsonb ->> assignment.batch_id::text)::date)
            - assignment.assignment_date + 1 AS days
    FROM batch_batchcontainerassignment assignment
    JOIN batch_batch batch ON batch.id = assignment.batch_id
    JOIN infrastructure_container container ON container.id = assignment.container_id
), judged AS (
    SELECT stay.batch_number, stay.container, stay.assignment_date, stay.departure_date, stay.days, state.date,
        state.population, state.fish, state.mortality_count,
        state.died, state.before_g, state.avg_weight_g, state.biomass_kg, state.feed_kg, state.fed_kg, state.day_number, CASE
        WHEN state.id IS NULL THEN 'no daily states'
        WHEN state.states <> stay.days OR state.date <> stay.assignment_date + (state.place - 1)::int
            THEN 'not one a day'
        WHEN (state.batch_id, state.container_id, state.lifecycle_stage_id) <> (stay.batch_id, stay.container_id,
            stay.lifecycle_stage_id) THEN 'of another batch, container or stage'
        WHEN state.day_number <> state.date - stay.start_date + 1 THEN 'day number'
        WHEN state.sources ->> 'mortality' = 'actual' AND state.mortality_count <> state.died THEN 'deaths'
        WHEN state.population <> greatest(state.fish, 0) THEN 'population'
        WHEN abs(state.biomass_kg - state.population * state.avg_weight_g / 1000) > 0.01 THEN 'biomass'
        WHEN abs(state.feed_kg - state.fed_kg) > 0.01 THEN 'feed'
        WHEN state.avg_weight_g <= 0 THEN 'weight'
        WHEN (state.anchor_type IS NOT DISTINCT FROM 'growth_sample') <> (state.least_g IS NOT NULL)
            OR state.avg_weight_g NOT BETWEEN state.least_g AND state.most_g THEN 'not the weight of its sample'
        WHEN state.avg_weight_g < state.before_g AND state.anchor_type IS NULL AND NOT state.joined_by_others
            THEN 'lighter than the day before, and not weighed'
        END AS fault
    FROM stay
    LEFT JOIN state ON state.assignment_id = stay.id
    WHERE stay.days > 0
)
SELECT * FROM judged
WHERE fault IS NOT NULL
ORDER BY batch_number, container, assignment_date, date
