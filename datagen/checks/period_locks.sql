-- title: A month is closed when it is over, and only then
-- means: Ten days after a month every site with costs in it is locked; a lock came after the month, which has an approved valuation of the site, and was lifted only by somebody who said so.
-- on: finance_core_periodlock
WITH spent AS (
    SELECT DISTINCT operating_unit_id, year, month FROM finance_core_costimportline
)
SELECT site.site_name, year, month, closed.is_locked, closed.locked_at, valued.run_id
FROM spent
FULL JOIN finance_core_periodlock closed USING (operating_unit_id, year, month)
LEFT JOIN finance_core_valuationrun valued USING (operating_unit_id, year, month)
JOIN finance_dimsite site ON site.site_id = operating_unit_id
CROSS JOIN LATERAL (SELECT (make_date(year, month, 1) + interval '1 month')::date AS next) AS of_month
WHERE closed.period_lock_id IS NULL AND next + 10 <= (SELECT max(created_at)::date FROM finance_core_costimportbatch)
    OR closed.locked_at < next
    OR closed.locked_at::date > current_setting('aquamind.as_of')::date
    OR closed.company_id <> site.company_id
    OR NOT closed.is_locked AND closed.reopened_at IS NULL
    OR closed.is_locked AND valued.status IS DISTINCT FROM 'APPROVED'
ORDER BY site_name, year, month
