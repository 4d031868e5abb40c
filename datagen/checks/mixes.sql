-- title: A mix says what it is of, to the fish
-- means: A batch is mixed if, and only if, it has a composition, of batches that are not; its shares are 100 % together and those of its fish, to a hundredth; its fish are those that transfers brought into it, batch by batch, and so is their weight.
-- on: batch_batch
WITH moved AS (
    SELECT dest.batch_id AS mix, source.batch_id AS source, sum(action.transferred_count) AS fish,
        sum(action.transferred_biomass_kg) AS kg
    FROM batch_transferaction action
    JOIN batch_batchcontainerassignment source ON source.id = action.source_assignment_id
    JOIN batch_batchcontainerassignment dest ON dest.id = action.dest_assignment_id AND dest.batch_id <> source.batch_id
    WHERE action.status = 'COMPLETED'
    GROUP BY 1, 2
), part AS (
    SELECT mixed_batch_id AS mix, source_batch_id AS source, count(*) AS times, sum(population_count) AS fish,
        sum(biomass_kg) AS kg, sum(percentage) AS percent
    FROM batch_batchcomposition
    GROUP BY 1, 2
), judged AS (
    SELECT batch.id, batch.batch_number, batch.batch_type, part.source, part.percent, part.fish, moved.fish AS moved, CASE
        WHEN batch.batch_type <> 'MIXED' THEN 'a composition of what is no mix'
        WHEN part.times IS DISTINCT FROM 1 THEN 'not once in its composition'
        WHEN (part.fish, part.kg) IS DISTINCT FROM (moved.fish, moved.kg) THEN 'other fish than were moved'
        WHEN sum(part.percent) OVER (PARTITION BY batch.id) <> 100 THEN 'shares are not 100 %'
        WHEN abs(part.percent - 100.0 * part.fish / nullif(sum(part.fish) OVER (PARTITION BY batch.id), 0)) > 0.05
            THEN 'share of fish'
        END AS fault
    FROM batch_batch batch
    JOIN (part FULL JOIN moved USING (mix, source)) ON mix = batch.id
)
SELECT batch_number, batch_type, source, percent, fish, moved, fault FROM judged WHERE fault IS NOT NULL
UNION ALL
SELECT batch_number, batch_type, NULL, NULL, NULL, NULL, 'no composition' FROM batch_batch
WHERE batch_type = 'MIXED' AND id NOT IN (SELECT mix FROM part)
ORDER BY batch_number, source
