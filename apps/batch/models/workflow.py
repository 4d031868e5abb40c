"""How fish come into containers and move between them: egg deliveries and transfers."""

from django.conf import settings
from django.db import models


class WorkflowStatus(models.TextChoices):
    """How far a workflow is."""

    DRAFT = "DRAFT"
    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class ActionStatus(models.TextChoices):
    """How far one action of a workflow is."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class BatchCreationWorkflow(models.Model):
    """The arrival of a batch's eggs, from order to the last delivery."""

    class EggSource(models.TextChoices):
        INTERNAL = "INTERNAL"
        EXTERNAL = "EXTERNAL"

    batch = models.ForeignKey("Batch", models.CASCADE, related_name="creation_workflows")
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="cancelled_creation_workflows", null=True, blank=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="created_creation_workflows", null=True, blank=True
    )
    egg_production = models.ForeignKey(
        "broodstock.EggProduction", models.SET_NULL, related_name="creation_workflows", null=True, blank=True
    )
    external_supplier = models.ForeignKey(
        "broodstock.EggSupplier", models.SET_NULL, related_name="creation_workflows", null=True, blank=True
    )
    workflow_number = models.CharField(max_length=50)
    status = models.CharField(max_length=20, choices=WorkflowStatus, default=WorkflowStatus.DRAFT)
    egg_source_type = models.CharField(max_length=20, choices=EggSource)
    external_supplier_batch_number = models.CharField(max_length=100, blank=True, default="")
    external_cost_per_thousand = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    total_eggs_planned = models.PositiveIntegerField()
    total_eggs_received = models.PositiveIntegerField(default=0)
    total_mortality_on_arrival = models.PositiveIntegerField(default=0)
    planned_start_date = models.DateField()
    planned_completion_date = models.DateField()
    actual_start_date = models.DateField(null=True, blank=True)
    actual_completion_date = models.DateField(null=True, blank=True)
    total_actions = models.PositiveIntegerField(default=0)
    actions_completed = models.PositiveIntegerField(default=0)
    progress_percentage = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    cancellation_reason = models.TextField(blank=True, default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "batch_creationworkflow"
        constraints = [
            models.UniqueConstraint(fields=["workflow_number"], name="batch_creationworkflow_workflow_number_key"),
        ]

    def __str__(self) -> str:
        return self.workflow_number


class CreationAction(models.Model):
    """One delivery of eggs into one container, part of a creation workflow."""

    class DeliveryMethod(models.TextChoices):
        TRANSPORT = "TRANSPORT"
        HELICOPTER = "HELICOPTER"
        BOAT = "BOAT"
        INTERNAL_TRANSFER = "INTERNAL_TRANSFER"

    dest_assignment = models.ForeignKey(
        "BatchContainerAssignment", models.PROTECT, related_name="creation_actions_as_dest"
    )
    executed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="executed_creation_actions", null=True, blank=True
    )
    workflow = models.ForeignKey("BatchCreationWorkflow", models.CASCADE, related_name="actions", db_index=False)
    action_number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=ActionStatus, default=ActionStatus.PENDING)
    egg_count_planned = models.PositiveIntegerField()
    egg_count_actual = models.PositiveIntegerField(null=True, blank=True)
    mortality_on_arrival = models.PositiveIntegerField(default=0)
    expected_delivery_date = models.DateField()
    actual_delivery_date = models.DateField(null=True, blank=True)
    delivery_method = models.CharField(max_length=20, choices=DeliveryMethod, null=True, blank=True)
    water_temp_on_arrival = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    egg_quality_score = models.PositiveSmallIntegerField(null=True, blank=True)
    execution_duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "action_number"], name="creation_action_workflow_number_uniq"),
        ]


class BatchTransferWorkflow(models.Model):
    """A planned move of a batch to other containers, usually to the next stage, with the totals of its actions."""

    class WorkflowType(models.TextChoices):
        LIFECYCLE_TRANSITION = "LIFECYCLE_TRANSITION"
        CONTAINER_REDISTRIBUTION = "CONTAINER_REDISTRIBUTION"
        EMERGENCY_CASCADE = "EMERGENCY_CASCADE"

    batch = models.ForeignKey("Batch", models.CASCADE, related_name="transfer_workflows", db_index=False)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="completed_transfer_workflows", null=True, blank=True
    )
    dest_lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", models.SET_NULL, related_name="workflows_as_destination", null=True, blank=True
    )
    finance_transaction = models.ForeignKey(
        "finance.IntercompanyTransaction", models.SET_NULL, related_name="transfer_workflows", null=True, blank=True
    )
    initiated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="initiated_transfer_workflows"
    )
    source_lifecycle_stage = models.ForeignKey("LifeCycleStage", models.PROTECT, related_name="workflows_as_source")
    planned_activity = models.OneToOneField(
        "planning.PlannedActivity", models.SET_NULL, related_name="spawned_workflow", null=True, blank=True
    )
    workflow_number = models.CharField(max_length=50)
    workflow_type = models.CharField(max_length=30, choices=WorkflowType, default=WorkflowType.LIFECYCLE_TRANSITION)
    status = models.CharField(max_length=20, choices=WorkflowStatus, default=WorkflowStatus.DRAFT)
    planned_start_date = models.DateField()
    planned_completion_date = models.DateField(null=True, blank=True)
    actual_start_date = models.DateField(null=True, blank=True)
    actual_completion_date = models.DateField(null=True, blank=True)
    total_source_count = models.PositiveIntegerField(default=0)
    total_transferred_count = models.PositiveIntegerField(default=0)
    total_mortality_count = models.PositiveIntegerField(default=0)
    total_biomass_kg = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    total_actions_planned = models.PositiveIntegerField(default=0)
    actions_completed = models.PositiveIntegerField(default=0)
    completion_percentage = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    is_intercompany = models.BooleanField(default=False)
    source_subsidiary = models.CharField(max_length=20, null=True, blank=True)
    dest_subsidiary = models.CharField(max_length=20, null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    cancellation_reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow_number"], name="batch_batchtransferworkflow_workflow_number_key"),
        ]
        indexes = [
            models.Index(fields=["batch", "status"], name="transfer_workflow_batch_status"),
        ]

    def __str__(self) -> str:
        return self.workflow_number


class TransferAction(models.Model):
    """One move of fish from a container to another, part of a transfer workflow."""

    class TransferMethod(models.TextChoices):
        NET = "NET"
        PUMP = "PUMP"
        GRAVITY = "GRAVITY"
        MANUAL = "MANUAL"

    class SelectionMethod(models.TextChoices):
        AVERAGE = "AVERAGE"
        LARGEST = "LARGEST"
        SMALLEST = "SMALLEST"

    dest_assignment = models.ForeignKey(
        "BatchContainerAssignment", models.SET_NULL, related_name="transfer_actions_as_dest", null=True, blank=True
    )
    executed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="executed_transfer_actions", null=True, blank=True
    )
    source_assignment = models.ForeignKey(
        "BatchContainerAssignment", models.PROTECT, related_name="transfer_actions_as_source"
    )
    workflow = models.ForeignKey("BatchTransferWorkflow", models.CASCADE, related_name="actions", db_index=False)
    action_number = models.PositiveIntegerField()
    source_population_before = models.PositiveIntegerField()
    transferred_count = models.PositiveIntegerField()
    mortality_during_transfer = models.PositiveIntegerField(default=0)
    transferred_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.CharField(max_length=20, choices=ActionStatus, default=ActionStatus.PENDING)
    planned_date = models.DateField(null=True, blank=True)
    actual_execution_date = models.DateField(null=True, blank=True)
    transfer_method = models.CharField(max_length=20, choices=TransferMethod, null=True, blank=True)
    water_temp_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    oxygen_level = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    execution_duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")
    measured_avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    measured_std_dev_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    measured_sample_size = models.PositiveIntegerField(null=True, blank=True)
    measured_avg_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    measured_notes = models.TextField(blank=True, default="")
    selection_method = models.CharField(max_length=16, choices=SelectionMethod, default=SelectionMethod.AVERAGE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "action_number"], name="transferaction_workflow_action_number_uniq"
            ),
        ]
