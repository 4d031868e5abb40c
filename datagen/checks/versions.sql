-- title: Versions tell what became of a row
-- means: What people edit was created once, as its first version, and is now what its latest version says; but for what follows from the fish while they are there.
-- on: batch_batch
SELECT '{table}' AS tracked, judged.*
FROM (
    SELECT current.{key} AS key, version.created, version.latest,
        CASE
        WHEN version.{key} IS NULL THEN 'has no version'
        WHEN version.created <> 1 THEN 'created more than once, or never'
        WHEN version.first <> '+' THEN 'changed before it was created'
        WHEN NOT ({same}) THEN 'is not its latest version'
        END AS fault
    FROM {table} current
    LEFT JOIN (
        SELECT DISTINCT ON ({key}) *, history_date AS latest,
            count(*) FILTER (WHERE history_type = '+') OVER (PARTITION BY {key}) AS created,
            first_value(history_type) OVER (PARTITION BY {key} ORDER BY history_date, history_id) AS first
        FROM {versions}
        ORDER BY {key}, history_date DESC, history_id DESC
    ) version ON version.{key} = current.{key}
    WHERE {written}
) judged
WHERE fault IS NOT NULL
