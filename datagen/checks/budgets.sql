-- title: A budget was made before its year, and is for what is spent in it
-- means: Every company that has costs in a year has one budget that was made before the year and is not a draft; its entries are for sites of the company, on accounts of groups whose costs are imported, in months of a year and above nothing; each site that has costs of a month has entries for that month.
-- on: finance_core_budget
WITH entry AS (
    SELECT budget.budget_id, budget.fiscal_year AS year, entry.*, center.site_id, center.company_id AS of_company,
        budget.company_id, groups.cost_group
    FROM finance_core_budgetentry entry
    JOIN finance_core_budget budget USING (budget_id)
    JOIN finance_core_costcenter center USING (cost_center_id)
    JOIN finance_core_account account USING (account_id)
    LEFT JOIN finance_core_accountgroup groups ON groups.group_id = account.group_id
), spent AS (
    SELECT company_id, operating_unit_id AS site_id, year, month FROM finance_core_costimportline GROUP BY 1, 2, 3, 4
)
SELECT budget.name, company.display_name AS company, NULL::text AS site, NULL::int AS month, NULL::numeric AS amount
FROM finance_dimcompany company
JOIN (SELECT DISTINCT company_id, year FROM spent) AS year USING (company_id)
LEFT JOIN finance_core_budget budget
    ON budget.company_id = company.company_id AND budget.fiscal_year = year.year AND budget.status <> 'DRAFT'
GROUP BY company.company_id, year.year, budget.name
HAVING count(budget.budget_id) <> 1 OR min(budget.created_at) >= make_date(year.year, 1, 1)
UNION ALL
SELECT 'entry', company.display_name, site.site_name, entry.month, entry.amount
FROM entry
JOIN finance_dimcompany company ON company.company_id = entry.company_id
LEFT JOIN finance_dimsite site ON site.site_id = entry.site_id
WHERE entry.of_company <> entry.company_id OR entry.cost_group IS NULL OR entry.amount <= 0
    OR entry.month NOT BETWEEN 1 AND 12
UNION ALL
SELECT 'nothing budgeted', NULL, site.site_name, spent.month, NULL
FROM spent
JOIN finance_dimsite site ON site.site_id = spent.site_id
WHERE NOT EXISTS (SELECT FROM entry WHERE (entry.company_id, entry.site_id, entry.year, entry.month)
                  = (spent.company_id, spent.site_id, spent.year, spent.month))
ORDER BY name, company, site, month
