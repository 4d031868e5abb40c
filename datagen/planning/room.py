"""Whether the fish of a batch, as many and as heavy as they may become, have room in the containers given to it."""

import numpy as np

from aquamind.errors import UserError
from datagen.arrays import Floats
from datagen.case import Case
from datagen.catalog.spec import LEAST_EGGS
from datagen.planning.forecast import Forecast, container_sd

HEADROOM_SDS = 3.5
"""A container may be so many standard deviations fuller than an average one; one in thousands comes near that.

Where a plan is lived, its way says how many, and more come near. What luck may still add, feed is held
back for (simulation).
"""


def fullness(forecast: Forecast) -> Floats:
    """Share of its capacity that the fullest container of a batch may come to, by stage.

    Batches and containers differ in growth, which the weight follows threefold, and in deaths.
    """
    case, batch = forecast.case, forecast.batch
    growth, deaths = case.catalog.biology.growth, case.catalog.mortality
    spread = np.hypot(
        3.0 * np.hypot(growth.batch_sd, container_sd(case)), (1.0 - forecast.alive) * deaths.container_spread
    )
    headroom = HEADROOM_SDS if case.way.containers is None else case.way.containers.room_sds
    heavy_kg = batch.eggs * forecast.alive * forecast.weight_g / 1000.0 * np.exp(headroom * spread)
    days = [*forecast.starts[:-1], forecast.fullest]
    return np.array(
        [
            heavy_kg[first:end].max() / len(own) / case.farm.container_max_biomass_kg[list(own)].min()
            for first, end, own in zip(days[:-1], days[1:], batch.containers, strict=True)
        ]
    )


def check_room(case: Case) -> None:
    """Refuse a plan with a batch that may outgrow its containers; the one that does most is named."""
    full = np.array([fullness(Forecast(case, batch)) for batch in case.plan.batches])
    worst, stage = np.unravel_index(int(full.argmax()), full.shape)
    if full[worst, stage] > 1.0:
        batch = case.plan.batches[worst]
        room = f"{len(batch.containers[stage])} {case.stages.name[stage]} containers"
        fits = int(batch.eggs / full[worst, stage]) // 100 * 100
        cure = f"give at most {fits:,} eggs, or more room" if fits >= LEAST_EGGS else "give more room"
        over = f"Batch {batch.number} may outgrow its {room} by {100 * (full[worst, stage] - 1):.0f} %"
        raise UserError("eggs", batch.eggs, f"{over}; {cure}")
