"""The plan of a preset, whichever it is."""

from datetime import date

from datagen.case import Case
from datagen.catalog import Catalog
from datagen.farm import Farm
from datagen.planning.ladder import ladder_plan
from datagen.planning.plan import Plan
from datagen.planning.presets import Preset, make_plan, small_plan
from datagen.planning.room import check_room


def plan_of(catalog: Catalog, farm: Farm, preset: Preset, as_of: date, seed: int) -> tuple[Plan, str | None]:
    """A plan whose fish have room, and what bound it when it holds fewer batches than asked for."""
    bound = None
    if preset.name == "small":
        plan = small_plan(catalog, farm, as_of, seed)
    elif preset.ladder is not None:
        plan = ladder_plan(catalog, farm, preset, preset.ladder, as_of, seed)
    else:
        plan, bound = make_plan(catalog, farm, preset, as_of, seed)
    check_room(Case(catalog, farm, plan))
    return plan, bound
