"""How close a simulated `production` comes to published figures: the table of docs/realism.md.

`make measure ONLY=likeness` and `make docs` write it anew.
"""

from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np

from datagen.biology.mortality import CAUSES
from datagen.case import Case
from datagen.catalog.reader import load
from datagen.farm import resolve
from datagen.planning.presets import PRESETS, make_plan
from datagen.simulation.history import History
from datagen.simulation.loop import simulate

PARR = 2
SEA = 5
PUBLISHED = {
    "eggs alive on day 91 [%]": "85-90 (guide)",
    "eggs alive on day 200 [%]": "80-86 (guide)",
    "weight on day 200 [g]": "15.2 within 25 % (guide)",
    "alive from first feeding to harvest [%]": "83-87 in the median (guide)",
    "dead at sea in a cycle [%]": "10-26 Scotland, 6-15 Faroe [31] [37]",
    "last harvest on day": "750-850 (guide)",
    "harvest weight [kg]": "4.5-6.3 live [17] [24]",
    "feed per kg harvested": "eFCR 1.20-1.35 at sea (practice)",
    "dead in fresh water from parr [%/month]": "0.15-0.31 in the median, mean 2-3 times that [23]",
    "dead at sea [%/month]": "about 60 % of site-months below 1, mean 1.0-1.6 [25] [30]",
    "Faroe Islands, warmest day at sea [C]": "10-11.5 [2]",
    "Faroe Islands, coldest day at sea [C]": "5.5-6.8 [2]",
    "Faroe Islands, mean of a year at sea [C]": "8.0-8.5 [1]",
}


def measure() -> dict[str, Any]:
    """Figures by name with their spread, recorded causes of death at sea, and what months at sea are like."""
    catalog = load()
    farm = resolve(catalog)
    plan, _ = make_plan(catalog, farm, PRESETS["production"], date(2025, 11, 21), 1)
    found: dict[str, list[float]] = defaultdict(list)
    deaths = np.zeros(len(CAUSES))
    for geography in (0, 1):
        history = simulate(Case(catalog, farm, plan), geography)
        measure_batches(history, found)
        measure_months(history, found)
        a, days = history.assignments, history.days
        if farm.geography_name[geography] == "Faroe Islands":
            for row in a.row[(a.stage == SEA) & (a.days > 365)]:
                year = days.temp_c[row : row + 365]
                for what, value in (
                    ("mean of a year", year.mean()),
                    ("warmest day", year.max()),
                    ("coldest day", year.min()),
                ):
                    found[f"Faroe Islands, {what} at sea [C]"].append(value)
        sea = np.repeat(a.stage, a.days) == SEA
        deaths += np.bincount(days.cause[sea], weights=days.deaths[sea], minlength=len(CAUSES))
    months = np.array(found["dead at sea [%/month]"])
    return {
        "figures": [
            [what, *np.percentile(found[what], [10, 50, 90]).tolist(), published]
            for what, published in PUBLISHED.items()
        ],
        "causes_at_sea_percent": dict(zip(CAUSES, (100 * deaths / deaths.sum()).tolist(), strict=True)),
        "months_at_sea_below_1_percent": float(100 * (months < 1).mean()),
        "dead_at_sea_percent_a_month": float(months.mean()),
    }


def measure_batches(history: History, found: dict[str, list[float]]) -> None:
    """Eggs and weights of every batch; the cycle of those of which no fish went into a mix with others."""
    a, days, cut = history.assignments, history.days, history.harvests
    mixed = a.batch[np.concatenate([history.mixings.source, history.mixings.dest])]
    stay = np.repeat(np.arange(len(a.row)), a.days)
    for batch in np.unique(a.batch):
        own = a.batch == batch
        eggs = history.deliveries.eggs[own[history.deliveries.assignment]].sum()
        fry, parr, sea = (np.flatnonzero(own & (a.stage == stage)) for stage in (1, PARR, SEA))
        if len(fry):
            found["eggs alive on day 91 [%]"].append(100 * a.fish_in[fry].sum() / eggs)
        if len(parr) and (a.days[parr] > 20).all():
            row = a.row[parr] + 19
            found["eggs alive on day 200 [%]"].append(100 * days.fish[row].sum() / eggs)
            found["weight on day 200 [g]"].append(np.average(days.weight_g[row], weights=days.fish[row]))
        if len(sea) and a.left[sea].all() and batch not in mixed:
            rows, lots = own[stay], a.batch[cut.assignment] == batch
            fish = cut.fish[lots].sum()
            slaughtered_kg = cut.fish[lots] @ cut.weight_g[lots] / 1000
            dead = days.deaths[rows & (a.stage[stay] == SEA)].sum()
            found["alive from first feeding to harvest [%]"].append(100 * fish / a.fish_in[fry].sum())
            found["dead at sea in a cycle [%]"].append(100 * dead / (dead + fish))
            found["last harvest on day"].append((a.first_day + a.days)[sea].max() - a.first_day[own].min())
            found["harvest weight [kg]"].append(slaughtered_kg / fish)
            found["feed per kg harvested"].append(days.feed_g[rows].sum() / 1000 / slaughtered_kg)


def measure_months(history: History, found: dict[str, list[float]]) -> None:
    """Deaths by batch and 30 days of the record, scaled to a month."""
    a, days = history.assignments, history.days
    stay = np.repeat(np.arange(len(a.row)), a.days)
    month = (a.first_day[stay] + np.arange(len(stay)) - a.row[stay]) // 30
    for what, among in (
        ("dead in fresh water from parr [%/month]", (a.stage[stay] >= PARR) & (a.stage[stay] < SEA)),
        ("dead at sea [%/month]", a.stage[stay] == SEA),
    ):
        _, group = np.unique(a.batch[stay][among] * 1000 + month[among], return_inverse=True)
        died = np.bincount(group, weights=days.deaths[among])
        found[what] += (3040 * died / np.bincount(group, weights=days.fish[among])).tolist()
