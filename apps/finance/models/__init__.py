"""All models of finance, so that they can be imported from one place."""

from apps.finance.models.core import (
    Account,
    AccountGroup,
    AllocationRule,
    Budget,
    BudgetEntry,
    CostCenter,
    CostCenterBatchLink,
    CostImportBatch,
    CostImportLine,
    PeriodLock,
    ValuationRun,
)
from apps.finance.models.intercompany import (
    DimCompany,
    DimSite,
    FactHarvest,
    IntercompanyPolicy,
    IntercompanyTransaction,
    NavExportBatch,
    NavExportLine,
)

__all__ = [
    "Account",
    "AccountGroup",
    "AllocationRule",
    "Budget",
    "BudgetEntry",
    "CostCenter",
    "CostCenterBatchLink",
    "CostImportBatch",
    "CostImportLine",
    "DimCompany",
    "DimSite",
    "FactHarvest",
    "IntercompanyPolicy",
    "IntercompanyTransaction",
    "NavExportBatch",
    "NavExportLine",
    "PeriodLock",
    "ValuationRun",
]
