"""What the record says for the company's books: where fish were, what they got there, and what of them stood there.

Sites are in order of their ids. Money is in cents, weight in hundredths of a kilogram: whole numbers.
"""

PLACE = """(
    SELECT container.id AS container_id, container.name AS container, site.site_id, source_model = 'area' AS at_sea
    FROM infrastructure_container container
    LEFT JOIN infrastructure_hall hall ON hall.id = container.hall_id
    JOIN finance_dimsite site ON source_model = CASE WHEN container.area_id IS NULL THEN 'station' ELSE 'area' END
        AND source_pk = coalesce(container.area_id, hall.freshwater_station_id)
) AS place"""

SITES = f"""
    SELECT site.site_id, site.company_id, site.site_name, source_model = 'area' AS at_sea,
           min(place.container) AS container, min(assignment_date) AS first_day
    FROM finance_dimsite site
    LEFT JOIN {PLACE} ON place.site_id = site.site_id
    LEFT JOIN batch_batchcontainerassignment stay ON stay.container_id = place.container_id
    GROUP BY site.site_id
    ORDER BY site.site_id
"""
"""Every site, with the first of its containers by name and its first fish, if it ever had some."""

ARRIVALS = f"""
    SELECT DISTINCT site_id, date_trunc('month', assignment_date)::date AS month
    FROM batch_batchcontainerassignment JOIN {PLACE} USING (container_id)
    ORDER BY 1, 2
"""

PROJECTS = f"""
    SELECT batch.id AS batch_id, batch_number, place.at_sea, bool_or(stay.is_active) AS active,
           min(assignment_date) AS first_day, max(coalesce(departure_date, assignment_date)) AS last_day,
           (array_agg(place.site_id ORDER BY assignment_date, stay.id))[1] AS site_id
    FROM batch_batch batch
    JOIN batch_batchcontainerassignment stay ON stay.batch_id = batch.id
    JOIN {PLACE} ON place.container_id = stay.container_id
    GROUP BY batch.id, place.at_sea
    ORDER BY batch.id, place.at_sea
"""
"""Every batch in fresh water, and at sea, with the site that it came to first."""

FED = f"""
    SELECT month, site_id, round(100 * sum(cost))::bigint AS cents
    FROM (SELECT container_id, date_trunc('month', feeding_date::timestamp)::date AS month,
                 sum(coalesce(feed_cost, 0)) AS cost
          FROM inventory_feedingevent GROUP BY 1, 2) AS meals
    JOIN {PLACE} USING (container_id)
    GROUP BY 1, 2
"""

DELIVERED = f"""
    SELECT date_trunc('month', actual_delivery_date)::date AS month, site_id,
           round(sum(egg_count_actual * external_cost_per_thousand) / 10)::bigint AS cents
    FROM batch_creationaction action
    JOIN batch_creationworkflow workflow ON workflow.id = action.workflow_id
    JOIN batch_batchcontainerassignment stay ON stay.id = action.dest_assignment_id
    JOIN {PLACE} USING (container_id)
    WHERE external_cost_per_thousand IS NOT NULL AND egg_count_actual IS NOT NULL AND actual_delivery_date IS NOT NULL
    GROUP BY 1, 2
"""

STOOD = f"""
    SELECT date_trunc('month', date)::date AS month, site_id, batch_id, sum(population)::bigint AS fish,
           round(100 * sum(biomass_kg))::bigint AS weight
    FROM batch_actualdailyassignmentstate
    JOIN {PLACE} USING (container_id)
    WHERE date = ANY(%s)
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3
"""
"""On these days, of which a month has one at most."""

DIED = f"""
    SELECT month, site_id, dead.batch_id, sum(fish)::bigint AS fish, round(100 * sum(kg))::bigint AS weight
    FROM (SELECT assignment_id, batch_id, date_trunc('month', event_date::timestamp)::date AS month,
                 sum(count) AS fish, sum(biomass_kg) AS kg
          FROM batch_mortalityevent GROUP BY 1, 2, 3) AS dead
    JOIN batch_batchcontainerassignment stay ON stay.id = assignment_id
    JOIN {PLACE} USING (container_id)
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3
"""

PEOPLE = """
    SELECT role, min(user_id) AS user_id FROM users_userprofile WHERE role IN ('FIN', 'MGR') GROUP BY 1
"""
"""Who keeps the books, and who approves."""

RULES = """
    SELECT account_group_id AS "group", cost_group, rule.name, rule_definition::text AS definition
    FROM finance_core_allocationrule rule
    JOIN finance_core_accountgroup "group" ON "group".group_id = rule.account_group_id
    WHERE rule.is_active AND rule_definition ? 'budget'
    ORDER BY "group".display_order, rule_id
"""
"""What the groups of costs are, in the order in which the chart shows them."""

ADDING = """
    SELECT rule_definition::text AS definition FROM finance_core_allocationrule
    WHERE is_active AND rule_definition ? 'debit' ORDER BY rule_id LIMIT 1
"""
"""By which accounts costs are added to the value of the fish."""

ACCOUNTS = "SELECT code, account_id FROM finance_core_account"
