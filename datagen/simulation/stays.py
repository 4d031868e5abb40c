"""Every stay of a batch in a container that the plan foresees, with its own nature and its own random draws."""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.mortality import outbreak_course
from datagen.case import Case
from datagen.planning.forecast import container_sd, vigour
from datagen.planning.plan import BatchPlan
from datagen.simulation import hardship
from datagen.streams import stream


@dataclass(frozen=True)
class Stays:
    """Struct of arrays, ordered by batch, stage, container; `row` is where a stay's container-days begin.

    Fish leave on the day `until` at the latest, and from `leaving_from` on when those of the batch weigh `leaving_g` in
    the mean, over some `leaving_days`.
    """

    batch: Ints
    stage: Ints
    container: Ints
    first_day: Ints
    until: Ints
    leaving_g: Floats
    leaving_from: Ints
    leaving_days: Ints
    row: Ints
    rows: int
    tgc: Floats
    fcr: Floats
    hazard: Floats
    frailty: Floats
    delay: Ints
    outbreak: Floats
    of: dict[tuple[int, int], Ints]
    arrivals: dict[int, list[tuple[int, Ints]]]

    def arriving(self, day: int) -> list[tuple[int, Ints]]:
        """The stage and containers of fish planned to arrive on a day, be it after the as-of day."""
        return self.arrivals.get(day, [])


@dataclass(frozen=True)
class _Nature:
    """How the stays of a batch in a stage differ from the book."""

    tgc: Floats
    fcr: Floats
    hazard: Floats
    frailty: Floats
    delay: Ints


@dataclass(frozen=True)
class Part:
    """The stays of one batch in one stage; `days` are those of each within the record."""

    batch: int
    stage: int
    container: Ints
    begins: int
    first_day: Ints
    until: int
    leaving_g: float
    leaving_from: int
    leaving_days: int
    days: Ints
    nature: _Nature

    @property
    def ends(self) -> int:
        """Day of the record after the last of any of its stays."""
        return int((self.first_day + self.days).max())


def stays(case: Case, geography: int) -> tuple[Stays, list[Part]]:
    """The stays of a geography's batches that begin by the as-of day, and the parts that they are made of, in order."""
    plan = case.plan
    batches = [b for b, batch in enumerate(plan.batches) if batch.geography == geography]
    parts: list[Part] = []
    arrivals: dict[int, list[tuple[int, Ints]]] = defaultdict(list)
    outbreak = np.zeros((plan.days, len(plan.batches)))
    for b, start in zip(batches, plan.starts[batches].tolist(), strict=True):
        batch = plan.batches[b]
        spec = case.way.mortality
        outbreak[:, b] = _outbreak(case, batch, start) if spec is None else hardship.epidemics(case, batch, start, spec)
        luck = _Luck.of(case, batch)
        for stage, containers in enumerate(batch.containers):
            if not containers:
                continue
            begins, container = start + plan.stage_starts[stage], np.array(containers)
            first = begins - (case.early_days[b] if stage == case.sea else np.zeros(len(containers), np.int64))
            # Feed is ordered ahead: who waits for fish on the last days must not depend on where the record ends.
            # What comes late eats what its area has open.
            for day in np.unique(first[first <= begins]).tolist():
                arrivals[day].append((stage, container[first == day]))
            if first.min() - _announced_days(case, batch) >= plan.days:
                break
            until = begins + plan.stage_days(stage)
            if batch.mixed is not None:
                until = (batch.mixed.ends - plan.first_day).days
            n, days = len(container), np.maximum(np.minimum(until, plan.days) - first, 0)
            nature = _nature(case, batch, stage, luck, n)
            leaving_g = batch.harvest_target_g if stage == case.sea else np.inf
            leaving_from = start + batch.harvest_from_day
            portions = stage == case.sea and case.way.slaughter is not None
            leaving_days = case.forecast(batch).slaughter_days if portions else 0
            leaving = (leaving_g, leaving_from, leaving_days)
            parts.append(Part(b, stage, container, begins, first, until, *leaving, days, nature))
    return _joined(parts, outbreak, arrivals), parts


def _announced_days(case: Case, batch: BatchPlan) -> int:
    """How long before a mixed batch begins lifts of its transfer to sea may be under way."""
    legs = case.way.sea_transfer
    return 0 if batch.mixed is None or legs is None else legs.days_max - 1


def _joined(parts: list[Part], outbreak: Floats, arrivals: dict[int, list[tuple[int, Ints]]]) -> Stays:
    counts = [len(part.container) for part in parts]
    days = np.concatenate([part.days for part in parts])
    after = np.cumsum(counts)
    return Stays(
        batch=np.repeat([part.batch for part in parts], counts),
        stage=np.repeat([part.stage for part in parts], counts),
        container=np.concatenate([part.container for part in parts]),
        first_day=np.concatenate([part.first_day for part in parts]),
        until=np.repeat([part.until for part in parts], counts),
        leaving_g=np.repeat([part.leaving_g for part in parts], counts),
        leaving_from=np.repeat([part.leaving_from for part in parts], counts),
        leaving_days=np.repeat([part.leaving_days for part in parts], counts),
        row=np.cumsum(days) - days,
        rows=int(days.sum()),
        tgc=np.concatenate([part.nature.tgc for part in parts]),
        fcr=np.concatenate([part.nature.fcr for part in parts]),
        hazard=np.concatenate([part.nature.hazard for part in parts]),
        frailty=np.concatenate([part.nature.frailty for part in parts]),
        delay=np.concatenate([part.nature.delay for part in parts]),
        outbreak=outbreak,
        of={
            (part.batch, part.stage): np.arange(end - count, end)
            for part, count, end in zip(parts, counts, after, strict=True)
        },
        arrivals=arrivals,
    )


class _Luck(NamedTuple):
    """How a batch differs from the book: its pace, its feed conversion, and by stage how hard its life is."""

    pace: float
    fcr: float
    stages: Floats

    @classmethod
    def of(cls, case: Case, batch: BatchPlan) -> "_Luck":
        drawn = stream(case.plan.seed, batch.number, "nature").standard_normal(3 + len(case.stages.key))
        fcr = 1.0 + case.catalog.biology.growth.fcr_batch_sd * float(drawn[1])
        return cls(batch.growth * vigour(case, batch), fcr, drawn[3:])


def _nature(case: Case, batch: BatchPlan, stage: int, luck: _Luck, n: int) -> _Nature:
    """How the batch, and each container of it in this stage, differ from the book."""
    catalog, spec = case.catalog, case.catalog.biology.stages[stage]
    of_container = stream(case.plan.seed, batch.number, spec.key, "nature").standard_normal((2, n))
    daily, spread, frailty = _everyday(case, spec.key, of_container[1])
    lived = case.way.mortality
    # Where it depends on the weight, what is left of it is whether fish are fed at all.
    fcr = spec.fcr if case.way.conversion is None else float(spec.fcr > 0)
    return _Nature(
        tgc=spec.tgc * catalog.biology.growth.potential * (luck.pace * (1.0 + container_sd(case) * of_container[0])),
        fcr=np.full(n, fcr * luck.fcr),
        hazard=daily * np.exp(spread * luck.stages[stage]) * frailty,
        frailty=frailty,
        # Diseases are met at sea.
        delay=np.zeros(n, np.int64) if lived is None or stage != case.sea else hardship.delays(case, batch, n, lived),
    )


def _everyday(case: Case, stage: str, luck: Floats) -> tuple[float, float, Floats]:
    """The everyday hazard of a stage, its spread between batches, and how frail each container's fish are."""
    spec, lived = case.catalog.mortality, case.way.mortality
    hard = None if lived is None else lived.hardship(stage)
    if hard is None:
        book = next(each for each in spec.stages if each.stage == stage)
        return book.daily, book.batch_spread, np.exp(spec.container_spread * luck)
    return hard.daily[stage], hard.batch_spread, np.exp(hard.container_spread * luck - hard.container_spread**2 / 2)


def _outbreak(case: Case, batch: BatchPlan, start: int) -> Floats:
    """Hazard of the batch's disease outbreak at sea, if it meets one, by day of the record."""
    spec, plan = case.catalog.mortality.outbreak, case.plan
    rng = stream(plan.seed, batch.number, "outbreak")
    met, at, size = rng.random(), rng.random(), rng.standard_normal()
    hazard = np.zeros(plan.days + spec.duration_days)
    if met < spec.probability:
        sea_day = spec.earliest_sea_day + at * (spec.latest_sea_day - spec.earliest_sea_day)
        begins = start + plan.stage_starts[plan.sea] + int(sea_day)
        total = min(spec.total_median * np.exp(spec.total_spread * size), 0.5)
        if begins < plan.days:
            hazard[begins : begins + spec.duration_days] = total * outbreak_course(spec.duration_days)
    return hazard[: plan.days]
