-- title: An assignment's biomass is its fish times their weight
-- means: biomass_kg is population_count x avg_weight_g / 1000, to the rounding of its columns.
-- on: batch_batchcontainerassignment
SELECT batch.batch_number, container.name AS container, assignment.assignment_date, assignment.population_count,
    assignment.avg_weight_g, assignment.biomass_kg
FROM batch_batchcontainerassignment assignment
JOIN batch_batch batch ON batch.id = assignment.batch_id
JOIN infrastructure_container container ON container.id = assignment.container_id
WHERE abs(assignment.biomass_kg - assignment.population_count * assignment.avg_weight_g / 1000) > 0.01
ORDER BY batch_number, assignment_date, container
