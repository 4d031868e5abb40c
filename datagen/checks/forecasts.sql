-- title: Every active assignment has one forecast, as its daily state and the plans say
-- means: Each active assignment of a batch with a pinned run has one summary: weight, fish, biomass and day are those of its latest daily state; the days on which it will weigh enough to be harvested and to move on are the first projected ones at the threshold, none if it never does, and no move if it weighs as much already; the day first meant for harvest is the pinned run's; it is planned if an activity of the batch or of its container is to come, and wants attention if it is due within 30 days and not planned.
-- on: batch_containerforecastsummary
WITH expected AS (
    SELECT assignment.id AS assignment_id, assignment.batch_id, state.*
    FROM batch_batchcontainerassignment assignment
    JOIN batch_batch batch ON batch.id = assignment.batch_id
    CROSS JOIN LATERAL (
        SELECT container_id, date, day_number, avg_weight_g, population, biomass_kg
        FROM batch_actualdailyassignmentstate WHERE assignment_id = assignment.id ORDER BY date DESC LIMIT 1) state
    WHERE assignment.is_active AND batch.status = 'ACTIVE' AND batch.pinned_projection_run_id IS NOT NULL
), judged AS (
    SELECT batch.batch_number, coalesce(summary.assignment_id, expected.assignment_id) AS assignment,
        summary.state_date, current_weight_g, projected_harvest_date, days_to_harvest, projected_transfer_date,
        original_harvest_date, has_planned_harvest, has_planned_transfer, needs_planning_attention, CASE
        WHEN summary.assignment_id IS NULL THEN 'none'
        WHEN expected.assignment_id IS NULL THEN 'of an assignment that is not active'
        WHEN (current_weight_g, current_population, current_biomass_kg, state_date, state_day_number)
            IS DISTINCT FROM (expected.avg_weight_g, population, expected.biomass_kg, date, day_number)
            OR computed_date <> date
            THEN 'not the latest daily state'
        WHEN (projected_harvest_date, projected_harvest_weight_g) IS DISTINCT FROM (harvest.day, harvest.weight_g)
            OR days_to_harvest IS DISTINCT FROM projected_harvest_date - state_date THEN 'day of harvest'
        WHEN (projected_transfer_date, projected_transfer_weight_g) IS DISTINCT FROM (transfer.day, transfer.weight_g)
            OR days_to_transfer IS DISTINCT FROM projected_transfer_date - state_date THEN 'day of the move'
        WHEN original_harvest_date IS DISTINCT FROM original.day
            OR harvest_variance_days IS DISTINCT FROM projected_harvest_date - original_harvest_date
            THEN 'day first meant for harvest'
        WHEN has_planned_harvest <> ('HARVEST' = ANY(plan.types)) OR has_planned_transfer <> ('TRANSFER' = ANY(plan.types))
            THEN 'planned or not'
        WHEN needs_planning_attention <> (coalesce(days_to_harvest <= 30 AND NOT has_planned_harvest, false)
            OR coalesce(days_to_transfer <= 30 AND NOT has_planned_transfer, false)) THEN 'attention'
        END AS fault
    FROM expected
    FULL JOIN batch_containerforecastsummary summary USING (assignment_id)
    LEFT JOIN batch_batchcontainerassignment assignment ON assignment.id = assignment_id
    LEFT JOIN batch_batch batch ON batch.id = assignment.batch_id
    LEFT JOIN LATERAL (
        SELECT projection_date AS day, projected_weight_g AS weight_g FROM batch_liveforwardprojection
        WHERE assignment_id = summary.assignment_id AND projected_weight_g >= harvest_threshold_g
        ORDER BY projection_date LIMIT 1) harvest ON true
    LEFT JOIN LATERAL (
        SELECT projection_date AS day, projected_weight_g AS weight_g FROM batch_liveforwardprojection
        WHERE assignment_id = summary.assignment_id AND projected_weight_g >= transfer_threshold_g
            AND current_weight_g < transfer_threshold_g
        ORDER BY projection_date LIMIT 1) transfer ON true
    LEFT JOIN LATERAL (
        SELECT min(projection_date) AS day FROM scenario_scenarioprojection
        WHERE projection_run_id = batch.pinned_projection_run_id AND average_weight >= harvest_threshold_g) original ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(activity_type::text), '{}') AS types FROM planning_plannedactivity activity
        WHERE activity.batch_id = expected.batch_id AND activity.status IN ('PENDING', 'IN_PROGRESS')
            AND coalesce(activity.container_id, expected.container_id) = expected.container_id) plan
)
SELECT * FROM judged
WHERE fault IS NOT NULL
ORDER BY batch_number, assignment
