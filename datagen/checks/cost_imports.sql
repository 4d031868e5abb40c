-- title: A month's costs of feed and eggs are what was fed and delivered in it
-- means: For each site and month the imported costs of feed are those of the meals given there by then, and those of eggs what the delivered ones cost; a file has as many rows and as large a total as it says, one row for a site and group, and none of it is of a month to come.
-- on: finance_core_costimportbatch
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
), file AS (
    SELECT *, make_date(year, month, 1) AS first, (created_at::date + 1)::timestamptz AS closed
    FROM finance_core_costimportbatch
), spent AS (
    -- Whoever enters a meal later finds it in no file.
    SELECT 'meals' AS source, meal.first, place.site_id, sum(meal.cost) AS cost
    FROM (
        -- By container before by site, for the planner takes a site for one container's and would sort all meals.
        SELECT container_id, file.first, sum(coalesce(feed_cost, 0)) AS cost
        FROM inventory_feedingevent meal
        JOIN file ON file.first = date_trunc('month', meal.feeding_date::timestamp)::date
            AND meal.created_at < file.closed
        GROUP BY 1, 2
    ) meal
    JOIN place USING (container_id)
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT 'eggs', date_trunc('month', actual_delivery_date)::date, site_id,
        round(sum(egg_count_actual * external_cost_per_thousand) / 1000, 2)
    FROM batch_creationaction action
    JOIN batch_creationworkflow workflow ON workflow.id = action.workflow_id
    JOIN batch_batchcontainerassignment stay ON stay.id = action.dest_assignment_id
    JOIN place USING (container_id)
    WHERE external_cost_per_thousand IS NOT NULL
    GROUP BY 1, 2, 3
), imported AS (
    SELECT rule.rule_definition->>'source' AS source, make_date(year, month, 1) AS first,
        operating_unit_id AS site_id, sum(amount) AS amount
    FROM finance_core_costimportline line
    JOIN finance_core_allocationrule rule ON rule.account_group_id = line.account_group_id
    WHERE rule.rule_definition->>'source' IN ('meals', 'eggs')
    GROUP BY 1, 2, 3
), line AS (
    SELECT import_batch_id, count(*) AS rows, sum(amount) AS amount, min(make_date(year, month, 1)) AS first,
        max(make_date(year, month, 1)) AS last, count(DISTINCT (operating_unit_id, account_group_id)) AS places
    FROM finance_core_costimportline GROUP BY 1
)
SELECT source AS what, first AS month, site.site_name, spent.cost AS in_the_record, imported.amount AS imported
FROM spent
FULL JOIN imported USING (source, first, site_id)
LEFT JOIN finance_dimsite site ON site.site_id = coalesce(spent.site_id, imported.site_id)
WHERE imported.amount IS DISTINCT FROM spent.cost
UNION ALL
SELECT file.source_filename, file.first, NULL, file.total_amount, line.amount
FROM file
LEFT JOIN line USING (import_batch_id)
WHERE line.rows IS DISTINCT FROM file.imported_row_count
    OR line.amount IS DISTINCT FROM file.total_amount
    OR line.places <> line.rows
    OR line.first <> file.first
    OR line.last <> file.first
    OR file.first > current_setting('aquamind.as_of')::date
    OR file.created_at::date > current_setting('aquamind.as_of')::date
    OR EXISTS (SELECT FROM file twin WHERE twin.first = file.first AND twin.import_batch_id <> file.import_batch_id)
ORDER BY month, what
