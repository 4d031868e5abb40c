"""How rows, time, memory and disk grow with the number of batches, and the line through them.

A batch is the same at every size, and so are the five years of the record. Fewer batches than `production` has are some
of its own, evenly spread over its years; for more, the company has each site several times, and each batch there.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import ceil
from pathlib import Path

import numpy as np

from benchmarks.commands import AS_OF, Measured, cpu_seconds, disk_gb, fresh_server, run, show
from datagen import pipeline
from datagen.case import Case
from datagen.catalog.reader import DEFAULT_FOLDER, load
from datagen.farm import Farm, resolve
from datagen.planning import schedule
from datagen.planning.plan import BatchPlan
from datagen.planning.presets import PRESETS, make_plan
from datagen.runs import outlook

SIZES = (20, 72, 144, 288)
FORECAST = (500, 1000)
QUANTITIES = ("rows", "seconds", "cpu_seconds", "largest_process_mb", "disk_gb")
LEAST_SIZES = 3
"""A line through two points says nothing of how straight it is."""
GOLDEN = (5**0.5 - 1) / 2
"""Its multiples fall evenly between whole numbers, however many of them are taken."""
ROOM = 1.1
"""What is asked of the disk, as a multiple of what a plan is reckoned to take."""


def measure(sizes: Iterable[int]) -> Measured:
    """Each size in a database of its own, from the smallest on until the disk holds no more."""
    directory, wanted = Path(os.environ["AQUAMIND_DATA_DIR"]).parent, sorted(set(sizes))
    measured: list[Measured] = []
    for batches in wanted:
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            case = planned(batches, Path(folder))
            asked = outlook.foresee(case, pipeline.simulate(case)).disk_bytes
            free = shutil.disk_usage(directory).free
            if ROOM * asked > free:
                wanted_gb, free_gb = ROOM * asked / 1e9, free / 1e9
                print(f"{batches} batches: {wanted_gb:.1f} GB are wanted in {directory}, {free_gb:.1f} GB are free.")
                print("From here on by the line. Free space, or name a larger disk by --directory", flush=True)
                break
            with fresh_server(directory):
                measured.append(_loaded(Path(folder), batches) | {"disk_gb_asked": asked / 1e9})
    if len(measured) < LEAST_SIZES:
        sys.exit(f"{len(measured)} sizes were measured; a line wants {LEAST_SIZES}. Give smaller ones by --batches")
    return {
        "as_of": AS_OF,
        "content_version": pipeline.VERSION,
        "by": "batches",
        "seconds": {f"{one['batches']} batches": one["seconds"] for one in measured},
        "sizes": measured,
        "not_held": wanted[len(measured) :],
    }


def planned(batches: int, folder: Path) -> Case:
    """So many batches, with their company and schedule in this folder."""
    catalog = load()
    farm = resolve(catalog)
    plan, _ = make_plan(catalog, farm, PRESETS["production"], date.fromisoformat(AS_OF), seed=1)
    times = ceil(batches / len(plan.batches))
    company = shutil.copytree(DEFAULT_FOLDER, folder / "company")
    sites = company / "sites.yaml"
    sites.write_text("\n".join(_sites(sites.read_text().splitlines(), times)) + "\n")
    catalog = load(company)
    larger = resolve(catalog)
    # Copies share the days between two batches of a geography, as its batches share the year.
    apart = timedelta(days=plan.stagger_days * len({batch.geography for batch in plan.batches}) // times)
    there = [_at(batch, copy, copy * apart, farm, larger) for batch in plan.batches for copy in range(times)]
    there.sort(key=lambda batch: batch.start)
    case = Case(catalog, larger, replace(plan, batches=tuple(_spread(there, batches))))
    schedule.write(case, folder / "schedule.yaml")
    return case


def _sites(lines: Iterable[str], times: int) -> Iterable[str]:
    """Lines of sites.yaml with each station and area so many times: S01, S101, S201."""
    for line in lines:
        yield line
        for copy in range(1, times):
            named, found = re.subn(
                r"code: ([SA])(\d+), name: ([^,]+)", rf"code: \g<1>{copy}\g<2>, name: \g<3> {copy}", line
            )
            if found:
                yield named


def _at(batch: BatchPlan, copy: int, later: timedelta, farm: Farm, larger: Farm) -> BatchPlan:
    """The same batch at copies of its sites, in the company that has them, and so much later."""
    start = batch.start + later
    code, _, number = batch.number.split("-")
    named = [[farm.container_name[container] for container in containers] for containers in batch.containers]
    if copy:
        named = [[re.sub(r"-([SA])(\d+)", rf"-\g<1>{copy}\g<2>", name) for name in names] for names in named]
    return replace(
        batch,
        start=start,
        number=f"{code}-{start.year}-{int(number) + 100 * copy:03d}",
        containers=tuple(tuple(larger.container_index(name) for name in names) for names in named),
    )


def _spread(batches: Sequence[BatchPlan], wanted: int) -> list[BatchPlan]:
    """So many of these, evenly over time and geographies, in order."""
    places = sorted({batch.geography for batch in batches})
    chosen: list[BatchPlan] = []
    for turn, place in enumerate(places):
        here = [batch for batch in batches if batch.geography == place]
        share = (turn + 1) * wanted // len(places) - turn * wanted // len(places)
        # Every second one would take all that have three halls, and none that has two: shares alternate.
        chosen += sorted(here, key=lambda batch: here.index(batch) * GOLDEN % 1.0)[:share]
    return sorted(chosen, key=batches.index)


def _loaded(folder: Path, batches: int) -> Measured:
    load_before, begin_cpu = os.getloadavg()[0], cpu_seconds()
    done = run("generate", str(folder / "schedule.yaml"), "--catalog", str(folder / "company"))
    cpu, disk, rows = cpu_seconds() - begin_cpu, disk_gb(), sum(done.report["rows"].values())
    show(
        f"{batches} batches",
        done.seconds,
        f"{rows:,} rows, {cpu:.0f} s of CPU, largest process {done.largest_process_mb} MB, {disk:.1f} GB of disk",
    )
    return {
        "batches": batches,
        "rows": rows,
        "seconds": done.seconds,
        "cpu_seconds": cpu,
        "largest_process_mb": done.largest_process_mb,
        "disk_gb": disk,
        "load_before": load_before,
        "content_hash": done.report["content_hash"],
    }


def line(sizes: Sequence[Measured], quantity: str, by: str = "batches") -> tuple[float, float, float]:
    """Of a quantity by how many: slope, value at none, and the largest deviation as a share of what was measured."""
    number, found = (np.array([one[what] for one in sizes], float) for what in (by, quantity))
    # Shares are what is judged: unweighted, the largest size alone would make the line.
    slope, begin = np.polyfit(number, found, 1, w=1 / found)
    return float(slope), float(begin), float(np.abs((slope * number + begin) / found - 1).max())
