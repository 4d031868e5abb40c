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
    -- In the order of the states: merged with them, in half the time of looking up each.
    SELECT assignment_id, day, sum(count) AS fish
    FROM (SELECT assignment_id, event_date AS day, count FROM batch_mortalityevent ORDER BY 1, 2) event
    GROUP BY 1, 2
), fed AS (
    -- As floating point, which is exact to far less than a gram, added up in two thirds of the time.
    SELECT container_id, feeding_date AS day, sum(amount_kg::float8) AS kg FROM inventory_feedingevent GROUP BY 1, 2
), weighed AS (
    SELECT assignment_id, sample_date AS day, min(avg_weight_g) AS least_g, max(avg_weight_g) AS most_g
    FROM batch_growthsample GROUP BY 1, 2
), followed AS (
    -- In the order of an index, and of few columns: what is joined to them needs no order.
    SELECT state.id, state.assignment_id, state.batch_id, state.container_id, state.lifecycle_stage_id, state.date,
        state.day_number, state.avg_weight_g, state.population, state.biomass_kg, state.mortality_count, state.feed_kg,
        state.anchor_type, state.sources,
        coalesce(placed.fish, 0) > 0 AS joined_by_others, coalesce(died.fish, 0) AS died,
        lag(state.avg_weight_g) OVER stay_so_far AS before_g,
        sum(coalesce(placed.fish, 0)::int - state.mortality_count) OVER stay_so_far AS fish,
        row_number() OVER stay_so_far AS place, lead(state.date) OVER stay_so_far IS NULL AS last
    FROM batch_actualdailyassignmentstate state
    LEFT JOIN placed ON placed.assignment_id = state.assignment_id AND placed.day = state.date
    LEFT JOIN died ON died.assignment_id = state.assignment_id AND died.day = state.date
    WINDOW stay_so_far AS (PARTITION BY state.assignment_id ORDER BY state.date)
), state AS (
    SELECT followed.*, coalesce(fed.kg, 0) AS fed_kg, weighed.least_g, weighed.most_g
    FROM followed
    LEFT JOIN fed ON fed.container_id = followed.container_id AND fed.day = followed.date
    LEFT JOIN weighed ON weighed.assignment_id = followed.assignment_id AND weighed.day = followed.date
), last AS MATERIALIZED (
    -- Read once, and not for each assignment.
    SELECT key::bigint AS batch_id, value::date AS day
    FROM jsonb_each_text(current_setting('aquamind.last_days')::jsonb)
), stay AS MATERIALIZED (
    SELECT assignment.*, batch.batch_number, batch.start_date, batch.pinned_projection_run_id,
        container.name AS container,
        least(assignment.departure_date - 1, last.day) - assignment.assignment_date + 1 AS days
    FROM batch_batchcontainerassignment assignment
    JOIN batch_batch batch ON batch.id = assignment.batch_id
    JOIN infrastructure_container container ON container.id = assignment.container_id
    LEFT JOIN last ON last.batch_id = assignment.batch_id
), judged AS (
    SELECT stay.batch_number, stay.container, stay.assignment_date, stay.departure_date, stay.days, state.date,
        state.population, state.fish, state.mortality_count,
        state.died, state.before_g, state.avg_weight_g, state.biomass_kg, state.feed_kg,
        round(state.fed_kg::numeric, 4) AS fed_kg, state.day_number, CASE
        WHEN state.id IS NULL THEN 'no daily states'
        WHEN state.date <> stay.assignment_date + (state.place - 1)::int OR state.last AND state.place <> stay.days
            THEN 'not one a day'
        WHEN (state.batch_id, state.container_id, state.lifecycle_stage_id) <> (stay.batch_id, stay.container_id,
            stay.lifecycle_stage_id) THEN 'of another batch, container or stage'
        WHEN state.day_number <> state.date - stay.start_date + 1 THEN 'day number'
        WHEN state.mortality_count <> state.died AND state.sources ->> 'mortality' = 'actual' THEN 'deaths'
        WHEN state.population <> greatest(state.fish, 0) THEN 'population'
        WHEN abs(1000 * state.biomass_kg - state.population * state.avg_weight_g) > 10 THEN 'biomass'
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
