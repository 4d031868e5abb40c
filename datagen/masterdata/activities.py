"""The master data of planning: what is done to every batch."""

from apps.batch.models import LifeCycleStage
from apps.planning.models import ActivityTemplate
from datagen.catalog import Catalog
from datagen.catalog.stages import stages as stages_of
from datagen.masterdata.rows import Created, create, ids_by_name


def init_activities(catalog: Catalog) -> Created:
    """The activity templates."""
    stage_ids, stages = ids_by_name(LifeCycleStage), stages_of(catalog)
    return create(
        ActivityTemplate,
        (
            {
                "name": template.name,
                "description": template.description,
                "activity_type": template.type,
                "trigger_type": "DAY_OFFSET",
                "day_offset": stages.day(template.stage, template.day_of_stage),
                "weight_threshold_g": template.weight_g,
                "target_lifecycle_stage_id": stage_ids[stages.name[stages.index(template.stage)]],
            }
            for template in catalog.activities.templates
        ),
    )
