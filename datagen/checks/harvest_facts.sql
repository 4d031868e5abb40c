-- title: Every lot is in the books, at the site of its own area
-- means: Each harvest lot has one fact of equal kilograms, fish, grade, batch and date, at the site of its ring's sea area and of that site's company.
-- on: harvest_harvestlot
SELECT event.document_ref, grade.code AS grade, lot.live_weight_kg, fact.quantity_kg, lot.unit_count,
    fact.unit_count AS fact_unit_count,
    area.name AS area, site.site_name AS fact_site, event.event_date, fact.event_date AS fact_event_date
FROM harvest_harvestlot lot
JOIN harvest_harvestevent event ON event.id = lot.event_id
JOIN harvest_productgrade grade ON grade.id = lot.product_grade_id
JOIN batch_batchcontainerassignment assignment ON assignment.id = event.assignment_id
JOIN infrastructure_container container ON container.id = assignment.container_id
LEFT JOIN infrastructure_area area ON area.id = container.area_id
LEFT JOIN finance_factharvest fact ON fact.lot_id = lot.id
LEFT JOIN finance_dimsite site ON site.site_id = fact.dim_site_id
WHERE (fact.event_id, fact.quantity_kg, fact.unit_count, fact.product_grade_id, fact.event_date,
    fact.dim_batch_id::bigint, fact.dim_company_id)
    IS DISTINCT FROM (event.id, lot.live_weight_kg, lot.unit_count, lot.product_grade_id, event.event_date,
        event.batch_id, site.company_id)
    OR (site.source_model, site.source_pk::bigint) IS DISTINCT FROM ('area', container.area_id)
ORDER BY document_ref, grade
