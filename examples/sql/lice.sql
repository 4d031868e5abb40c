-- Adult female salmon lice a fish, by sea area and month, beside the treatments of that month: who treats late, and does it help?
-- Every count has a row for each type of louse, on the same fish.
WITH counted AS (
    SELECT area.id AS area_id, date_trunc('month', count.count_date)::date AS month, sum(count.count_value) AS lice,
           sum(count.fish_sampled) AS fish
    FROM health_licecount count
    JOIN health_licetype type ON type.id = count.lice_type_id
    JOIN infrastructure_container ring ON ring.id = count.container_id
    JOIN infrastructure_area area ON area.id = ring.area_id
    WHERE type.species = 'Lepeophtheirus salmonis' AND type.gender = 'female' AND type.development_stage = 'adult'
    GROUP BY 1, 2
), treated AS (
    SELECT ring.area_id, date_trunc('month', treatment.treatment_date)::date AS month, count(*) AS rings
    FROM health_treatment treatment
    JOIN infrastructure_container ring ON ring.id = treatment.container_id
    WHERE ring.area_id IS NOT NULL
    GROUP BY 1, 2
)
SELECT area.name AS area, counted.month, round(counted.lice::numeric / counted.fish, 2) AS adult_females_a_fish,
       coalesce(treated.rings, 0) AS rings_treated
FROM counted
JOIN infrastructure_area area ON area.id = counted.area_id
LEFT JOIN treated ON treated.area_id = counted.area_id AND treated.month = counted.month
ORDER BY area.name, counted.month;
