-- Adult female salmon lice a fish, by sea area and month, beside the rings that were treated in that month.
-- Every count has a row for each type of louse, on the same fish.
WITH counted AS (
    SELECT area.name AS area, date_trunc('month', lice.count_date)::date AS month,
           sum(lice.count_value) / sum(lice.fish_sampled) AS adult_females_a_fish
    FROM health_licecount lice
    JOIN health_licetype kind ON kind.id = lice.lice_type_id
    JOIN infrastructure_container ring ON ring.id = lice.container_id
    JOIN infrastructure_area area ON area.id = ring.area_id
    WHERE kind.species = 'Lepeophtheirus salmonis' AND kind.gender = 'female' AND kind.development_stage = 'adult'
    GROUP BY ALL
), treated AS (
    SELECT area.name AS area, date_trunc('month', treatment.treatment_date)::date AS month, count(*) AS rings
    FROM health_treatment treatment
    JOIN infrastructure_container ring ON ring.id = treatment.container_id
    JOIN infrastructure_area area ON area.id = ring.area_id
    GROUP BY ALL
)
SELECT area, month, round(adult_females_a_fish, 2) AS adult_females_a_fish, coalesce(rings, 0) AS rings_treated
FROM counted LEFT JOIN treated USING (area, month)
ORDER BY area, month
