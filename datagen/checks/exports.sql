-- title: What is exported to the accounts is what was sold
-- means: Each exported transaction has one line of its amount, in the export of its month and of the company that sells, at a site of that company; no other transaction has a line, an export has no line twice, and none is empty.
-- on: finance_intercompanytransaction
SELECT transaction.tx_id, transaction.state, transaction.posting_date, transaction.amount, line.amount AS exported,
    export.date_from, export.date_to, count(*) OVER (PARTITION BY transaction.tx_id) AS lines
FROM finance_intercompanytransaction transaction
JOIN finance_intercompanypolicy policy ON policy.policy_id = transaction.policy_id
LEFT JOIN finance_navexportline line ON line.transaction_id = transaction.tx_id
LEFT JOIN finance_navexportbatch export ON export.batch_id = line.batch_id
LEFT JOIN finance_dimsite site ON site.site_id = line.dim_site_id
WHERE (transaction.state = 'exported') <> (line.line_id IS NOT NULL)
    OR line.amount <> transaction.amount
    OR transaction.posting_date NOT BETWEEN export.date_from AND export.date_to
    OR export.company_id <> policy.from_company_id
    OR line.dim_company_id <> policy.from_company_id
    OR site.company_id <> policy.from_company_id
    OR line.product_grade_id <> policy.product_grade_id
    OR EXISTS (SELECT FROM finance_navexportline twin
               WHERE twin.transaction_id = transaction.tx_id AND twin.line_id <> line.line_id)
UNION ALL
SELECT NULL, export.state, NULL, NULL, NULL, export.date_from, export.date_to, 0
FROM finance_navexportbatch export
WHERE NOT EXISTS (SELECT FROM finance_navexportline line WHERE line.batch_id = export.batch_id)
ORDER BY tx_id
