-- title: A mix event is what was moved into its container
-- means: Every mixed batch, and no other, has an event of its first day in the container where it lives, of one action that brought fish there; its components are the moves into it, stay by stay, brought or there before, and their shares 100 % together and those of its composition.
-- on: batch_batchmixevent
WITH component AS (
    SELECT event.mixed_batch_id, component.*, stay.batch_id AS batch_of_stay, stay.container_id,
        sum(percentage) OVER (PARTITION BY mix_event_id) AS together
    FROM batch_batchmixeventcomponent component
    JOIN batch_batchmixevent event ON event.id = component.mix_event_id
    JOIN batch_batchcontainerassignment stay ON stay.id = component.source_assignment_id
), moved AS (
    SELECT dest.batch_id AS mixed_batch_id, action.source_assignment_id, sum(action.transferred_count) AS fish,
        sum(action.transferred_biomass_kg) AS kg, bool_or(source.container_id <> dest.container_id) AS brought
    FROM batch_transferaction action
    JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
    JOIN batch_batchcontainerassignment dest ON dest.id = action.dest_assignment_id AND dest.batch_id <> source.batch_id
    WHERE action.status = 'COMPLETED'
    GROUP BY 1, 2
), judged AS (
    SELECT mixed_batch_id, source_assignment_id, component.population_count, moved.fish, CASE
        WHEN component.id IS NULL OR moved.fish IS NULL THEN 'moved without a component, or a component that was not moved'
        WHEN component.source_batch_id <> component.batch_of_stay THEN 'stay of another batch'
        WHEN component.is_transferred_in <> moved.brought THEN 'brought, or there before'
        WHEN (component.population_count, component.biomass_kg) IS DISTINCT FROM (moved.fish, moved.kg) THEN 'other fish'
        WHEN component.together <> 100 THEN 'shares are not 100 %'
        END AS fault
    FROM component FULL JOIN moved USING (mixed_batch_id, source_assignment_id)
    UNION ALL
    SELECT composition.mixed_batch_id, NULL, composition.population_count, sum(component.population_count), 'other than its composition'
    FROM batch_batchcomposition composition
    LEFT JOIN component USING (mixed_batch_id, source_batch_id)
    GROUP BY composition.id
    HAVING (sum(component.percentage), sum(component.population_count), sum(component.biomass_kg))
        IS DISTINCT FROM (composition.percentage, composition.population_count, composition.biomass_kg)
    UNION ALL
    SELECT batch.id, NULL, NULL, NULL, 'its event'
    FROM batch_batch batch
    LEFT JOIN batch_batchmixevent event ON event.mixed_batch_id = batch.id
    LEFT JOIN batch_batchcontainerassignment stay ON stay.batch_id = batch.id
    LEFT JOIN batch_transferaction action ON action.id = event.workflow_action_id
    WHERE batch.batch_type = 'MIXED' AND (event.container_id, event.mixed_at::date) IS DISTINCT FROM (stay.container_id, stay.assignment_date)
        OR action.dest_assignment_id <> stay.id OR (batch.batch_type <> 'MIXED' AND event.id IS NOT NULL)
)
SELECT batch.batch_number, judged.source_assignment_id, judged.population_count, judged.fish AS moved, judged.fault
FROM judged
JOIN batch_batch batch ON batch.id = judged.mixed_batch_id
WHERE fault IS NOT NULL
ORDER BY batch_number, source_assignment_id
