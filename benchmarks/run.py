"""Measures what the README claims: whole commands in a cluster of their own, each figure printed as it was run.

`make bench` takes about 20 minutes on 2 cores and 60 GB of disk; `python benchmarks/run.py --only batch simulate` less.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

AS_OF = "2025-11-21"
AQUAMIND = [sys.executable, "-c", "from datagen.cli import main; main()"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), default=list(MEASUREMENTS))
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()), help="where there is room")
    chosen = parser.parse_args()
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{platform.machine()}, {os.cpu_count()} cores, {memory_gb:.0f} GiB, Python {platform.python_version()}")
    for name in chosen.only:
        home = Path(tempfile.mkdtemp(prefix="aquamind-bench-", dir=chosen.directory))
        os.environ["AQUAMIND_DATA_DIR"] = str(home)
        os.environ.pop("DATABASE_URL", None)
        try:
            MEASUREMENTS[name]()
        finally:
            subprocess.run([*AQUAMIND, "stop"], check=False)
            shutil.rmtree(home, ignore_errors=True)


def timed(*arguments: str) -> tuple[float, dict[str, Any]]:
    """Wall seconds of a command, and what it printed as JSON."""
    begin = time.perf_counter()
    done = subprocess.run(
        [*AQUAMIND, *arguments, "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - begin, json.loads(done.stdout)


def show(what: str, seconds: float, limit: float | None, note: str = "") -> None:
    bound = f" (limit {limit:g} s)" if limit else ""
    print(f"{what}: {seconds:.1f} s{bound} {note}", flush=True)


def peak_mb() -> float:
    """The largest process so far among all commands run."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def batch() -> None:
    timed("init")
    for duration, limit in ((200, 5.0), (900, 10.0)):
        start = "2025-01-01" if duration == 200 else "2023-01-01"
        batch = ["batch", "--start-date", start, "--eggs", "3500000", "--geography", "Faroe Islands"]
        seconds, report = timed(*batch, "--duration", str(duration))
        show(f"batch, {duration} days, database up", seconds, limit, f"{sum(report['rows'].values()):,} rows")
        subprocess.run([*AQUAMIND, "wipe", "--yes"], check=True, stderr=subprocess.DEVNULL)


def simulate() -> None:
    from datetime import date

    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning.presets import PRESETS, make_plan
    from datagen.simulation import loop

    begin = time.perf_counter()
    catalog = load()
    farm = resolve(catalog)
    plan, _ = make_plan(catalog, farm, PRESETS["production"], date.fromisoformat(AS_OF), 1)
    days = sum(len(loop.simulate(Case(catalog, farm, plan), geography).days.fish) for geography in (0, 1))
    show(
        f"plan and simulate {len(plan.batches)} batches", time.perf_counter() - begin, 10.0, f"{days:,} container-days"
    )


def preset(name: str, limit: float | None) -> dict[str, Any]:
    seconds, report = timed("run", "--preset", name, "--as-of", AS_OF)
    steps = ", ".join(f"{step} {spent:.1f}" for step, spent in report["seconds"].items())
    show(
        f"{name}, empty directory to indexed database",
        seconds,
        limit,
        f"{sum(report['rows'].values()):,} rows ({steps})",
    )
    print(f"  largest process {peak_mb():,.0f} MB (limit 1,024 MB)")
    for table, rows in sorted(report["rows"].items(), key=lambda item: -item[1]):
        print(f"  {table:<44}{rows:>14,}")
    return report


def guide() -> None:
    report = preset("guide", 180.0)
    against_pg_restore(report)


def against_pg_restore(report: dict[str, Any]) -> None:
    """The same database dumped without compression, and restored by two jobs into a new one of the same server."""
    from aquamind import database
    from aquamind.server import binaries, server

    dsn = database.url()
    dump = Path(os.environ["AQUAMIND_DATA_DIR"]) / "dump"
    subprocess.run([binaries() / "pg_dump", "-Fd", "-j2", "-Z0", "--schema=public", "-f", dump, dsn], check=True)
    server().create_database("restored")
    begin = time.perf_counter()
    subprocess.run(
        [
            binaries() / "pg_restore",
            "-j2",
            "--clean",
            "--if-exists",
            "-d",
            server().url("restored"),
            dump,
        ],
        check=True,
    )
    restored = time.perf_counter() - begin
    ours = sum(spent for step, spent in report["seconds"].items() if step != "all") - report["seconds"]["simulation"]
    print(f"load and index {ours:.1f} s, pg_restore -j2 {restored:.1f} s: ratio {ours / restored:.2f} (limit 1.0)")


MEASUREMENTS: dict[str, Callable[[], Any]] = {
    "batch": batch,
    "simulate": simulate,
    "small": lambda: preset("small", None),
    "medium": lambda: preset("medium", 60.0),
    "guide": guide,
    "production": lambda: preset("production", 360.0),
}

if __name__ == "__main__":
    main()
