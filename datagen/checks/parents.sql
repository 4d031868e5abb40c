-- title: Parents are a female and a male that were there
-- means: Of a pair one is female and one is male, both came to one tank before they were paired, within the days of their plan, and its offspring are the eggs of its lots; a fish is where it was moved to last; the traits of a plan weigh 1 together.
-- on: broodstock_breedingpair
WITH stripped AS (
    SELECT pair_id, sum(egg_count) AS eggs, min(production_date) AS first FROM broodstock_eggproduction GROUP BY 1
), moved AS (
    SELECT DISTINCT ON (fish_id) fish_id, to_container_id FROM broodstock_fishmovement
    ORDER BY fish_id, movement_date DESC
), came AS (
    SELECT pair.id AS pair_id, count(DISTINCT movement.fish_id) AS fish, count(DISTINCT to_container_id) AS tanks
    FROM broodstock_breedingpair pair
    JOIN broodstock_fishmovement movement
        ON movement.fish_id IN (pair.female_fish_id, pair.male_fish_id) AND movement_date < pair.pairing_date
    GROUP BY 1
)
SELECT plan.name AS plan, pair.id AS pair, NULL::bigint AS fish, pair.progeny_count, stripped.eggs
FROM broodstock_breedingpair pair
JOIN broodstock_breedingplan plan ON plan.id = pair.plan_id
JOIN broodstock_broodstockfish female ON female.id = pair.female_fish_id
JOIN broodstock_broodstockfish male ON male.id = pair.male_fish_id
LEFT JOIN stripped ON stripped.pair_id = pair.id
LEFT JOIN came ON came.pair_id = pair.id
WHERE (female.traits->>'sex', male.traits->>'sex') IS DISTINCT FROM ('female', 'male')
    OR pair.pairing_date NOT BETWEEN plan.start_date AND plan.end_date
    OR stripped.eggs IS DISTINCT FROM pair.progeny_count
    OR stripped.first < pair.pairing_date
    OR (came.fish, came.tanks) IS DISTINCT FROM (2, 1)
UNION ALL
SELECT NULL, NULL, fish.id, NULL, NULL
FROM broodstock_broodstockfish fish
JOIN moved ON moved.fish_id = fish.id
WHERE moved.to_container_id <> fish.container_id
UNION ALL
SELECT plan.name, NULL, NULL, NULL, NULL
FROM broodstock_breedingplan plan
JOIN broodstock_breedingtraitpriority priority ON priority.plan_id = plan.id
GROUP BY plan.id
HAVING abs(sum(priority.priority_weight) - 1) > 1e-6
ORDER BY plan, pair, fish
