-- A figure a query of one number, or none where the database has nothing of it. aim: lowest..highest, either may be left out.
-- tuned: the catalog was tuned until this aim was met; seen: only looked at afterwards.

-- figure: 1 | Faroe sea, mean of a year [C] | aim 8.0..8.5 | [1] | seen
SELECT avg(year_c) FROM (
    SELECT avg(temp_c) AS year_c FROM (
        SELECT area_id, month, avg(temp_c) AS temp_c FROM likeness_month
        JOIN infrastructure_geography geography ON geography.id = geography_id WHERE name LIKE 'Faroe%' GROUP BY 1, 2
    ) monthly GROUP BY area_id, extract(year FROM month) HAVING count(*) = 12
) yearly

-- figure: 1 | Faroe sea, coldest day of a year [C] | aim 5.5..6.8 | [2] | seen
SELECT avg(coldest) FROM (
    SELECT min(temp_c) AS coldest FROM (
        SELECT area_id, date, percentile_cont(0.5) WITHIN GROUP (ORDER BY temp_c) AS temp_c
        FROM batch_actualdailyassignmentstate state
        JOIN infrastructure_container container ON container.id = container_id
        JOIN infrastructure_area area ON area.id = area_id
        JOIN infrastructure_geography geography ON geography.id = geography_id
        WHERE geography.name LIKE 'Faroe%' GROUP BY 1, 2
    ) daily GROUP BY area_id, extract(year FROM date) HAVING count(*) > 360
) yearly

-- figure: 1 | Faroe sea, warmest day of a year [C] | aim 10..11.5 | [2] | seen
SELECT avg(warmest) FROM (
    SELECT max(temp_c) AS warmest FROM (
        SELECT area_id, date, percentile_cont(0.5) WITHIN GROUP (ORDER BY temp_c) AS temp_c
        FROM batch_actualdailyassignmentstate state
        JOIN infrastructure_container container ON container.id = container_id
        JOIN infrastructure_area area ON area.id = area_id
        JOIN infrastructure_geography geography ON geography.id = geography_id
        WHERE geography.name LIKE 'Faroe%' GROUP BY 1, 2
    ) daily GROUP BY area_id, extract(year FROM date) HAVING count(*) > 360
) yearly

-- figure: 2 | From 750 g to 5 kg at sea [months] | aim 10..12 | [18] | tuned
SELECT avg(months) FROM (
    SELECT (min(date) FILTER (WHERE avg_weight_g >= 5000) - min(date) FILTER (WHERE avg_weight_g >= 750)) / 30.4 AS months
    FROM batch_actualdailyassignmentstate state
    JOIN infrastructure_container container ON container.id = container_id
    WHERE area_id IS NOT NULL
    GROUP BY assignment_id HAVING max(avg_weight_g) >= 5000 AND min(avg_weight_g) < 750
) grown

-- figure: 3 | Biological feed conversion at sea | aim 1.05..1.25 | practice | seen
SELECT sum(fed_kg) / sum(harvested_kg + dead_kg - kg_in) FROM likeness_ring

-- figure: 3 | Economic feed conversion above it [%] | aim 5..15 | practice | seen
SELECT 100 * (sum(harvested_kg + dead_kg - kg_in) / sum(harvested_kg - kg_in) - 1) FROM likeness_ring

-- figure: 4 | Dead at sea a month, mean [%] | aim 1.0..1.6 | [25] [30] | tuned
SELECT avg(percent) FROM likeness_site

-- figure: 4 | Site-months below 1 % [%] | aim 50..70 | [30] | tuned
SELECT 100 * avg((percent < 1)::int) FROM likeness_site

-- figure: 4 | Site-months above 8 % [%] | aim 1..4 | [30] | tuned
SELECT 100 * avg((percent > 8)::int) FROM likeness_site

-- figure: 4 | August to October against June, medians | aim 1.5..2.5 | [25] | tuned
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) FILTER (WHERE extract(month FROM month) IN (8, 9, 10))
    / percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) FILTER (WHERE extract(month FROM month) = 6)
FROM likeness_site

-- figure: 4 | Site-months, sigma of logs | aim 1.0..1.7 | [30] | tuned
SELECT stddev(ln(percent)) FROM likeness_site WHERE percent > 0

-- figure: 4 | Site-months, median [%] | aim 0.6..0.8 | [30] | seen
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) FROM likeness_site

-- figure: 4 | Areas of a geography, correlation of log deaths by month | aim 0.15..0.35 | neighbouring farms 0.25, Szewczyk et al. 2023 | tuned
SELECT avg(together) FROM (
    SELECT corr(ln(one.percent), ln(other.percent)) AS together
    FROM likeness_site one
    JOIN likeness_site other ON other.geography_id = one.geography_id AND other.month = one.month
        AND other.area_id > one.area_id
    WHERE one.percent > 0 AND other.percent > 0
    GROUP BY one.area_id, other.area_id HAVING count(*) >= 12
) pairs

-- figure: 5 | First 3 months at sea against the next 6 | aim 1.0.. | [24] | tuned
SELECT sum(deaths) FILTER (WHERE age < 91) / sum(fish_days) FILTER (WHERE age < 91)
    / (sum(deaths) FILTER (WHERE age BETWEEN 91 AND 272) / sum(fish_days) FILTER (WHERE age BETWEEN 91 AND 272))
FROM (
    SELECT deaths, fish_days, month - first_day AS age FROM likeness_month
    JOIN likeness_ring ON likeness_ring.id = assignment_id
) aged

-- figure: 5 | Lost in a cycle, Faroe, median [%] | aim 6..15 | [37] | tuned
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY lost_percent) FROM likeness_group WHERE geography LIKE 'Faroe%'

-- figure: 5 | Lost in a cycle, Scotland, median [%] | aim 10..26 | [31] | tuned
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY lost_percent) FROM likeness_group WHERE geography = 'Scotland'

-- figure: 5 | Lost in the worst cycle [%] | aim 25.. | above 50 is possible | seen
SELECT max(lost_percent) FROM likeness_group

-- figure: 6 | Dead in fresh water a month, median [%] | aim 0.15..0.3 | [23] | tuned
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) FROM likeness_fresh

-- figure: 6 | Dead in fresh water, mean against median | aim 2..3 | [23] | tuned
SELECT avg(percent) / percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) FROM likeness_fresh

-- figure: 6 | Fish of 3-12 g a month, median [%] | aim 0.2..0.45 | 0.31 [23] | tuned
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) FROM likeness_fresh WHERE weight_g BETWEEN 3 AND 12

-- figure: 6 | Fresh water, summer against winter | aim 1.4..2.6 | about 2 [23] | tuned
SELECT avg(percent) FILTER (WHERE extract(month FROM month) IN (6, 7, 8))
    / avg(percent) FILTER (WHERE extract(month FROM month) IN (12, 1, 2))
FROM likeness_fresh

-- figure: 7 | Of the dead at sea, disease [%] | aim 28..48 | [31] | seen
SELECT 100.0 * sum(count) FILTER (WHERE cause = 'DISEASE') / sum(count)
FROM batch_mortalityevent JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
JOIN infrastructure_container container ON container.id = container_id WHERE area_id IS NOT NULL

-- figure: 7 | Of the dead at sea, handling and trauma [%] | aim 23..43 | [31] | tuned
SELECT 100.0 * sum(count) FILTER (WHERE cause = 'HANDLING') / sum(count)
FROM batch_mortalityevent JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
JOIN infrastructure_container container ON container.id = container_id WHERE area_id IS NOT NULL

-- figure: 7 | Of the dead at sea, unknown [%] | aim 10..30 | [31] | seen
SELECT 100.0 * sum(count) FILTER (WHERE cause = 'UNKNOWN') / sum(count)
FROM batch_mortalityevent JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
JOIN infrastructure_container container ON container.id = container_id WHERE area_id IS NOT NULL

-- figure: 8 | Rings whose count at slaughter is more than 3 % off the book [%] | aim 40..60 | [70] | tuned
SELECT 100 * avg((abs(harvested / (fish_in - dead) - 1) > 0.03)::int) FROM likeness_ring

-- figure: 8 | Rings more than 10 % off the book [%] | aim 5..15 | [70] | tuned
SELECT 100 * avg((abs(harvested / (fish_in - dead) - 1) > 0.10)::int) FROM likeness_ring

-- figure: 8 | Count at slaughter above the book, mean [%] | aim -2..1 | [34] | tuned
SELECT 100 * avg(harvested / (fish_in - dead) - 1) FROM likeness_ring

-- figure: 9 | Adult females counted, October against April | aim 1.5.. | [46] | seen
SELECT avg(females) FILTER (WHERE month = 10) / avg(females) FILTER (WHERE month = 4) FROM (
    SELECT extract(month FROM count_date) AS month, sum(adult_female_count) AS females
    FROM health_licecount GROUP BY container_id, count_date
) counted

-- figure: 9 | Adult females counted, variance against mean | aim 2.. | over-dispersed [3] | seen
SELECT variance(females) / avg(females) FROM (
    SELECT sum(adult_female_count) AS females FROM health_licecount GROUP BY container_id, count_date
) counted

-- figure: 10 | Delousings of a ring until slaughter, mean | aim 3..5 | about 4 [48a] | tuned
SELECT avg(times) FROM (
    SELECT ring.id, count(treatment.id) AS times FROM likeness_ring ring
    LEFT JOIN health_treatment treatment ON treatment.batch_assignment_id = ring.id
        AND treatment.treatment_type <> 'vaccination'
    GROUP BY 1
) deloused

-- figure: 10 | Delousings of a group, fewest to most | aim 2..8 | 1-6 [48a] | tuned
SELECT max(times) - min(times) FROM (
    SELECT ring.batch_id, count(treatment.id)::float8 / count(DISTINCT ring.id) AS times FROM likeness_ring ring
    LEFT JOIN health_treatment treatment ON treatment.batch_assignment_id = ring.id
        AND treatment.treatment_type <> 'vaccination'
    GROUP BY 1
) deloused

-- figure: 11 | Spread of weights from 4 kg on, CV [%] | aim 18..25 | [69] | seen
SELECT 100 * avg(std_deviation_weight / avg_weight_g) FROM batch_growthsample WHERE avg_weight_g > 4000

-- figure: 11 | Condition of fish from 4 kg on | aim 1.2..1.4 | practice | tuned
SELECT avg(condition_factor) FROM batch_growthsample WHERE avg_weight_g > 4000

-- figure: 11 | Skew of the weights of single fish | aim 0.3..0.6 | practice | tuned
SELECT avg(((weight_g - avg_weight_g) / std_deviation_weight)::float8 ^ 3)
FROM batch_individualgrowthobservation TABLESAMPLE SYSTEM (5) REPEATABLE (1)
JOIN batch_growthsample sample ON sample.id = growth_sample_id WHERE std_deviation_weight > 0

-- figure: 11 | Weight at slaughter [kg] | aim 4.5..6.3 | [17] [24] | seen
SELECT sum(harvested_kg) / sum(harvested) FROM likeness_ring

-- figure: 11 | Gutted share | aim 0.82..0.86 | [74] [75] | seen
SELECT sum(gutted_weight_kg) / sum(live_weight_kg) FROM harvest_harvestlot

-- figure: 11 | Gutted share, standard deviation between rings | aim 0.003..0.02 | practice | tuned
SELECT stddev(share) FROM (
    SELECT sum(gutted_weight_kg) / sum(live_weight_kg) AS share FROM harvest_harvestlot GROUP BY event_id
) lots

-- figure: 11 | Superior [%] | aim 88..96 | practice | tuned
SELECT 100.0 * sum(unit_count) FILTER (WHERE code = 'SUPERIOR') / sum(unit_count)
FROM harvest_harvestlot JOIN harvest_productgrade grade ON grade.id = product_grade_id

-- figure: 12 | Most oxygen at sea, but for one reading in 500 [% of saturation, approximately] | aim ..120 | [57] | seen
SELECT percentile_cont(0.998) WITHIN GROUP (
    ORDER BY 100 * reading.value / (11.45 - 0.27 * state.temp_c + 0.0035 * state.temp_c * state.temp_c)
)
FROM environmental_environmentalreading reading TABLESAMPLE SYSTEM (1) REPEATABLE (1)
JOIN environmental_environmentalparameter parameter ON parameter.id = parameter_id AND parameter.name = 'Dissolved Oxygen'
JOIN infrastructure_container container ON container.id = container_id AND area_id IS NOT NULL
JOIN batch_actualdailyassignmentstate state
    ON state.assignment_id = batch_container_assignment_id AND state.date = reading_time::date

-- figure: 12 | Swing of oxygen from slack to slack water, against that of the whole tide | aim 2.. | lowest at both | seen
SELECT avg(sqrt(twice_cos ^ 2 + twice_sin ^ 2)) / avg(sqrt(once_cos ^ 2 + once_sin ^ 2)) FROM likeness_tide

-- figure: 12 | Dip of oxygen at slack water, mean [points of saturation, approximately] | aim 3..12 | practice | tuned
SELECT avg(4 / 0.09 * sqrt(twice_cos ^ 2 + twice_sin ^ 2)) FROM likeness_tide

-- figure: 12 | Feed of a day with less oxygen than fish need for all their appetite, against August to October | aim 0.3..0.95 | [52] | seen
-- Of what the ring eats that month: small fish eat more, and are where oxygen is not low.
WITH usual AS (
    SELECT assignment_id, extract(month FROM date) AS month, avg(feed_kg / biomass_kg) AS fed
    FROM batch_actualdailyassignmentstate JOIN infrastructure_container container ON container.id = container_id
    WHERE area_id IS NOT NULL AND biomass_kg > 0 AND extract(month FROM date) IN (8, 9, 10)
    GROUP BY 1, 2 HAVING sum(feed_kg) > 0
)
SELECT avg(fed) FILTER (WHERE percent < enough) / avg(fed) FILTER (WHERE percent > enough + 10) FROM (
    SELECT max(state.feed_kg / state.biomass_kg / usual.fed) AS fed, max(42 + 34 * (state.temp_c - 7) / 12) AS enough,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY 100 * reading.value / (11.45 - 0.27 * state.temp_c + 0.0035 * state.temp_c * state.temp_c)
        ) AS percent
    FROM environmental_environmentalreading reading
    JOIN environmental_environmentalparameter parameter ON parameter.id = parameter_id AND parameter.name = 'Dissolved Oxygen'
    JOIN infrastructure_container container ON container.id = container_id AND area_id IS NOT NULL
    JOIN batch_actualdailyassignmentstate state
        ON state.assignment_id = batch_container_assignment_id AND state.date = reading_time::date
    JOIN usual ON usual.assignment_id = state.assignment_id AND usual.month = extract(month FROM reading_time)
    WHERE state.biomass_kg > 0 AND state.feed_kg > 0
    GROUP BY state.id HAVING count(*) > 3
) daily

-- figure: halls | Carbon dioxide from parr to post-smolt, mean [mg/L] | aim 9..14 | 11.6 [59] | tuned
SELECT avg(value) FROM environmental_environmentalreading reading TABLESAMPLE SYSTEM (1) REPEATABLE (1)
JOIN environmental_environmentalparameter parameter ON parameter.id = parameter_id AND parameter.name = 'CO2'
JOIN batch_batchcontainerassignment assignment ON assignment.id = batch_container_assignment_id
JOIN batch_lifecyclestage stage ON stage.id = lifecycle_stage_id AND stage."order" > 2

-- figure: halls | Of these above 15 mg/L [%] | aim 20..40 | 30 [59] | tuned
SELECT 100 * avg((value > 15)::int) FROM environmental_environmentalreading reading TABLESAMPLE SYSTEM (1) REPEATABLE (1)
JOIN environmental_environmentalparameter parameter ON parameter.id = parameter_id AND parameter.name = 'CO2'
JOIN batch_batchcontainerassignment assignment ON assignment.id = batch_container_assignment_id
JOIN batch_lifecyclestage stage ON stage.id = lifecycle_stage_id AND stage."order" > 2

-- figure: 13 | Readings that are missing [%] | aim 2..10 | practice | seen
SELECT 100 * (1 - (SELECT count(*) FROM environmental_environmentalreading)::float8 / sum(6 * days * sensors)) FROM (
    SELECT assignment_id, container_id, sum(days) AS days FROM likeness_month
    JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id GROUP BY 1, 2
) stay
JOIN (
    SELECT container_id, count(*) AS sensors FROM infrastructure_sensor WHERE active GROUP BY 1
) hung USING (container_id)

-- figure: 13 | Registered sensors that are out of use [%] | aim 20..50 | about 40 [79] | tuned
SELECT 100 * avg((NOT active)::int) FROM infrastructure_sensor

-- figure: record | Ring-days at sea without a death collected [%] | aim 10..30 | practice | seen
SELECT 100 * avg((mortality_count = 0)::int) FROM batch_actualdailyassignmentstate state
JOIN infrastructure_container container ON container.id = container_id WHERE area_id IS NOT NULL
