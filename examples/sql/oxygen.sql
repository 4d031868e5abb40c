-- Hours in which oxygen was short in one ring: the same day's other readings beside the lowest of oxygen.
-- Readings are the largest table by far: an index finds those of one container, sensor by sensor.
WITH ring AS (
    SELECT container.id
    FROM infrastructure_container container
    WHERE container.area_id IS NOT NULL
        AND EXISTS (SELECT FROM environmental_environmentalreading WHERE container_id = container.id)
    ORDER BY container.id
    LIMIT 1
), daily AS (
    SELECT reading.reading_time::date AS day, parameter.name, min(reading.value) AS lowest, avg(reading.value) AS mean
    FROM environmental_environmentalreading reading
    JOIN environmental_environmentalparameter parameter ON parameter.id = reading.parameter_id
    WHERE reading.container_id = (SELECT id FROM ring)
    GROUP BY 1, 2
)
SELECT oxygen.day, oxygen.lowest AS lowest_oxygen_mg_l, round(water.mean, 1) AS temperature_c
FROM daily oxygen
JOIN daily water ON water.day = oxygen.day AND water.name = 'Temperature'
WHERE oxygen.name = 'Dissolved Oxygen'
ORDER BY oxygen.lowest, oxygen.day
LIMIT 10;
