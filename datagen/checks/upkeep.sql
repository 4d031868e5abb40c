-- title: Upkeep that is done was due, and none waits for long
-- means: No task of a broodstock tank was done before its day, and whatever was due a week before the last one done is done.
-- on: broodstock_maintenancetask
SELECT container.name AS container, task.task_type, task.scheduled_date, task.completed_date
FROM broodstock_maintenancetask task
JOIN infrastructure_container container ON container.id = task.container_id
WHERE task.completed_date < task.scheduled_date
    OR task.completed_date IS NULL
    AND task.scheduled_date < (SELECT max(completed_date) FROM broodstock_maintenancetask) - interval '7 days'
ORDER BY container, scheduled_date
