"""The books: accounts, cost centres, budgets, the costs of each month, what the fish are worth, and closed periods.

AquaMind has them since 2026-03-25, in an app of its own.
"""

from typing import Any

from django.conf import settings
from django.db import models


def _user(related_name: str) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name=related_name, null=True, blank=True
    )


class AccountType(models.TextChoices):
    """Where an account stands in the books."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    EQUITY = "EQUITY"
    REVENUE = "REVENUE"
    EXPENSE = "EXPENSE"


class AccountGroup(models.Model):
    """Accounts that are looked at together; costs are imported by `cost_group`."""

    group_id = models.BigAutoField(primary_key=True)
    parent = models.ForeignKey("AccountGroup", models.PROTECT, related_name="children", null=True, blank=True)
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=150)
    account_type = models.CharField(max_length=20, choices=AccountType)
    cost_group = models.CharField(max_length=64, null=True, blank=True)
    description = models.TextField(blank=True, default="")
    display_order = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_accountgroup"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="finance_core_accountgroup_code_key"),
            models.UniqueConstraint(
                fields=["cost_group"],
                condition=models.Q(cost_group__isnull=False),
                name="finance_core_accountgroup_cost_group_uniq",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """An account of the chart."""

    account_id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey("AccountGroup", models.PROTECT, related_name="accounts", null=True, blank=True)
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=150)
    account_type = models.CharField(max_length=20, choices=AccountType)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_account"
        constraints = [models.UniqueConstraint(fields=["code"], name="finance_core_account_code_key")]

    def __str__(self) -> str:
        return self.code


class CostCenter(models.Model):
    """What costs are gathered on: a site, or a batch as a project."""

    class CostCenterType(models.TextChoices):
        SITE = "SITE"
        PROJECT = "PROJECT"
        DEPARTMENT = "DEPARTMENT"
        OTHER = "OTHER"

    cost_center_id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("DimCompany", models.PROTECT, related_name="finance_core_cost_centers", db_index=False)
    site = models.ForeignKey("DimSite", models.PROTECT, related_name="finance_core_cost_centers", null=True, blank=True)
    parent = models.ForeignKey("CostCenter", models.PROTECT, related_name="children", null=True, blank=True)
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=150)
    cost_center_type = models.CharField(max_length=20, choices=CostCenterType)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_costcenter"
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="finance_core_costcenter_company_code_uniq"),
        ]

    def __str__(self) -> str:
        return self.code


class CostCenterBatchLink(models.Model):
    """The project that a batch's costs go to."""

    link_id = models.BigAutoField(primary_key=True)
    cost_center = models.ForeignKey("CostCenter", models.PROTECT, related_name="batch_links")
    batch = models.OneToOneField("batch.Batch", models.PROTECT, related_name="finance_core_link")
    created_by = _user("created_finance_core_batch_links")
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "finance_core_costcenterbatchlink"


class Budget(models.Model):
    """What a company expects to spend in a year."""

    class Status(models.TextChoices):
        DRAFT = "DRAFT"
        ACTIVE = "ACTIVE"
        ARCHIVED = "ARCHIVED"

    budget_id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("DimCompany", models.PROTECT, related_name="finance_core_budgets", db_index=False)
    created_by = _user("created_finance_core_budgets")
    name = models.CharField(max_length=150)
    fiscal_year = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_budget"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "fiscal_year", "name", "version"],
                name="finance_core_budget_company_year_name_version_uniq",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BudgetEntry(models.Model):
    """What a cost centre is to spend on an account in a month."""

    entry_id = models.BigAutoField(primary_key=True)
    budget = models.ForeignKey("Budget", models.CASCADE, related_name="entries", db_index=False)
    account = models.ForeignKey("Account", models.PROTECT, related_name="budget_entries")
    cost_center = models.ForeignKey("CostCenter", models.PROTECT, related_name="budget_entries")
    allocated_from = models.ForeignKey(
        "BudgetEntry", models.SET_NULL, related_name="allocations", null=True, blank=True
    )
    month = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_budgetentry"
        verbose_name_plural = "budget entries"
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "account", "cost_center", "month"],
                name="finance_core_budgetentry_budget_account_costcenter_month_uniq",
            ),
        ]


class CostImportBatch(models.Model):
    """A month's costs, as a file from the accounting system."""

    import_batch_id = models.BigAutoField(primary_key=True)
    uploaded_by = _user("finance_core_cost_import_batches")
    year = models.PositiveIntegerField()
    month = models.PositiveSmallIntegerField()
    source_filename = models.CharField(max_length=255)
    checksum = models.CharField(max_length=64)
    imported_row_count = models.PositiveIntegerField(default=0)
    total_amount = models.DecimalField(max_digits=16, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "finance_core_costimportbatch"
        verbose_name_plural = "cost import batches"

    def __str__(self) -> str:
        return self.source_filename


class CostImportLine(models.Model):
    """What a site spent on a group of accounts in a month."""

    line_id = models.BigAutoField(primary_key=True)
    import_batch = models.ForeignKey("CostImportBatch", models.CASCADE, related_name="lines")
    company = models.ForeignKey("DimCompany", models.PROTECT, related_name="finance_core_import_lines")
    operating_unit = models.ForeignKey("DimSite", models.PROTECT, related_name="finance_core_import_lines")
    account_group = models.ForeignKey("AccountGroup", models.PROTECT, related_name="import_lines")
    year = models.PositiveIntegerField()
    month = models.PositiveSmallIntegerField()
    cost_group_code = models.CharField(max_length=64)
    operating_unit_name = models.CharField(max_length=150)
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    raw_payload = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "finance_core_costimportline"
        indexes = [
            models.Index(fields=["year", "month", "account_group"], name="fc_imp_yr_mo_grp_idx"),
            models.Index(fields=["year", "month", "operating_unit"], name="fc_imp_yr_mo_ou_idx"),
        ]


class AllocationRule(models.Model):
    """How the costs of a group of accounts, or of a cost centre, come about and are shared out."""

    rule_id = models.BigAutoField(primary_key=True)
    account_group = models.ForeignKey(
        "AccountGroup", models.PROTECT, related_name="allocation_rules", null=True, blank=True
    )
    cost_center = models.ForeignKey(
        "CostCenter", models.PROTECT, related_name="allocation_rules", null=True, blank=True
    )
    name = models.CharField(max_length=150)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    rule_definition = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_allocationrule"

    def __str__(self) -> str:
        return self.name


class ValuationRun(models.Model):
    """What stood at a site at the end of a month, and what the month's costs add to its value."""

    class Status(models.TextChoices):
        PREVIEW = "PREVIEW"
        APPROVED = "APPROVED"
        EXPORTED = "EXPORTED"
        FAILED = "FAILED"

    run_id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey(
        "DimCompany", models.PROTECT, related_name="finance_core_valuation_runs", db_index=False
    )
    operating_unit = models.ForeignKey(
        "DimSite", models.PROTECT, related_name="finance_core_valuation_runs", db_index=False
    )
    budget = models.ForeignKey("Budget", models.SET_NULL, related_name="valuation_runs", null=True, blank=True)
    import_batch = models.ForeignKey(
        "CostImportBatch", models.SET_NULL, related_name="valuation_runs", null=True, blank=True
    )
    created_by = _user("created_finance_core_valuation_runs")
    approved_by = _user("approved_finance_core_valuation_runs")
    run_timestamp = models.DateTimeField()
    year = models.PositiveIntegerField()
    month = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=Status, default=Status.PREVIEW)
    completed_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    biology_snapshot = models.JSONField(default=dict, blank=True)
    allocation_snapshot = models.JSONField(default=dict, blank=True)
    rule_snapshot = models.JSONField(default=dict, blank=True)
    mortality_snapshot = models.JSONField(default=dict, blank=True)
    totals_snapshot = models.JSONField(default=dict, blank=True)
    nav_posting = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_valuationrun"
        indexes = [
            models.Index(fields=["company", "year", "month"], name="fc_val_co_per_idx"),
            models.Index(fields=["operating_unit", "year", "month"], name="fc_val_ou_per_idx"),
        ]


class PeriodLock(models.Model):
    """A month of a site in which nothing may change any more."""

    period_lock_id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("DimCompany", models.PROTECT, related_name="finance_core_period_locks", db_index=False)
    operating_unit = models.ForeignKey("DimSite", models.PROTECT, related_name="finance_core_period_locks")
    locked_by = _user("locked_finance_core_periods")
    reopened_by = _user("reopened_finance_core_periods")
    year = models.PositiveIntegerField()
    month = models.PositiveSmallIntegerField()
    is_locked = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    lock_reason = models.TextField(blank=True, default="")
    locked_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopen_reason = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "finance_core_periodlock"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "operating_unit", "year", "month"],
                name="finance_core_periodlock_company_operating_unit_year_month_uniq",
            ),
        ]
