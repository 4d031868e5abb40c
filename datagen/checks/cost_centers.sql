-- title: Every site is a cost centre, and every batch has one project
-- means: A site has one cost centre of its company; a batch that has had fish is linked to one project, below the site in whose company it is now (at sea as soon as some of it is), and the project is open as long as the batch is; no project is without its batch's fish.
-- on: finance_core_costcenter
WITH place AS (
    SELECT container.id AS container_id, site.site_id, site.company_id, source_model = 'area' AS at_sea
    FROM infrastructure_container container
    LEFT JOIN infrastructure_hall hall ON hall.id = container.hall_id
    JOIN finance_dimsite site ON source_model = CASE WHEN container.area_id IS NULL THEN 'station' ELSE 'area' END
        AND source_pk = coalesce(container.area_id, hall.freshwater_station_id)
), stay AS (
    SELECT batch_id, at_sea, bool_or(is_active) AS active, array_agg(site_id) AS sites
    FROM batch_batchcontainerassignment JOIN place USING (container_id)
    GROUP BY 1, 2
), batch AS (
    SELECT DISTINCT ON (batch_id) * FROM stay ORDER BY batch_id, at_sea DESC
)
SELECT 'batch' AS what, number.batch_number AS name, project.code, project.is_active, site.site_name
FROM batch
JOIN batch_batch number ON number.id = batch.batch_id
LEFT JOIN finance_core_costcenterbatchlink link ON link.batch_id = batch.batch_id
LEFT JOIN finance_core_costcenter project ON project.cost_center_id = link.cost_center_id
LEFT JOIN finance_core_costcenter parent ON parent.cost_center_id = project.parent_id
LEFT JOIN finance_dimsite site ON site.site_id = project.site_id
WHERE project.cost_center_type IS DISTINCT FROM 'PROJECT'
    OR parent.cost_center_type IS DISTINCT FROM 'SITE'
    OR parent.site_id IS DISTINCT FROM project.site_id
    OR project.is_active IS DISTINCT FROM batch.active
    OR project.company_id IS DISTINCT FROM site.company_id
    OR (project.site_id = ANY(batch.sites)) IS NOT TRUE
UNION ALL
SELECT 'site', site.site_name, min(center.code), NULL, NULL
FROM finance_dimsite site
LEFT JOIN finance_core_costcenter center ON center.site_id = site.site_id AND center.cost_center_type = 'SITE'
    AND center.company_id = site.company_id
GROUP BY site.site_id
HAVING count(center.cost_center_id) <> 1
UNION ALL
SELECT 'project', project.name, project.code, project.is_active, NULL
FROM finance_core_costcenter project
WHERE project.cost_center_type = 'PROJECT' AND project.is_active
    AND NOT EXISTS (SELECT FROM batch JOIN batch_batch ON id = batch_id
                    WHERE active AND project.name LIKE batch_number || ' at %')
ORDER BY what, name
