-- A picture a query of series, x and y. lines or dots; log: of y.

-- picture: The year of the sea: months, mean temperature [C] | month | C | lines
SELECT geography.name, extract(month FROM month), avg(temp_c)
FROM likeness_month JOIN infrastructure_geography geography ON geography.id = geography_id
WHERE area_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2

-- picture: Growth at sea, mean of each area by age | months at sea | kg | dots
SELECT geography.name, (month - first_day) / 30.4, sum(weight_g * days) / sum(days) / 1000
FROM likeness_month
JOIN likeness_ring ring ON ring.id = assignment_id
JOIN infrastructure_geography geography ON geography.id = ring.geography_id
WHERE month > first_day GROUP BY 1, 2, ring.batch_id ORDER BY 1, 2

-- picture: Deaths of each area and month, on a log scale | month | % a month | dots log
SELECT geography.name, extract(month FROM month) + 0.6 * (row_number() OVER (PARTITION BY month ORDER BY area_id) % 9) / 9.0, percent
FROM likeness_site JOIN infrastructure_geography geography ON geography.id = geography_id
WHERE percent > 0 ORDER BY 1, 2

-- picture: Adult females of the batch most counted, and days on which rings were deloused | days at sea | a fish | lines
WITH picked AS (
    SELECT batch_id FROM health_licecount GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
), sea AS (
    SELECT min(assignment_date) AS day FROM batch_batchcontainerassignment assignment
    JOIN infrastructure_container container ON container.id = container_id AND area_id IS NOT NULL
    JOIN picked ON picked.batch_id = assignment.batch_id
), counted AS (
    SELECT count_date::date - sea.day AS day, container_id, sum(adult_female_count)::float8 AS females, max(fish_sampled) AS fish
    FROM health_licecount JOIN picked USING (batch_id) CROSS JOIN sea GROUP BY 1, 2
)
SELECT 'counted' AS series, day::float8 AS x, sum(females) / sum(fish) AS y FROM counted GROUP BY 2
UNION ALL
SELECT 'deloused', treatment_date::date - sea.day, 0 FROM health_treatment JOIN picked USING (batch_id) CROSS JOIN sea
WHERE treatment_type <> 'vaccination' GROUP BY 2
ORDER BY 1, 2

-- picture: Feed rate of each ring and month | kg | % of biomass a day | dots
SELECT geography.name, weight_g / 1000, 100 * feed_kg / (fish_days * weight_g / 1000)
FROM likeness_month JOIN infrastructure_geography geography ON geography.id = geography_id
WHERE area_id IS NOT NULL AND fish_days * weight_g > 0 AND days > 20 AND assignment_id % 7 = 0 ORDER BY 1, 2

-- picture: Slaughter against the book, rings by how far it was off | % | rings | lines
SELECT 'rings', round(100 * (harvested / (fish_in - dead) - 1)), count(*)
FROM likeness_ring WHERE fish_in > dead GROUP BY 1, 2 ORDER BY 1, 2
