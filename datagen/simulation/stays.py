"""Every stay of a batch in a container that the plan foresees, with its own nature and its own random draws."""

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology.mortality import outbreak_course
from datagen.case import Case
from datagen.planning.plan import BatchPlan
from datagen.streams import remembering, stream


@dataclass(frozen=True)
class Draws:
    """Random numbers, one a row of the stays' container-days."""

    deaths: Floats
    rounding: Floats
    cause: Floats
    hardship: Floats
    appetite: Floats


@dataclass(frozen=True)
class Stays:
    """Struct of arrays, ordered by batch, stage, container; `row` is where a stay's container-days begin."""

    batch: Ints
    stage: Ints
    container: Ints
    first_day: Ints
    row: Ints
    rows: int
    tgc: Floats
    fcr: Floats
    hazard: Floats
    frailty: Floats
    draws: Draws
    outbreak: Floats
    of: dict[tuple[int, int], Ints]
    arrivals: dict[int, list[tuple[int, Ints]]]

    def arriving(self, day: int) -> list[tuple[int, Ints]]:
        """The stage and containers of fish planned to arrive on a day, be it after the as-of day."""
        return self.arrivals.get(day, [])

    def outbreak_on(self, day: int, stay: Ints) -> Floats:
        """Hazard of disease outbreaks on a day, by stay; the frail suffer more."""
        hazard: Floats = self.outbreak[day, self.batch[stay]] * self.frailty[stay]
        return hazard


def stays(case: Case, geography: int) -> Stays:
    """The stays of a geography's batches that begin by the as-of day."""
    plan = case.plan
    batches = [b for b, batch in enumerate(plan.batches) if batch.geography == geography]
    whole: dict[str, list[Ints]] = defaultdict(list)
    real: dict[str, list[Floats]] = defaultdict(list)
    of: dict[tuple[int, int], Ints] = {}
    arrivals: dict[int, list[tuple[int, Ints]]] = defaultdict(list)
    outbreak = np.zeros((plan.days, len(plan.batches)))
    count = 0
    for b, start in zip(batches, plan.starts()[batches], strict=True):
        batch = plan.batches[b]
        outbreak[:, b] = _outbreak(case, batch, int(start))
        for stage, containers in enumerate(batch.containers):
            first = int(start) + plan.stage_starts[stage]
            # Feed is ordered ahead: who waits for fish on the last days must not depend on where the record ends.
            arrivals[first].append((stage, np.array(containers)))
            if first >= plan.days:
                break
            n, days = len(containers), min(plan.stage_days(stage), plan.days - first)
            of[b, stage] = np.arange(count, count + n)
            count += n
            for name, value in (("batch", b), ("stage", stage), ("first_day", first), ("days", days)):
                whole[name].append(np.full(n, value))
            whole["container"].append(np.array(containers))
            for name, values in _nature(case, batch, stage, n).items():
                real[name].append(values)
            for name, values in _draws(case, batch, stage, n, days).items():
                real[name].append(values.T.ravel())
    ints: dict[str, Any] = {name: np.concatenate(parts) for name, parts in whole.items()}
    floats: dict[str, Any] = {name: np.concatenate(parts) for name, parts in real.items()}
    days_of = ints.pop("days")
    return Stays(
        **ints,
        row=np.cumsum(days_of) - days_of,
        rows=int(days_of.sum()),
        **{name: floats[name] for name in ("tgc", "fcr", "hazard", "frailty")},
        draws=Draws(**{field.name: floats[f"draw {field.name}"] for field in fields(Draws)}),
        outbreak=outbreak,
        of=of,
        arrivals=arrivals,
    )


def _nature(case: Case, batch: BatchPlan, stage: int, n: int) -> dict[str, Floats]:
    """How the batch, and each container of it in this stage, differ from the book."""
    catalog, stages, seed = case.catalog, case.stages, case.plan.seed
    growth, spec = catalog.biology.growth, catalog.biology.stages[stage]
    of_batch = stream(seed, batch.number, "nature").standard_normal(3 + len(stages.key))
    of_container = stream(seed, batch.number, spec.key, "nature").standard_normal((2, n))
    everyday = next(h for h in catalog.mortality.stages if h.stage == spec.key)
    frailty = np.exp(catalog.mortality.container_spread * of_container[1])
    vigour = (1.0 + growth.batch_sd * of_batch[0]) * (1.0 + growth.container_sd * of_container[0])
    return {
        "tgc": spec.tgc * growth.potential * vigour,
        "fcr": np.full(n, spec.fcr * (1.0 + growth.fcr_batch_sd * of_batch[1])),
        "hazard": everyday.daily * np.exp(everyday.batch_spread * of_batch[3 + stage]) * frailty,
        "frailty": frailty,
    }


def _draws(case: Case, batch: BatchPlan, stage: int, n: int, days: int) -> dict[str, Floats]:
    """Draws by day and container; `hardship` multiplies the everyday hazard, with memory and a mean of 1."""
    address = (case.plan.seed, batch.number, case.stages.key[stage])
    mortality = case.catalog.mortality
    hardship = remembering(stream(*address, "hardship").standard_normal((days, n)), mortality.daily_memory)
    return {
        "draw deaths": stream(*address, "deaths").standard_normal((days, n)),
        "draw rounding": stream(*address, "deaths, rounded").random((days, n)),
        "draw cause": stream(*address, "cause").random((days, n)),
        "draw hardship": np.exp(mortality.daily_spread * hardship - mortality.daily_spread**2 / 2),
        "draw appetite": stream(*address, "appetite").standard_normal((days, n)),
    }


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
