"""Lives every preset on many days and seeds, without a database, and sees that each plan is accepted and fits.

`python -m benchmarks.sweep` takes about an hour of one core, `--preset medium` 5 minutes of it. Exit code 1: a plan was
refused, held fewer batches than its preset, overfilled a container, or left the utilisation that it promises.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import numpy as np

from aquamind.errors import UserError
from datagen.arrays import Floats
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.reader import load
from datagen.farm import Farm, resolve
from datagen.planning.any_preset import plan_of
from datagen.planning.plan import UTILISATION_FROM_DAY, containers_by_kind
from datagen.planning.presets import PRESETS
from datagen.simulation.history import History
from datagen.simulation.loop import held_back, simulate

UTILISATION = {"production": (0.65, 0.70)}
"""What a preset promises (reading of the guide)."""


@dataclass(frozen=True)
class Run:
    """A preset to be lived."""

    preset: str
    as_of: date
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a run: why it was refused or bound, or what its fish took of their containers."""

    run: Run
    refused: str = ""
    batches: int = 0
    fullest: float = 0.0
    where: str = ""
    held_back: str = ""
    utilisation: float | None = None

    @property
    def fault(self) -> str:
        """What is wrong, if anything."""
        low, high = UTILISATION.get(self.run.preset, (0.0, 1.0))
        if self.refused:
            return self.refused
        if self.fullest > 1.0:
            return f"{self.where} holds {100 * self.fullest:.1f} % of its capacity"
        if self.utilisation is not None and not low <= self.utilisation <= high:
            return f"utilisation {100 * self.utilisation:.1f} %"
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sweep",
        description=__doc__,
        formatter_class=lambda prog: argparse.ArgumentDefaultsHelpFormatter(prog, max_help_position=30),
    )
    parser.add_argument("--preset", nargs="+", choices=list(PRESETS), default=list(PRESETS), help="what to live")
    parser.add_argument("--days", type=int, default=200, help="as-of days, evenly over three years")
    parser.add_argument("--seeds", type=int, default=100, help="seeds from 1 on; days and seeds take turns")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 11, 21), help="first as-of day")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    chosen = parser.parse_args()
    if min(chosen.days, chosen.seeds, chosen.workers) < 1:
        parser.error("days, seeds and workers are at least 1")
    faulty = 0
    for preset in chosen.preset:
        planned = list(runs(preset, chosen.first, chosen.days, chosen.seeds))
        outcomes = []
        begin = time.monotonic()
        for outcome in lived(planned, chosen.workers):
            outcomes.append(outcome)
            _tell(outcomes, len(planned), time.monotonic() - begin)
        print(summary(preset, outcomes), flush=True)
        faulty += sum(bool(outcome.fault) for outcome in outcomes)
    sys.exit(1 if faulty else 0)


def runs(preset: str, first: date, days: int, seeds: int) -> Iterator[Run]:
    """Each day and each seed at least once."""
    for turn in range(max(days, seeds)):
        yield Run(preset, first + timedelta(days=(turn % days) * 3 * 365 // days), 1 + turn % seeds)


def lived(planned: list[Run], workers: int) -> Iterator[Outcome]:
    """Outcomes as they come."""
    if workers == 1:
        yield from map(live, planned)
        return
    with ProcessPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(live, run) for run in planned]):
            yield done.result()


@cache
def _company() -> tuple[Catalog, Farm]:
    catalog = load()
    return catalog, resolve(catalog)


def live(run: Run) -> Outcome:
    """Plan a preset as `aquamind run` does, and simulate it."""
    catalog, farm = _company()
    try:
        plan, bound = plan_of(catalog, farm, PRESETS[run.preset], run.as_of, run.seed)
        case = Case(catalog, farm, plan)
    except UserError as error:
        return Outcome(run, refused=str(error))
    histories = [simulate(case, geography) for geography in case.geographies]
    outcome = Outcome(
        run,
        refused=f"fewer batches: {bound}" if bound else "",
        batches=len(plan.batches),
        held_back=held_back(case, histories),
        utilisation=utilisation(case, histories),
    )
    for history in histories:
        full = history.fullness(farm.container_max_biomass_kg)
        if full.max() > outcome.fullest:
            stays = history.assignments
            stay = int(np.searchsorted(stays.row, int(full.argmax()), side="right")) - 1
            batch = case.as_lived.plan.batches[stays.batch[stay]]
            where = f"{batch.number} in {farm.container_name[stays.container[stay]]}"
            outcome = replace(outcome, fullest=float(full.max()), where=where)
    return outcome


def utilisation(case: Case, histories: list[History]) -> float | None:
    """Share of the containers in production that were occupied, from day 780 on; None of a shorter record."""
    days = case.plan.days - UTILISATION_FROM_DAY
    if days <= 0:
        return None
    occupied = sum(
        float(np.maximum(stays.departure_day - np.maximum(stays.first_day, UTILISATION_FROM_DAY), 0).sum())
        for stays in (history.assignments for history in histories)
    )
    return occupied / (days * float(containers_by_kind(case.farm).sum()))


def summary(preset: str, outcomes: list[Outcome]) -> str:
    """Of all runs of a preset."""
    whole = [outcome for outcome in outcomes if not outcome.refused]
    lines = [
        f"{preset}: {len(outcomes)} runs, {len({o.run.as_of for o in outcomes})} as-of days from "
        f"{min(o.run.as_of for o in outcomes)} to {max(o.run.as_of for o in outcomes)}, "
        f"{len({o.run.seed for o in outcomes})} seeds, {sum(o.batches for o in outcomes):,} batches",
        f"  refused: {len(outcomes) - len(whole)}; other faults: {sum(bool(o.fault) for o in whole)}; "
        f"runs with feed held back: {sum(bool(o.held_back) for o in whole)}",
    ]
    if whole:
        fullest = max(whole, key=lambda outcome: outcome.fullest)
        middle = np.median([outcome.fullest for outcome in whole])
        lines.append(
            f"  fullest container: {100 * fullest.fullest:.1f} % of its capacity ({fullest.where}, as of "
            f"{fullest.run.as_of}, seed {fullest.run.seed}); in the median run {100 * middle:.1f} %"
        )
    used: Floats = np.array([outcome.utilisation for outcome in whole if outcome.utilisation is not None])
    if len(used):
        lines.append(f"  utilisation: {100 * used.min():.1f} to {100 * used.max():.1f} %")
    return "\n".join(lines)


def _tell(outcomes: list[Outcome], total: int, seconds: float) -> None:
    """Progress, on standard error: a line for every tenth, and for what is not as it should be."""
    outcome, done = outcomes[-1], len(outcomes)
    run = outcome.run
    if told := outcome.fault or outcome.held_back:
        print(f"{run.preset} as of {run.as_of}, seed {run.seed}: {told}", file=sys.stderr, flush=True)
    if done * 10 // total > (done - 1) * 10 // total:
        fullest = max(each.fullest for each in outcomes)
        so_far = f"{done} of {total} runs, fullest {100 * fullest:.1f} %, {seconds:.0f} s"
        print(f"{run.preset}: {so_far}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
