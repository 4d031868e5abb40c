-- title: Weather and daylight are there for every day of an area with fish
-- means: An area with weather has it once for each day from its first to its last, as many days of daylight, and those of fish among them; a day is as long as its latitude makes it, to a tenth of an hour at the solstices.
-- on: batch_batchcontainerassignment
WITH weather AS (
    SELECT area_id, min(timestamp::date) AS first, max(timestamp::date) AS last, count(*) AS rows,
        count(DISTINCT timestamp::date) AS days, bool_or(wind_speed < 0 OR wave_height < 0
            OR cloud_cover NOT BETWEEN 0 AND 100 OR wind_direction NOT BETWEEN 0 AND 359) AS wrong
    FROM environmental_weatherdata
    GROUP BY 1
), daylight AS (
    SELECT area_id, count(*) AS days, min(day_length_hours) AS shortest, max(day_length_hours) AS longest
    FROM environmental_photoperioddata
    GROUP BY 1
), fish AS (
    SELECT container.area_id, min(assignment.assignment_date) AS first
    FROM batch_batchcontainerassignment assignment
    JOIN infrastructure_container container ON container.id = assignment.container_id
    WHERE container.area_id IS NOT NULL
    GROUP BY 1
)
SELECT area.name AS area, weather.first, weather.last, weather.rows, weather.days, daylight.days AS days_of_light,
    fish.first AS first_fish, daylight.shortest, daylight.longest
FROM weather
FULL JOIN daylight USING (area_id)
FULL JOIN fish USING (area_id)
JOIN infrastructure_area area ON area.id = area_id
WHERE weather.wrong IS DISTINCT FROM false
    OR weather.rows <> weather.days
    OR weather.days <> weather.last - weather.first + 1
    OR daylight.days IS DISTINCT FROM weather.days
    OR fish.first < weather.first
    -- A year and more has a longest and a shortest day, as long as a night of the other.
    OR weather.days > 366 AND abs(daylight.shortest + daylight.longest - 24.9) > 1
ORDER BY area
