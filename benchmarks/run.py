"""Measures what the README claims: whole commands in a cluster of their own, each figure printed as it was run.

`make bench` takes about 20 minutes on 2 cores and 60 GB of disk; `python -m benchmarks.run --only batch simulate` less.
`python -m benchmarks.run --only production --restore` sets a `pg_restore` of `production` beside it, on 80 GB.
`make bench ONLY=scale` loads 20 to 288 batches, about 25 minutes and 55 GB, or what `--batches` and the disk say;
`make bench ONLY=companies` writes 1, 2 and 4 companies as files, about 4 minutes.
Each measurement is kept as JSON beside the last one of such a machine, and what changed is printed. `make measure`
keeps those that the documents quote.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet

from aquamind import database
from aquamind.server import PROJECT, binaries, server
from benchmarks import companies, docs, scale
from benchmarks.commands import (
    AQUAMIND,
    AS_OF,
    Measured,
    child_seconds,
    cpu_seconds,
    disk_gb,
    fresh_server,
    run,
    show,
    timed,
)
from benchmarks.docs import loading
from datagen.pipeline import VERSION

LIKENESS_SEEDS = (1, 2, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*MEASUREMENTS, "scale"],
        default=[name for name in MEASUREMENTS if name not in ("export_production", "companies")],
    )
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()), help="where there is room")
    parser.add_argument("--batches", type=int, nargs="+", default=scale.SIZES, help="numbers of batches of scale")
    parser.add_argument("--restore", action="store_true", help="set pg_restore beside production too, as beside guide")
    parser.add_argument("--output", type=Path, help="folder for the JSON; default one of such machines under var/bench")
    chosen = parser.parse_args()
    if min(chosen.batches) < 1 or len(set(chosen.batches)) < scale.LEAST_SIZES:
        parser.error(f"--batches {chosen.batches}: give {scale.LEAST_SIZES} or more different numbers above 0")
    on = machine()
    print(f"{on['architecture']}, {on['cores']} cores, {on['memory_gib']} GiB, Python {on['python']}")
    folder = chosen.output or PROJECT / "var/bench" / f"{on['architecture']}-{on['cores']}-cores-{on['memory_gib']}-gib"
    measurements = MEASUREMENTS | {"scale": lambda: measured_scale(chosen.batches)}
    for name in chosen.only:
        with fresh_server(chosen.directory):
            measured = measurements[name]()
            if name == "production" and chosen.restore:
                beside_pg_restore(measured)
        keep(folder / f"{name}.json", {"date": datetime.now(UTC).date().isoformat(), "machine": on, **measured})


def machine() -> dict[str, Any]:
    """What figures depend on, without a name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "python": platform.python_version(),
    }


def keep(path: Path, measured: Measured) -> None:
    """Write a measurement, and print what changed against the one that it takes the place of."""
    if path.exists():
        last = json.loads(path.read_text())
        for what, seconds in measured["seconds"].items():
            if before := last["seconds"].get(what):
                print(f"  {path.stem}, {what}: {seconds:.1f} s, {seconds - before:+.1f} s against {last['date']}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    print(f"  kept: {path}", flush=True)


def batch() -> Measured:
    timed("init")
    took: dict[str, float] = {}
    for duration, start in ((200, "2025-01-01"), (900, "2023-01-01")):
        batch = ["batch", "--start-date", start, "--eggs", "3500000", "--geography", "Faroe Islands"]
        took[f"{duration} days"], report = timed(*batch, "--duration", str(duration))
        rows = f"{sum(report['rows'].values()):,} rows"
        show(f"batch, {duration} days, database up", took[f"{duration} days"], rows)
        subprocess.run([*AQUAMIND, "wipe", "--yes"], check=True, stderr=subprocess.DEVNULL)
    return {"seconds": took}


def simulate() -> Measured:
    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning.presets import PRESETS, make_plan
    from datagen.simulation import loop

    begin = time.perf_counter()
    catalog = load()
    farm = resolve(catalog)
    plan, _ = make_plan(catalog, farm, PRESETS["production"], date.fromisoformat(AS_OF), 1)
    case = Case(catalog, farm, plan)
    days = sum(len(loop.simulate(case, geography).days.fish) for geography in case.geographies)
    seconds = time.perf_counter() - begin
    show(f"plan and simulate {len(plan.batches)} batches", seconds, f"{days:,} container-days")
    return {"seconds": {"all": seconds}, "batches": len(plan.batches), "container_days": days}


def preset(name: str) -> Measured:
    begin_cpu = cpu_seconds()
    seconds, report, largest_process_mb = run("run", "--preset", name, "--as-of", AS_OF)
    steps = {step: spent for step, spent in report["seconds"].items() if step != "all"}
    rows = dict(sorted(report["rows"].items(), key=lambda item: -item[1]))
    told = ", ".join(f"{step} {spent:.1f}" for step, spent in steps.items())
    cpu = cpu_seconds() - begin_cpu
    show(f"{name}, empty directory to indexed database", seconds, f"{sum(rows.values()):,} rows ({told})")
    for table, count in rows.items():
        print(f"  {table:<44}{count:>14,}")
    print(f"  largest tables filled {report['largest_tables']}; {cpu:.0f} s of CPU, {disk_gb():.1f} GB of disk")
    _, outlook = timed("plan", "--preset", name, "--as-of", AS_OF)
    return {
        "as_of": AS_OF,
        "content_version": VERSION,
        "seconds": {"all": seconds, **steps},
        "cpu_seconds": {"all": cpu},
        "largest_tables": report["largest_tables"],
        "disk_gb": disk_gb(),
        "disk_gb_asked": outlook["disk_bytes"] / 1e9,
        "rows": rows,
        "batches": sum(outlook["batches"].values()),
        "utilisation": outlook["utilisation"],
        "largest_process_mb": largest_process_mb,
        "content_hash": report["content_hash"],
    }


def guide() -> Measured:
    measured = preset("guide")
    beside_pg_restore(measured)
    for command in ("snapshot", "restore"):
        measured["seconds"][command], _ = timed(command, "measured")
        show(f"aquamind {command}", measured["seconds"][command])
    return measured


def beside_pg_restore(measured: Measured) -> None:
    """A dump of the database without compression, restored by two jobs into a new one beside it."""
    dump = Path(os.environ["AQUAMIND_DATA_DIR"]) / "dump"
    subprocess.run(
        [binaries() / "pg_dump", "-Fd", "-j2", "-Z0", "--schema=public", "-f", dump, database.url()],
        check=True,
    )
    server().create_database("restored")
    restore: list[str | Path] = [binaries() / "pg_restore", "-j2", "--clean", "--if-exists"]
    begin, begin_cpu = time.perf_counter(), cpu_seconds()
    subprocess.run([*restore, "-d", server().url("restored"), dump], check=True)
    seconds, cpu = time.perf_counter() - begin, cpu_seconds() - begin_cpu
    # Not what was loaded at first: it may have been carried on since.
    there, restored = (_readings(url) for url in (database.url(), server().url("restored")))
    if restored != there:
        raise SystemExit(f"{restored:,} of {there:,} readings were restored")
    measured["seconds"]["pg_restore"], measured["cpu_seconds"]["pg_restore"] = seconds, cpu
    show("pg_restore -j2 of the same database", seconds, f"{cpu:.0f} s of CPU")
    share, share_of_cpu = loading(measured["seconds"]) / seconds, measured["cpu_seconds"]["all"] / cpu
    print(f"  load and index took {share:.2f} of its time; the whole run, {share_of_cpu:.2f} of its CPU")


def _readings(url: str) -> int:
    with database.connect(url) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM environmental_environmentalreading").fetchall()
    return int(count)


def export(name: str) -> Measured:
    """Files straight from a plan; then the same rows out of a database, by COPY through pyarrow and by DuckDB."""
    with tempfile.TemporaryDirectory(dir=Path(os.environ["AQUAMIND_DATA_DIR"]).parent) as folder:
        return _exported(name, Path(folder))


def _exported(name: str, home: Path) -> Measured:
    begin_cpu = child_seconds()
    load = os.getloadavg()[0]
    seconds, manifest, largest_process_mb = run("export", str(home / "record"), "--preset", name, "--as-of", AS_OF)
    cpu = child_seconds() - begin_cpu
    tables = manifest["tables"]
    rows, size = (sum(table[what] for table in tables.values()) for what in ("rows", "bytes"))
    readings = tables["environmental_environmentalreading"]
    told = f"{rows:,} rows, {rows / seconds:,.0f} a second, {rows / cpu:,.0f} a CPU second; load before: {load:.1f}"
    show(f"export of {name}", seconds, told)
    timed("run", "--preset", name, "--as-of", AS_OF)
    there = sorted(table for table in tables if not table.startswith("datagen."))
    took = {**manifest["seconds"], "all": seconds, "CPU": cpu}
    for way in (by_copy, by_duckdb):
        begin = time.perf_counter()
        if failed := way(there, home):
            print(f"  {way.__name__}: {failed}", flush=True)
            continue
        took[way.__name__] = time.perf_counter() - begin
        show(f"  the same tables {way.__name__}", took[way.__name__])
    return {
        "as_of": AS_OF,
        "content_version": VERSION,
        "seconds": took,
        "load_before": load,
        "rows": rows,
        "rows_a_second": round(rows / seconds),
        "rows_a_cpu_second": round(rows / cpu),
        "bytes_a_row": size / rows,
        "bytes_a_reading": readings["bytes"] / readings["rows"],
        "largest_process_mb": largest_process_mb,
        "content_hash": manifest["content_hash"],
    }


def by_copy(tables: list[str], home: Path) -> str | None:
    """Tables copied out as CSV, by one connection, and written as Parquet by pyarrow as they come."""
    with database.connect(database.url(), autocommit=True) as connection:
        for table in tables:
            copied = home / "copied.csv"
            statement = f"COPY {table} TO STDOUT (FORMAT csv, HEADER)".encode()
            with connection.cursor().copy(statement) as rows, copied.open("wb") as file:
                for part in rows:
                    file.write(part)
            made = None
            # Their types are what pyarrow makes of the text.
            for group in pyarrow.csv.open_csv(copied, pyarrow.csv.ReadOptions(block_size=2**26)):
                made = made or pyarrow.parquet.ParquetWriter(home / f"{table}.parquet", group.schema)
                made.write_batch(group)
            if made is not None:
                made.close()
    return None


def by_duckdb(tables: list[str], home: Path) -> str | None:
    """Tables read by DuckDB's extension for PostgreSQL and written by it; what is missing where it is not to be had."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            connection.execute("INSTALL postgres; LOAD postgres")
        except duckdb.Error as error:
            return f"its extension cannot be installed here ({str(error).splitlines()[0][:80]})"
        connection.execute(f"ATTACH '{database.url()}' AS record (TYPE postgres, READ_ONLY)")
        for table in tables:
            target = home / f"{table}.duckdb.parquet"
            connection.execute(f"COPY record.public.{table} TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    return None


def production() -> Measured:
    measured = preset("production")
    measured["seconds"]["verify"], laws = timed("verify")
    measured["slowest_laws"] = {
        law["title"]: law["seconds"] for law in sorted(laws, key=lambda law: -law["seconds"])[:3]
    }
    show("verify", measured["seconds"]["verify"], f"{len(laws)} laws and promises")
    measured["seconds"]["advance by a day"], report = timed("advance", "--to", "2025-11-22")
    measured["steps_of_advance"] = {step: spent for step, spent in report["seconds"].items() if step != "all"}
    show("advance by a day", measured["seconds"]["advance by a day"])
    return measured


def measured_scale(sizes: list[int]) -> Measured:
    measured = scale.measure(sizes)
    print(docs.by_number(measured), flush=True)
    return measured


def measured_companies() -> Measured:
    measured = companies.measure(companies.SIZES)
    print(docs.by_number(measured), flush=True)
    return measured


def likeness() -> Measured:
    from benchmarks import likeness

    begin = time.perf_counter()
    figures = likeness.measure()
    seconds = time.perf_counter() - begin
    show("likeness", seconds)
    return {"seconds": {"all": seconds}, **figures}


def figures() -> Measured:
    """What `aquamind likeness` says of `production` by seed, one database after the other."""
    took: dict[str, float] = {}
    found: dict[str, Any] = {}
    for seed in map(str, LIKENESS_SEEDS):
        timed("run", "--preset", "production", "--as-of", AS_OF, "--seed", seed)
        took[f"seed {seed}"], found[seed] = timed("likeness")
        passed = [each["passed"] for each in found[seed]]
        show(f"likeness of seed {seed}", took[f"seed {seed}"], f"{passed.count(True)} of {len(passed)} figures")
        subprocess.run([*AQUAMIND, "wipe", "--yes"], check=True, stderr=subprocess.DEVNULL)
    return {"as_of": AS_OF, "content_version": VERSION, "seconds": took, "seeds": found}


MEASUREMENTS: dict[str, Callable[[], Measured]] = {
    "batch": batch,
    "simulate": simulate,
    "likeness": likeness,
    "figures": figures,
    "small": lambda: preset("small"),
    "medium": lambda: preset("medium"),
    "guide": guide,
    "production": production,
    "export": lambda: export("medium"),
    "export_production": lambda: export("production"),
    "companies": measured_companies,
}

if __name__ == "__main__":
    main()
