"""The standard activities of every batch, by day of its life."""

from typing import Annotated, Literal

from pydantic import Field

from datagen.catalog.spec import Positive, Ref, Spec, Unique

ActivityType = Literal[
    "VACCINATION",
    "TREATMENT",
    "CULL",
    "HARVEST",
    "SALE",
    "FEED_CHANGE",
    "TRANSFER",
    "MAINTENANCE",
    "SAMPLING",
    "OTHER",
]


class ActivityTemplate(Spec):
    """Something done to every batch on a day of a stage; a transfer, on the first day of the stage it leads to."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    type: ActivityType
    stage: Annotated[str, Ref("biology.stages.key")]
    day_of_stage: Annotated[int, Field(ge=0, le=2000)] = 0
    weight_g: Positive | None = None
    description: str = ""


class Activities(Spec):
    templates: Annotated[tuple[ActivityTemplate, ...], Unique("name"), Unique("type", "stage", "day_of_stage")]
