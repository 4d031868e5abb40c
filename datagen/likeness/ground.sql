-- What several figures stand on: months of deaths, rings from sea to slaughter, and how books and counts compare.
CREATE TEMP TABLE likeness_month ON COMMIT DROP AS
SELECT state.assignment_id, state.batch_id, container.area_id, area.geography_id, stage."order" AS stage,
    date_trunc('month', state.date)::date AS month, count(*) AS days,
    sum(state.mortality_count)::float8 AS deaths, sum(state.population)::float8 AS fish_days,
    avg(state.avg_weight_g)::float8 AS weight_g, sum(state.feed_kg)::float8 AS feed_kg, avg(state.temp_c)::float8 AS temp_c
FROM batch_actualdailyassignmentstate state
JOIN infrastructure_container container ON container.id = state.container_id
LEFT JOIN infrastructure_area area ON area.id = container.area_id
JOIN batch_lifecyclestage stage ON stage.id = state.lifecycle_stage_id
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TEMP TABLE likeness_site ON COMMIT DROP AS
SELECT area_id, geography_id, month, 3040 * sum(deaths) / sum(fish_days) AS percent
FROM likeness_month WHERE area_id IS NOT NULL AND fish_days > 0
GROUP BY 1, 2, 3;

CREATE TEMP TABLE likeness_fresh ON COMMIT DROP AS
SELECT batch_id, month, 3040 * sum(deaths) / sum(fish_days) AS percent, sum(weight_g * days) / sum(days) AS weight_g
FROM likeness_month WHERE area_id IS NULL AND stage > 1 AND fish_days > 0
GROUP BY 1, 2;

-- Rings that are empty again: what went in, died, was fed, and came out.
CREATE TEMP TABLE likeness_ring ON COMMIT DROP AS
SELECT assignment.id, assignment.batch_id, container.area_id, area.geography_id, assignment.assignment_date AS first_day,
    fish_in.fish AS fish_in, fish_in.kg AS kg_in, dead.fish AS dead, dead.kg AS dead_kg, lots.fish AS harvested,
    lots.kg AS harvested_kg, fed.kg AS fed_kg
FROM batch_batchcontainerassignment assignment
JOIN infrastructure_container container ON container.id = assignment.container_id
JOIN infrastructure_area area ON area.id = container.area_id
JOIN LATERAL (
    SELECT sum(lot.unit_count)::float8 AS fish, sum(lot.live_weight_kg)::float8 AS kg
    FROM harvest_harvestevent event JOIN harvest_harvestlot lot ON lot.event_id = event.id
    WHERE event.assignment_id = assignment.id AND assignment.departure_date IS NOT NULL
) lots ON lots.fish > 0
JOIN LATERAL (
    SELECT sum(transferred_count)::float8 AS fish, sum(transferred_biomass_kg)::float8 AS kg
    FROM (
        SELECT dest_assignment_id AS assignment_id, transferred_count, transferred_biomass_kg
        FROM batch_transferaction WHERE status = 'COMPLETED'
        UNION ALL
        -- What goes on in another ring came into that one.
        SELECT source_assignment_id, -transferred_count - mortality_during_transfer, -transferred_biomass_kg
        FROM batch_transferaction action
        JOIN batch_batchtransferworkflow workflow ON workflow.id = workflow_id
        WHERE action.status = 'COMPLETED' AND workflow_type = 'CONTAINER_REDISTRIBUTION'
    ) move WHERE assignment_id = assignment.id
) fish_in ON fish_in.fish > 0
LEFT JOIN LATERAL (
    SELECT coalesce(sum(count), 0)::float8 AS fish, coalesce(sum(biomass_kg), 0)::float8 AS kg
    FROM batch_mortalityevent WHERE assignment_id = assignment.id
) dead ON true
LEFT JOIN (
    SELECT assignment_id, sum(feed_kg) AS kg FROM likeness_month GROUP BY 1
) fed ON fed.assignment_id = assignment.id;

CREATE TEMP TABLE likeness_group ON COMMIT DROP AS
SELECT batch_id, geography.name AS geography, 100 * (1 - sum(harvested) / sum(fish_in)) AS lost_percent
FROM likeness_ring JOIN infrastructure_geography geography ON geography.id = geography_id
GROUP BY 1, 2;

-- Of some rings, how oxygen goes with the tide of 12.42 hours, once and twice in it [mg/L].
CREATE TEMP TABLE likeness_tide ON COMMIT DROP AS
SELECT assignment_id, avg(value * cos(turn)) AS once_cos, avg(value * sin(turn)) AS once_sin,
    avg(value * cos(2 * turn)) AS twice_cos, avg(value * sin(2 * turn)) AS twice_sin
FROM (
    SELECT stay.id AS assignment_id, value - avg(value) OVER (PARTITION BY stay.id, reading_time::date) AS value,
        2 * pi() * extract(epoch FROM reading_time)::float8 / 3600 / 12.42 AS turn
    FROM (
        SELECT assignment.id FROM batch_batchcontainerassignment assignment
        JOIN infrastructure_container container ON container.id = container_id AND area_id IS NOT NULL
        WHERE assignment_date < (SELECT max(date) FROM batch_actualdailyassignmentstate) - 60
        ORDER BY md5(assignment.id::text) LIMIT 24
    ) stay
    JOIN environmental_environmentalreading reading ON batch_container_assignment_id = stay.id
    JOIN environmental_environmentalparameter parameter ON parameter.id = parameter_id AND parameter.name = 'Dissolved Oxygen'
) departures
GROUP BY 1 HAVING count(*) > 200;

ANALYZE likeness_month, likeness_site, likeness_fresh, likeness_ring, likeness_group;
