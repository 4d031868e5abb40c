"""Companies, sites, prices, and what harvests and transfers are worth between companies."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models

from apps.choices import Subsidiary


class DimCompany(models.Model):
    """A subsidiary in one geography, as the books see it."""

    company_id = models.BigAutoField(primary_key=True)
    geography = models.ForeignKey(
        "infrastructure.Geography", models.PROTECT, related_name="finance_companies", db_index=False
    )
    subsidiary = models.CharField(max_length=3, choices=Subsidiary)
    display_name = models.CharField(max_length=150)
    currency = models.CharField(max_length=3, null=True, blank=True)
    nav_company_code = models.CharField(max_length=50, null=True, blank=True)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.UniqueConstraint(fields=["geography", "subsidiary"], name="dim_company_geography_subsidiary_uniq"),
        ]

    def __str__(self) -> str:
        return self.display_name


class DimSite(models.Model):
    """A station or sea area as a site of a company."""

    class SourceModel(models.TextChoices):
        STATION = "station"
        AREA = "area"

    site_id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("DimCompany", models.PROTECT, related_name="sites")
    source_model = models.CharField(max_length=16, choices=SourceModel)
    source_pk = models.PositiveIntegerField()
    site_name = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_model", "source_pk"], name="dim_site_source_model_pk_uniq"),
        ]

    def __str__(self) -> str:
        return self.site_name


class FactHarvest(models.Model):
    """A harvest lot as the books see it: whose, from where, how many kilograms."""

    fact_id = models.BigAutoField(primary_key=True)
    dim_company = models.ForeignKey("DimCompany", models.PROTECT, related_name="fact_harvests")
    dim_site = models.ForeignKey("DimSite", models.PROTECT, related_name="fact_harvests")
    event = models.ForeignKey("harvest.HarvestEvent", models.CASCADE, related_name="finance_facts")
    lot = models.OneToOneField("harvest.HarvestLot", models.CASCADE, related_name="finance_fact")
    product_grade = models.ForeignKey("harvest.ProductGrade", models.PROTECT, related_name="finance_facts")
    event_date = models.DateTimeField()
    quantity_kg = models.DecimalField(max_digits=12, decimal_places=3)
    unit_count = models.PositiveIntegerField()
    dim_batch_id = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class IntercompanyPolicy(models.Model):
    """The price at which one company hands fish to another."""

    class Method(models.TextChoices):
        MARKET = "market"
        COST_PLUS = "cost_plus"
        STANDARD = "standard"

    class PricingBasis(models.TextChoices):
        GRADE = "grade"
        LIFECYCLE = "lifecycle"
        EGG_DELIVERY = "egg_delivery"

    policy_id = models.BigAutoField(primary_key=True)
    from_company = models.ForeignKey("DimCompany", models.PROTECT, related_name="policies_outbound")
    product_grade = models.ForeignKey(
        "harvest.ProductGrade", models.SET_NULL, related_name="intercompany_policies", null=True, blank=True
    )
    to_company = models.ForeignKey("DimCompany", models.PROTECT, related_name="policies_inbound")
    lifecycle_stage = models.ForeignKey(
        "batch.LifeCycleStage", models.SET_NULL, related_name="intercompany_policies", null=True, blank=True
    )
    method = models.CharField(max_length=20, choices=Method, default=Method.MARKET)
    markup_percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    pricing_basis = models.CharField(max_length=20, choices=PricingBasis, default=PricingBasis.GRADE)
    price_per_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    price_per_thousand_eggs = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "intercompany policies"
        constraints = [
            models.UniqueConstraint(
                fields=["from_company", "to_company", "product_grade"],
                condition=models.Q(pricing_basis="grade", product_grade__isnull=False),
                name="intercompany_policy_company_grade_uniq",
            ),
            models.UniqueConstraint(
                fields=["from_company", "to_company", "lifecycle_stage"],
                condition=models.Q(pricing_basis="lifecycle", lifecycle_stage__isnull=False),
                name="intercompany_policy_company_lifecycle_uniq",
            ),
        ]


class IntercompanyTransaction(models.Model):
    """Money owed between companies for a transfer or a harvest."""

    class State(models.TextChoices):
        PENDING = "pending"
        POSTED = "posted"
        EXPORTED = "exported"

    tx_id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(
        "harvest.HarvestEvent", models.SET_NULL, related_name="intercompany_transactions", null=True, blank=True
    )
    policy = models.ForeignKey("IntercompanyPolicy", models.PROTECT, related_name="transactions")
    content_type = models.ForeignKey("contenttypes.ContentType", models.PROTECT, db_index=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="approved_intercompany_transactions",
        null=True,
        blank=True,
    )
    posting_date = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, null=True, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING)
    object_id = models.PositiveIntegerField()
    source = GenericForeignKey()
    approval_date = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "policy"], name="intercompany_transaction_source_policy_uniq"
            ),
            models.UniqueConstraint(
                fields=["event", "policy"],
                condition=models.Q(event__isnull=False),
                name="intercompany_transaction_event_policy_uniq",
            ),
        ]


class NavExportBatch(models.Model):
    """Transactions of a company and period exported to the accounting system together."""

    class State(models.TextChoices):
        DRAFT = "draft"
        EXPORTED = "exported"

    batch_id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("DimCompany", models.PROTECT, related_name="nav_export_batches", db_index=False)
    date_from = models.DateField()
    date_to = models.DateField()
    posting_date = models.DateField()
    currency = models.CharField(max_length=3, null=True, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "NAV export batches"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "date_from", "date_to"], name="nav_export_batch_company_daterange_uniq"
            ),
        ]


class NavExportLine(models.Model):
    """One line of an export to the accounting system."""

    line_id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey("NavExportBatch", models.CASCADE, related_name="lines", db_index=False)
    dim_company = models.ForeignKey("DimCompany", models.PROTECT, related_name="nav_export_lines")
    dim_site = models.ForeignKey("DimSite", models.PROTECT, related_name="nav_export_lines")
    product_grade = models.ForeignKey("harvest.ProductGrade", models.PROTECT, related_name="nav_export_lines")
    transaction = models.ForeignKey("IntercompanyTransaction", models.PROTECT, related_name="nav_export_lines")
    document_no = models.CharField(max_length=32)
    account_no = models.CharField(max_length=50)
    balancing_account_no = models.CharField(max_length=50)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    description = models.CharField(max_length=255, blank=True, default="")
    batch_id_int = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "document_no"], name="nav_export_line_batch_document_no_uniq"),
        ]

    def __str__(self) -> str:
        return self.document_no
