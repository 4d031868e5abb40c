"""The master data of planning: what is done to every batch."""

from apps.batch.models import LifeCycleStage
from apps.planning.models import ActivityTemplate
from datagen.catalog import Catalog
from datagen.masterdata.rows import Created, create, ids_by_name


def init_activities(catalog: Catalog) -> Created:
    """The activity templates."""
    stage_ids = ids_by_name(LifeCycleStage)
    names = {stage.key: stage.name for stage in catalog.biology.stages}
    return create(
        ActivityTemplate,
        (
            {
                "name": template.name,
                "description": template.description,
                "activity_type": template.type,
                "trigger_type": "DAY_OFFSET",
                "day_offset": template.day,
                "weight_threshold_g": template.weight_g,
                "target_lifecycle_stage_id": stage_ids[names[template.stage]],
            }
            for template in catalog.activities.templates
        ),
    )
