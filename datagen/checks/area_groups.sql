-- title: Groups of areas are trees within a geography
-- means: A group of areas and the group that it is a part of are of one geography, and no group is a part of itself, not even by way of others.
-- on: infrastructure_areagroup
WITH RECURSIVE above AS (
    SELECT id, parent_id FROM infrastructure_areagroup WHERE parent_id IS NOT NULL
    UNION
    SELECT above.id, whole.parent_id
    FROM above JOIN infrastructure_areagroup whole ON whole.id = above.parent_id AND whole.parent_id IS NOT NULL
)
SELECT part.code, part.name, whole.code AS whole,
    CASE WHEN whole.geography_id <> part.geography_id THEN 'in another geography' ELSE 'part of itself' END AS fault
FROM infrastructure_areagroup part
JOIN infrastructure_areagroup whole ON whole.id = part.parent_id
WHERE whole.geography_id <> part.geography_id OR EXISTS (
    SELECT FROM above WHERE above.id = part.id AND above.parent_id = part.id
)
ORDER BY part.code
