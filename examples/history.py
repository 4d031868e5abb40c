"""The life of two batches without any database: a catalog, a plan, the history of it, and its deaths as an Arrow table.

Run it in the project's environment: `python examples/history.py`. It takes a second or two.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from datagen.case import Case
from datagen.catalog.reader import load
from datagen.events import mortality
from datagen.events.context import BatchRecord
from datagen.farm import resolve
from datagen.keys import records
from datagen.planning.presets import Preset, make_plan
from datagen.simulation.loop import simulate

AS_OF = date(2025, 11, 21)


def main() -> None:
    # A company, its containers as arrays, and a plan: which batch is where, from when to when.
    catalog = load(Path(__file__).parent / "company")
    farm = resolve(catalog)
    preset = Preset("two batches", stagger_days=700, saturation=1.0, batches=2, containers_per_stage=10)
    plan, _ = make_plan(catalog, farm, preset, AS_OF, seed=1)
    case = Case(catalog, farm, plan)

    # Lived day by day, a geography at a time. Stays are rows of `assignments`; each has its container-days in `days`.
    histories = {geography: simulate(case, geography) for geography in case.geographies}
    [history] = histories.values()
    stays, days = history.assignments, history.days
    stay = np.repeat(np.arange(len(stays.days)), stays.days)
    biomass_t = days.fish * days.weight_g / 1e6
    print("batch          stage         most biomass [t]  feed [t]  dead in all")
    for index, batch in enumerate(plan.batches):
        for stage, name in enumerate(farm.stage_name):
            rows = (stays.batch[stay] == index) & (stays.stage[stay] == stage)
            if not rows.any():
                continue
            # Day of the record of each container-day: a stay's days follow each other from its first.
            day = stays.first_day[stay[rows]] + np.flatnonzero(rows) - stays.row[stay[rows]]
            most = np.bincount(day, weights=biomass_t[rows]).max()
            feed_t = days.feed_g[rows].sum() / 1e6
            print(f"{batch.number:<15}{name:<14}{most:>16,.1f}{feed_t:>10,.1f}{days.deaths[rows].sum():>13,}")

    # A record family expands a batch to rows of AquaMind's tables, as Arrow record batches with their primary keys.
    deaths = pa.Table.from_batches(
        rows
        for record in records(case, histories)
        if isinstance(record, BatchRecord)
        for _, rows, *_ in mortality.expand(record)
    )
    print(f"\n{deaths.num_rows:,} rows of batch_mortalityevent, by recorded cause:")
    for row in (
        deaths.group_by("cause").aggregate([("count", "sum")]).sort_by([("count_sum", "descending")]).to_pylist()
    ):
        print(f"{row['cause']:<15}{row['count_sum']:>12,} fish")


if __name__ == "__main__":
    main()
