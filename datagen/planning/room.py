"""Whether the fish of a batch, as many and as heavy as they may become, have room in the containers given to it."""

import numpy as np

from aquamind.errors import UserError
from datagen.case import Case
from datagen.catalog.spec import LEAST_EGGS


def check_room(case: Case) -> None:
    """Refuse a plan with a batch that may outgrow its containers; the one that does most is named."""
    full = np.array([case.forecast(batch).fullness for batch in case.plan.batches])
    worst, stage = np.unravel_index(int(full.argmax()), full.shape)
    if full[worst, stage] > 1.0:
        batch = case.plan.batches[worst]
        room = f"{len(batch.containers[stage])} {case.stages.name[stage]} containers"
        fits = int(batch.eggs / full[worst, stage]) // 100 * 100
        cure = f"give at most {fits:,} eggs, or more room" if fits >= LEAST_EGGS else "give more room"
        over = f"Batch {batch.number} may outgrow its {room} by {100 * (full[worst, stage] - 1):.0f} %"
        raise UserError("eggs", batch.eggs, f"{over}; {cure}")
