"""How heavy will a ring's fish be at harvest? Told 120 days ahead: python examples/files/harvest_weight.py RECORD

The cube root of a weight grows by the warmth of the water (Iwama & Tautz 1981), so that its growth is what is fitted,
from the season. The rings of each batch are told by what those of all others came to, beside the guess that they gain
as much as those did. A ring may be emptied in portions: the days count to the last.
"""

import sys
from pathlib import Path

import numpy as np
from record import opened

AHEAD_DAYS = 120
QUESTION = f"""
    WITH harvested AS (
        SELECT event.assignment_id, max(event.event_date)::date AS day,
               1000 * sum(lot.live_weight_kg)::float8 / sum(lot.unit_count) AS weight_g
        FROM harvest_harvestevent event JOIN harvest_harvestlot lot ON lot.event_id = event.id
        GROUP BY ALL
    )
    SELECT harvested.weight_g, state.avg_weight_g::float8 AS then_g, dayofyear(state.date) AS season,
           state.batch_id
    FROM harvested JOIN batch_actualdailyassignmentstate state
        ON state.assignment_id = harvested.assignment_id AND state.date = harvested.day - {AHEAD_DAYS}
    ORDER BY harvested.day, harvested.assignment_id
"""


def main(record: Path) -> None:
    rings = {name: np.asarray(values, float) for name, values in opened(record).sql(QUESTION).fetchnumpy().items()}
    if len(np.unique(rings["batch_id"])) < 2:
        raise SystemExit(
            "Rings of two batches that were harvested are wanted: export some years, as --preset medium has"
        )
    weight_g, then_g, year = rings["weight_g"], rings["then_g"], 2 * np.pi * rings["season"] / 365.25
    season, then = np.column_stack([np.ones(len(year)), np.cos(year), np.sin(year)]), np.cbrt(then_g)
    model, same_gain = np.zeros(len(year)), np.zeros(len(year))
    for batch in np.unique(rings["batch_id"]):
        told, others = rings["batch_id"] == batch, rings["batch_id"] != batch
        fitted, *_ = np.linalg.lstsq(season[others], np.cbrt(weight_g[others]) - then[others], rcond=None)
        model[told] = (then[told] + season[told] @ fitted) ** 3
        same_gain[told] = then_g[told] + np.mean(weight_g[others] - then_g[others])
    print(f"{len(year)} rings, told {AHEAD_DAYS} days ahead")
    for name, grams in {"model": model, "same gain": same_gain}.items():
        off = np.abs(grams - weight_g).mean()
        print(f"{name:>10}: {off:5.0f} g off in the mean, {100 * off / weight_g.mean():4.1f} %")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
