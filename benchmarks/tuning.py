"""How deaths, growth and feed of a lived plan stand against published figures, from the history alone: to tune by it.

`python -m benchmarks.tuning --preset production --seeds 1 2 3`; `aquamind likeness` measures a whole database.
"""

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from datagen.arrays import Bools, Floats, Ints
from datagen.biology.mortality import CAUSES
from datagen.case import Case
from datagen.catalog.reader import load
from datagen.farm import resolve
from datagen.planning.presets import PRESETS, make_plan
from datagen.simulation.history import History
from datagen.simulation.loop import simulate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__)
    parser.add_argument("--preset", default="production")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--way", choices=["planned", "lived"], default="lived")
    chosen = parser.parse_args()
    catalog = load()
    farm = resolve(catalog)
    for seed in chosen.seeds:
        plan, _ = make_plan(catalog, farm, PRESETS[chosen.preset], date(2025, 11, 21), seed)
        case = Case(catalog, farm, replace(plan, way=chosen.way))
        begin = time.perf_counter()
        histories = [simulate(case, geography) for geography in case.geographies]
        seconds = time.perf_counter() - begin
        for what, value in measure(case, histories).items():
            print(f"{seed}  {what:60s} {value}")
        print(f"{seed}  {'day loop [s]':60s} {seconds:.1f}")


@dataclass
class Found:
    """Deaths by site and month, by batch and month in fresh water, by cycle and by cause, over geographies."""

    sites: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    fresh: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cycles: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    early: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)
    months: list[float] = field(default_factory=list)
    slaughter: list[tuple[int, float]] = field(default_factory=list)
    feed: Floats = field(default_factory=lambda: np.zeros(3))
    causes: Floats = field(default_factory=lambda: np.zeros(len(CAUSES)))


def look(case: Case, history: History, found: Found) -> None:
    """Gather a geography's deaths."""
    a, days = history.assignments, history.days
    stay = np.repeat(np.arange(len(a.row)), a.days)
    age = np.arange(len(stay)) - a.row[stay]
    month = case.plan.dates()[a.first_day[stay] + age].astype("datetime64[M]").astype(int)
    sea = a.stage[stay] == case.sea
    found.causes += np.bincount(days.cause[sea], weights=days.deaths[sea], minlength=len(CAUSES))
    unit = case.farm.container_unit[a.container[stay]]

    def monthly(place: Ints, which: Bools) -> tuple[Ints, Ints, Floats]:
        return _monthly(place[which], month[which], days.deaths[which], days.fish[which])

    found.sites.append(monthly(unit, sea))
    young, batch = (a.stage[stay] >= 1) & ~sea, a.batch[stay]
    _, when, share = monthly(batch, young)
    found.fresh["all"] += share.tolist()
    found.fresh["summer"] += share[np.isin(when % 12, (5, 6, 7))].tolist()
    found.fresh["winter"] += share[np.isin(when % 12, (11, 0, 1))].tolist()
    for what, of in (("3-12 g", (days.weight_g >= 3) & (days.weight_g < 12)), ("25 g on", days.weight_g >= 25)):
        found.fresh[what] += monthly(batch, young & of)[2].tolist()
    for each in np.unique(a.batch[a.stage == case.sea]):
        rings = np.flatnonzero((a.batch == each) & (a.stage == case.sea))
        if not a.left[rings].all():
            continue
        # Not what is left in the end, of rings that are emptied in portions and get fish of others.
        dead = np.bincount(stay, days.deaths, len(a.row))[rings]
        found.cycles[case.farm.geography_name[history.geography]].append(
            100 * float(dead.sum() / a.fish_in[rings].sum())
        )
        found.between.append(float(np.std(np.log(np.maximum(dead, 1) / a.fish_in[rings]))))
        grow(case, history, rings, found)
        for first, end, into in ((0, 91, found.early), (91, 273, found.later)):
            part = sea & (batch == each) & (age >= first) & (age < end)
            into.append(3040 * float(days.deaths[part].sum() / max(days.fish[part].sum(), 1)))


def grow(case: Case, history: History, rings: Ints, found: Found) -> None:
    """Gather what rings of a batch gained at sea, on how much feed and in how long: all in kilograms."""
    a, days = history.assignments, history.days
    for ring in rings:
        rows = slice(a.row[ring], a.row[ring] + a.days[ring])
        weight_g = days.weight_g[rows]
        reached = np.searchsorted(np.maximum.accumulate(weight_g), (750.0, 5000.0))
        if weight_g[0] < 750.0 and reached[1] < len(weight_g):
            found.months.append(float(reached[1] - reached[0]) / 30.4)
        dead_g = float(days.deaths[rows] @ weight_g)
        gained_g = float((days.fish[rows] - days.deaths[rows]) @ np.diff(weight_g, append=a.weight_out_g[ring]))
        found.feed += np.array([days.feed_g[rows].sum(), gained_g, dead_g]) / 1000.0
    if a.batch[rings[0]] >= len(case.plan.batches):
        return  # mixed of others, and begun at sea
    last = int((a.first_day + a.days)[rings].max() - case.plan.starts[a.batch[rings[0]]])
    found.slaughter.append((last, float(np.average(a.weight_out_g[rings], weights=a.fish_out[rings])) / 1000.0))


def measure(case: Case, histories: list[History]) -> dict[str, str]:
    """Figures of mortality with their aims."""
    found = Found()
    for history in histories:
        look(case, history, found)
    share = np.concatenate([each[2] for each in found.sites])
    months = np.concatenate([each[1] for each in found.sites]) % 12
    autumn, june = share[np.isin(months, (7, 8, 9))], share[months == 5]
    fresh = {what: np.array(each) for what, each in found.fresh.items()}
    middle, causes = np.median(fresh["all"]), (found.causes / found.causes.sum()).tolist()
    together = [_together(*each, log) for log in (False, True) for each in found.sites]
    fed, gained, dead = found.feed.tolist()
    last, heavy = np.array(found.slaughter).T
    return {
        "2 months from 750 g to 5 kg (10-12)": " ".join(f"{x:.1f}" for x in np.percentile(found.months, [10, 50, 90])),
        "2 last harvest on day (750-850)": " ".join(f"{x:.0f}" for x in np.percentile(last, [0, 10, 50, 90, 100])),
        "3 feed conversion (1.05-1.25), economic above it (5-15 %)": (
            f"{fed / gained:.3f} {100 * (gained / (gained - dead) - 1):.1f}"
        ),
        "11 weight at slaughter [kg] (4.5-6.3)": " ".join(
            f"{x:.2f}" for x in np.percentile(heavy, [0, 10, 50, 90, 100])
        ),
        "4 sea, %/month mean (1.0-1.6)": f"{share.mean():.2f}",
        "4 below 1 % (60), above 8 % (>= 1)": f"{100 * (share < 1).mean():.0f} {100 * (share > 8).mean():.2f}",
        "4 Aug-Oct / June, mean and median (2)": (
            f"{autumn.mean() / june.mean():.2f} {np.median(autumn) / np.median(june):.2f}"
        ),
        "site-month median (0.6-0.8), sigma (1.0-1.7)": (
            f"{np.median(share):.2f} {np.log(share[share > 0]).std():.2f}"
        ),
        "areas correlated by month (0.15-0.35), and of logs": " ".join(f"{each:.2f}" for each in together),
        "5 first 3 months, next 6": f"{np.mean(found.early):.2f} {np.mean(found.later):.2f}",
        **{
            f"5 cycle {place}": " ".join(f"{x:.1f}" for x in np.percentile(dead, [0, 10, 50, 90, 100]))
            for place, dead in found.cycles.items()
        },
        "7 causes": " ".join(f"{name[:7]} {100 * x:.0f}" for name, x in zip(CAUSES, causes, strict=True)),
        "6 fresh median (0.15-0.3), mean/median (2-3)": f"{middle:.2f} {fresh['all'].mean() / middle:.2f}",
        "6 3-12 g (0.31), 25 g on median": f"{np.median(fresh['3-12 g']):.2f} {np.median(fresh['25 g on']):.2f}",
        "6 summer/winter mean (2)": f"{fresh['summer'].mean() / fresh['winter'].mean():.2f}",
        "rings of a batch, sigma of log deaths": f"{np.median(found.between):.2f}",
        "halls, CO2 mean (9-14), above 15 mg/L (20-40)": _carbon_dioxide(case, histories),
    }


def _carbon_dioxide(case: Case, histories: list[History]) -> str:
    """Mean of tank-days from parr on and share of them above 15 mg/L, but for what fails and the hours of a day."""
    spec, farm = case.way.halls, case.farm
    if spec is None:
        return "no halls"
    level = next(sensor.level for sensor in case.catalog.water.sensors if sensor.parameter == "CO2")
    found, tanks = [], []
    for history in histories:
        a, days = history.assignments, history.days
        stay = np.repeat(np.arange(len(a.row)), a.days)
        day = a.first_day[stay] + np.arange(len(stay)) - a.row[stay]
        young = (a.stage[stay] >= case.stages.index("parr")) & (a.stage[stay] < case.sea)
        place = a.container[stay[young]]
        key, hall = np.unique(farm.container_unit[place] * case.plan.days + day[young], return_inverse=True)
        fed = np.bincount(hall, days.feed_g[young]) / np.bincount(hall, farm.container_volume_m3[place])
        unit, on = np.divmod(key, case.plan.days)
        weeks = {each: case.hall(each).treated(0, case.plan.days) for each in np.unique(unit).tolist()}
        treated = np.array([weeks[each][when] for each, when in zip(unit.tolist(), on.tolist(), strict=True)])
        found.append(level + spec.carbon_dioxide_per_feed * fed / (spec.carbon_dioxide_per_day * treated))
        tanks.append(np.bincount(hall))
    mg_l, weight = np.concatenate(found), np.concatenate(tanks)
    return f"{np.average(mg_l, weights=weight):.1f} {100 * np.average(mg_l > 15, weights=weight):.0f}"


def _monthly(place: Ints, month: Ints, deaths: Ints, fish: Ints) -> tuple[Ints, Ints, Floats]:
    """Deaths of each place and calendar month with 20 days or more [%/month]; its place and month beside."""
    key, group = np.unique(place * 10_000 + month, return_inverse=True)
    died, lived = np.bincount(group, weights=deaths), np.bincount(group, weights=fish)
    return key // 10_000, key % 10_000, 3040.0 * died / np.maximum(lived, 1)


def _together(place: Ints, month: Ints, share: Floats, log: bool) -> float:
    """Mean correlation of two areas over their common months, of a year or more."""
    names, which = np.unique(place, return_inverse=True)
    table = np.full((len(names), month.max() - month.min() + 1), np.nan)
    table[which, month - month.min()] = np.log(np.maximum(share, 1e-3)) if log else share
    found = []
    for i in range(len(names)):
        for j in range(i):
            both = np.isfinite(table[i]) & np.isfinite(table[j])
            if both.sum() >= 12:
                found.append(np.corrcoef(table[i, both], table[j, both])[0, 1])
    return float(np.mean(found)) if found else float("nan")


if __name__ == "__main__":
    main()
