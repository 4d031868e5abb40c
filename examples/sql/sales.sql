-- What the companies of the group charged each other, by quarter: post-smolt to farming, fish harvested to logistics.
SELECT date_trunc('quarter', deal.posting_date)::date AS quarter, seller.display_name AS seller,
       buyer.display_name AS buyer, deal.currency, count(*) AS invoices, round(sum(deal.amount) / 1e6, 2) AS millions
FROM finance_intercompanytransaction deal
JOIN finance_intercompanypolicy policy ON policy.policy_id = deal.policy_id
JOIN finance_dimcompany seller ON seller.company_id = policy.from_company_id
JOIN finance_dimcompany buyer ON buyer.company_id = policy.to_company_id
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4;
