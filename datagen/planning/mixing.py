"""Which batches are put together at sea: a ring of an older one takes fish of the next, and is then a batch of both."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from datagen.planning.plan import BatchPlan, Mixed
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case

LEAST_PART = 0.1
"""Part of a ring's fish below which no boat is sent to another ring; invented."""


def mixed(case: "Case", batches: Sequence[BatchPlan]) -> dict[int, BatchPlan]:
    """The batches that begin as a mix of two of these, by the index of the younger one.

    The younger one brings as many fish as have room in the last ring of the one that began before it in its geography,
    on the day on which its stage at sea begins. That hangs on these two alone: a plan carried on stays as it was.
    """
    spec, plan = case.way.mixing, case.plan
    found: dict[int, BatchPlan] = {}
    before: dict[int, int] = {}
    for index, batch in enumerate(batches):
        if spec is None:
            break
        older = before.get(batch.geography)
        before[batch.geography] = index
        if older is None or stream(plan.seed, batch.number, "mixing").random() >= spec.share:
            continue
        # The ring is to be stocked by then, and the mix to have half of its time at sea at least.
        apart, most = (batch.start - batches[older].start).days, plan.stage_days(plan.sea) // 2
        # Who has one ring would have none.
        if len(batches[older].containers[-1]) > 1 and 0 < apart <= min(spec.days_apart, most):
            part = _part(case, batches[older], batch)
            if part >= LEAST_PART:
                found[index] = _of_both(case, older, index, batches, part)
    return found


def _part(case: "Case", older: BatchPlan, younger: BatchPlan) -> float:
    """What part of a ring's fish of the younger batch has room in a ring of the older one, to hundredths.

    None where one of them leaves its last ring empty at first.
    """
    from datagen.planning.stocking import stocked
    from datagen.planning.thinning import late_day

    if late_day(case, older) or late_day(case, younger):
        return 0.0
    full, coming = (float(case.forecast(batch).fullness[-1]) for batch in (older, younger))
    stocking = stocked(case, older)
    full *= 1.0 if stocking is None else float(stocking[-1])
    return int(100 * min((1.0 - full) / coming, 1.0)) / 100


def _of_both(case: "Case", older: int, younger: int, batches: Sequence[BatchPlan], part: float) -> BatchPlan:
    """It counts its days of life with the younger one, and leaves the ring when the older one must."""
    from datagen.planning.forecast import vigour

    one, other, plan = batches[older], batches[younger], case.plan
    ends = one.start + timedelta(days=plan.stage_starts[-1])
    fit = [batch.harvest_from for batch in (one, other) if batch.harvest_from is not None]
    batch = BatchPlan(
        f"{other.number}-MIX",
        other.geography,
        other.start,
        0,
        one.harvest_target_g,
        (*((),) * plan.sea, one.containers[-1][-1:]),
        harvest_from=min(max(fit), _latest(case, ends)) if fit else None,
        mixed=Mixed(older, younger, part, ends),
    )
    pace = (one.growth * vigour(case, one) + other.growth * vigour(case, other)) / 2.0
    return replace(batch, growth=pace / vigour(case, batch))


def _latest(case: "Case", ends: date) -> date:
    """The last day on which the harvest of one ring may be decided on."""
    from datagen.planning.slaughter import least_days

    return ends - timedelta(days=least_days(case.catalog.biology.harvest, 1))
