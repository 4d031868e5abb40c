-- title: Every hand-over between companies is paid for, to the cent
-- means: One transaction for each transfer to sea and each harvest lot: biomass times the price of its policy, in the receiving company's currency, posted on its day, between companies of the batch's geography.
-- on: finance_intercompanytransaction
WITH transaction AS (
    SELECT transaction.*, kind.model, policy.product_grade_id, policy.lifecycle_stage_id, policy.price_per_kg,
        policy.pricing_basis, seller.subsidiary AS seller, buyer.subsidiary AS buyer,
        seller.geography_id AS seller_geography_id, buyer.geography_id AS buyer_geography_id,
        buyer.currency AS buyer_currency
    FROM finance_intercompanytransaction transaction
    JOIN django_content_type kind ON kind.id = transaction.content_type_id
    JOIN finance_intercompanypolicy policy ON policy.policy_id = transaction.policy_id
    JOIN finance_dimcompany seller ON seller.company_id = policy.from_company_id
    JOIN finance_dimcompany buyer ON buyer.company_id = policy.to_company_id
), handed_over AS (
    SELECT 'harvestevent' AS model, event.id AS object_id, event.document_ref AS document, lot.product_grade_id,
        NULL::bigint AS transaction_id,
        lot.live_weight_kg AS kg, event.event_date::date AS day, event.batch_id, event.id AS event_id,
        'FM' AS seller, 'LG' AS buyer
    FROM harvest_harvestevent event
    JOIN harvest_harvestlot lot ON lot.event_id = event.id
    UNION ALL
    SELECT 'batchtransferworkflow', workflow.id, workflow.workflow_number, NULL, workflow.finance_transaction_id,
        workflow.total_biomass_kg, workflow.actual_completion_date, workflow.batch_id, NULL,
        workflow.source_subsidiary, workflow.dest_subsidiary
    FROM batch_batchtransferworkflow workflow
    WHERE workflow.is_intercompany AND workflow.status = 'COMPLETED'
), compared AS (
    SELECT coalesce(handed_over.document, transaction.model || ' ' || transaction.object_id) AS document,
        grade.code AS grade, handed_over.kg, transaction.price_per_kg,
        round(handed_over.kg * transaction.price_per_kg, 2) AS wanted, transaction.amount, transaction.currency,
        handed_over.day, transaction.posting_date, CASE
        WHEN transaction.tx_id IS NULL THEN 'no transaction'
        WHEN handed_over.object_id IS NULL THEN 'nothing handed over'
        WHEN transaction.amount IS DISTINCT FROM round(handed_over.kg * transaction.price_per_kg, 2) THEN 'amount'
        WHEN transaction.currency IS DISTINCT FROM transaction.buyer_currency THEN 'currency'
        WHEN transaction.posting_date <> handed_over.day THEN 'posting date'
        WHEN (transaction.seller, transaction.buyer)
            IS DISTINCT FROM (handed_over.seller, handed_over.buyer) THEN 'companies'
        WHEN transaction.seller_geography_id <> transaction.buyer_geography_id
            OR transaction.seller_geography_id <> place.geography_id THEN 'geography'
        WHEN transaction.event_id IS DISTINCT FROM handed_over.event_id THEN 'harvest event'
        WHEN handed_over.model = 'batchtransferworkflow' AND transaction.tx_id
            IS DISTINCT FROM handed_over.transaction_id THEN 'not linked to its transfer'
        WHEN (transaction.state = 'pending') <> (transaction.approval_date IS NULL)
            THEN 'state without approval, or approval without state'
        END AS fault
    FROM handed_over
    FULL JOIN transaction ON transaction.model = handed_over.model AND transaction.object_id = handed_over.object_id
        AND coalesce(transaction.product_grade_id, 0) = coalesce(handed_over.product_grade_id, 0)
    LEFT JOIN harvest_productgrade grade
        ON grade.id = coalesce(handed_over.product_grade_id, transaction.product_grade_id)
    LEFT JOIN (
        SELECT DISTINCT assignment.batch_id, area.geography_id
        FROM batch_batchcontainerassignment assignment
        JOIN infrastructure_container container ON container.id = assignment.container_id
        JOIN infrastructure_area area ON area.id = container.area_id
    ) place ON place.batch_id = handed_over.batch_id
)
SELECT * FROM compared
WHERE fault IS NOT NULL
ORDER BY document, grade
