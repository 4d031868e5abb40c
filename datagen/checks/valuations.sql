-- title: A valuation is of the fish that stood there, and its costs are those of the month
-- means: An approved valuation is of a month that was over; its fish and kilograms are those of the daily states of its last day at its site, its dead those of the month, together and batch by batch; all costs imported of the month are shared out among them, and posted once on either side.
-- on: finance_core_valuationrun
WITH place AS (
    -- Apart, so that the planner sees that each container has a site.
    SELECT container.id AS container_id, site.site_id
    FROM infrastructure_container container
    JOIN infrastructure_hall hall ON hall.id = container.hall_id
    JOIN finance_dimsite site ON source_model = 'station' AND source_pk = hall.freshwater_station_id
    WHERE container.area_id IS NULL
    UNION ALL
    SELECT container.id, site.site_id
    FROM infrastructure_container container
    JOIN finance_dimsite site ON source_model = 'area' AND source_pk = container.area_id
), valued AS (
    SELECT *, make_date(year, month, 1) AS first,
        (make_date(year, month, 1) + interval '1 month - 1 day')::date AS last
    FROM finance_core_valuationrun WHERE status = 'APPROVED'
), stood AS (
    SELECT site_id, date AS last, sum(population) AS fish, sum(biomass_kg) AS kg, count(DISTINCT batch_id) AS batches
    FROM batch_actualdailyassignmentstate JOIN place USING (container_id)
    WHERE date IN (SELECT last FROM valued)
    GROUP BY 1, 2
), died AS (
    -- Whoever enters a death later finds it in no valuation.
    SELECT run_id, sum(event.count) AS fish, sum(event.biomass_kg) AS kg
    FROM batch_mortalityevent event
    JOIN batch_batchcontainerassignment stay ON stay.id = event.assignment_id
    JOIN place USING (container_id)
    JOIN valued ON valued.operating_unit_id = site_id
        AND valued.first = date_trunc('month', event.event_date::timestamp)::date
        AND event.created_at::date <= valued.run_timestamp::date
    GROUP BY 1
), cost AS (
    SELECT import_batch_id, operating_unit_id, sum(amount) AS amount FROM finance_core_costimportline GROUP BY 1, 2
), said AS (
    SELECT run_id, (biology_snapshot->>'fish')::numeric AS fish, (biology_snapshot->>'biomass_kg')::numeric AS kg,
        jsonb_array_length(biology_snapshot->'projects') AS batches,
        (SELECT coalesce(sum((each->>'biomass_kg')::numeric), 0)
         FROM jsonb_array_elements(biology_snapshot->'projects') AS each) AS kg_of_batches,
        (mortality_snapshot->>'fish')::numeric AS dead, (mortality_snapshot->>'biomass_kg')::numeric AS dead_kg,
        (totals_snapshot->>'costs')::numeric AS costs,
        (allocation_snapshot->>'site')::numeric + (SELECT coalesce(sum((each->>'amount')::numeric), 0)
            FROM jsonb_array_elements(allocation_snapshot->'projects') AS each) AS shared,
        (SELECT sum((each->>'debit')::numeric) FROM jsonb_array_elements(nav_posting->'lines') AS each) AS debit,
        (SELECT sum((each->>'credit')::numeric) FROM jsonb_array_elements(nav_posting->'lines') AS each) AS credit
    FROM valued
)
SELECT site.site_name, valued.year, valued.month, said.fish, stood.fish AS fish_there, said.kg, stood.kg AS kg_there,
    said.dead, died.fish AS died, said.costs, cost.amount AS imported, said.shared, said.debit, said.credit
FROM valued
JOIN said USING (run_id)
JOIN finance_dimsite site ON site.site_id = valued.operating_unit_id
LEFT JOIN stood ON stood.site_id = valued.operating_unit_id AND stood.last = valued.last
LEFT JOIN died USING (run_id)
LEFT JOIN cost ON cost.import_batch_id = valued.import_batch_id AND cost.operating_unit_id = valued.operating_unit_id
WHERE valued.completed_at::date <= valued.last
    OR valued.completed_at::date > current_setting('aquamind.as_of')::date
    OR valued.company_id <> site.company_id
    OR said.fish IS DISTINCT FROM coalesce(stood.fish, 0)
    OR said.kg IS DISTINCT FROM coalesce(stood.kg, 0)
    OR said.kg_of_batches <> said.kg
    OR said.batches IS DISTINCT FROM coalesce(stood.batches, 0)
    OR said.dead IS DISTINCT FROM coalesce(died.fish, 0)
    OR said.dead_kg IS DISTINCT FROM coalesce(died.kg, 0)
    OR said.costs IS DISTINCT FROM coalesce(cost.amount, 0)
    OR said.shared IS DISTINCT FROM said.costs
    OR said.debit IS DISTINCT FROM said.credit
    OR coalesce(said.debit, said.costs) <> said.costs
ORDER BY site_name, year, month
