"""How rows, time, memory and disk of an export grow with the number of companies, and the line through them."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.commands import AS_OF, Measured, child_seconds, run, show, timed
from benchmarks.scale import ROOM
from datagen.pipeline import VERSION

PRESET = "production"
SIZES = (1, 2, 4)
FORECAST = (100,)


def measure(sizes: Iterable[int]) -> Measured:
    """Each number of companies as files of their own, from the smallest on until the disk holds no more."""
    directory, wanted = Path(os.environ["AQUAMIND_DATA_DIR"]).parent, sorted(set(sizes))
    measured: list[Measured] = []
    for companies in wanted:
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            record = [f"{folder}/record", "--preset", PRESET, "--as-of", AS_OF, "--companies", str(companies)]
            asked = companies * timed("export", *record, "--dry-run")[1]["disk_bytes"]
            if ROOM * asked > shutil.disk_usage(directory).free:
                print(f"{companies} companies: {ROOM * asked / 1e9:.1f} GB are wanted in {directory}", flush=True)
                break
            measured.append(_exported(companies, record) | {"disk_gb_asked": asked / 1e9})
    return {
        "as_of": AS_OF,
        "content_version": VERSION,
        "by": "companies",
        "seconds": {f"{one['companies']} companies": one["seconds"] for one in measured},
        "sizes": measured,
        "not_held": wanted[len(measured) :],
    }


def _exported(companies: int, record: list[str]) -> Measured:
    load_before, begin_cpu = os.getloadavg()[0], child_seconds()
    done = run("export", *record)
    cpu, tables = child_seconds() - begin_cpu, done.report["tables"].values()
    rows, disk = (sum(table[what] for table in tables) for what in ("rows", "bytes"))
    show(
        f"{companies} companies",
        done.seconds,
        f"{rows:,} rows, {rows / cpu:,.0f} a CPU second, largest process {done.largest_process_mb} MB",
    )
    return {
        "companies": companies,
        "rows": rows,
        "seconds": done.seconds,
        "cpu_seconds": cpu,
        "largest_process_mb": done.largest_process_mb,
        "disk_gb": disk / 1e9,
        "load_before": load_before,
        "content_hash": done.report["content_hash"],
    }
