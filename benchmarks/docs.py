"""Writes the figures of the documents from measurements, between `<!-- measured: ... -->` and `<!-- end -->`.

`make measure ONLY=guide` runs a preset and keeps its JSON in docs/measured/; `make docs` then writes the tables.
"""

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from aquamind.server import PROJECT
from benchmarks import companies, scale

PAGES = ("README.md", "docs/performance.md", "docs/realism.md", "docs/scale.md")
BLOCK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
WHAT = {
    "production": "the company as full as `--saturation` lets it be",
    "guide": "10 containers a stage, 10 rings",
    "medium": "20 batches a geography",
    "small": "one batch of 200 days",
}
LOADING = (
    "schema and master data",
    "load",
    "indexes and foreign keys",
    "growth analysis",
    "planned activities",
    "forecasts",
    "books",
    "forecasts and books",
)
"""Steps that `pg_restore` has its part of as well."""


def main() -> None:
    for page in PAGES:
        path = PROJECT / page
        path.write_text(written(path.read_text()))


def written(text: str) -> str:
    """A page with its measured blocks written anew."""
    measured = {path.stem: json.loads(path.read_text()) for path in (PROJECT / "docs/measured").glob("*.json")}
    if len({where(one) for one in measured.values()}) > 1:
        sys.exit("docs/measured has figures of several machines; measure all on one: make measure")
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]](measured)}\n{found[3]}", text)


def presets(measured: dict[str, Any]) -> str:
    heading = "| preset | what | batches | readings | rows in all | empty directory to indexed database |"
    lines = [heading, "|---|---|---:|---:|---:|---:|"]
    for name, what in WHAT.items():
        one = measured[name]
        readings, rows = one["rows"]["environmental_environmentalreading"], sum(one["rows"].values())
        took = duration(one["seconds"]["all"])
        lines.append(f"| `{name}` | {what} | {one['batches']} | {readings:,} | {rows:,} | {took} |")
    return "\n".join(lines)


def rows(measured: dict[str, Any]) -> str:
    production, guide = measured["production"]["rows"], measured["guide"]["rows"]
    lines = ["| table | `production` | `guide` |", "|---|---:|---:|"]
    for table, count in sorted(production.items(), key=lambda item: -item[1]):
        lines.append(f"| {table} | {count:,} | {guide.get(table, 0):,} |")
    return "\n".join(lines)


def utilisation(measured: dict[str, Any]) -> str:
    production, guide = (100 * measured[name]["utilisation"] for name in ("production", "guide"))
    return (
        f"`production` occupies {production:.1f} % of the containers in production (from day 780 to the as-of day),\n"
        "with a planned peak of at most 85 % of each kind. `guide` is the company guide's own plan, 10 containers a\n"
        f"stage and 10 rings, which comes to {guide:.1f} %."
    )


def performance(measured: dict[str, Any]) -> str:
    guide, production = measured["guide"]["seconds"], measured["production"]["seconds"]
    batch, simulate = measured["batch"]["seconds"], measured["simulate"]
    restored = " / ".join(f"{loading(one) / one['pg_restore']:.2f}" for one in (guide, production))
    lines = [
        ("`aquamind batch`, 200 days, database up", f"{batch['200 days']:.1f} s", "5 s"),
        ("the same, 900 days", f"{batch['900 days']:.1f} s", "10 s"),
        (f"plan and simulate {simulate['batches']} batches", f"{simulate['seconds']['all']:.1f} s", "10 s"),
        ("`guide`", duration(guide["all"]), "3 min"),
        ("`production`", duration(production["all"]), "6 min"),
        (
            "load and index against `pg_restore -j2` of the same database, one run, `guide` / `production`",
            f"{restored} of its time",
            "0.75 / 0.85",
        ),
        ("largest process, `production`", f"{measured['production']['largest_process_mb']:,} MB", "1,024 MB"),
    ]
    rate = sum(measured["production"]["rows"].values()) / production["load"] / 1e6
    return (
        f"On {where(measured['production'])}, nothing else running. Of `production`, loading takes\n"
        f"{production['load']:.0f} s ({rate:.1f} million rows a second), indexes and keys"
        f" {production['indexes and foreign keys']:.0f} s; `aquamind verify` of it takes\n"
        f"{production['verify']:.0f} s, `aquamind advance` by a day {production['advance by a day']:.0f} s.\n\n"
        "| | measured | wanted |\n|---|---:|---:|\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
    )


def steps(measured: dict[str, Any]) -> str:
    batch, simulate, production = measured["batch"]["seconds"], measured["simulate"], measured["production"]
    all_days = f"plan and simulate {simulate['batches']} batches ({simulate['container_days']:,} container-days)"
    lines = [
        ("`batch`, 200 days, database up", batch["200 days"], ""),
        ("`batch`, 900 days, database up", batch["900 days"], ""),
        (all_days, simulate["seconds"]["all"], ""),
    ]
    for name in reversed(WHAT):
        one = measured[name]
        what = f"`{name}`, {sum(one['rows'].values()):,} rows, largest process {one['largest_process_mb']:,} MB"
        apart = ("all", "pg_restore", "verify", "advance by a day")
        spent = {step: seconds for step, seconds in one["seconds"].items() if step not in apart and seconds >= 0.05}
        lines.append((what, one["seconds"]["all"], told(spent)))
    seconds = production["seconds"]
    lines.append(("`verify` of `production`", seconds["verify"], f"side by side: {told(production['slowest_laws'])}"))
    lines.append(
        ("`advance` of `production` by a day", seconds["advance by a day"], told(production["steps_of_advance"]))
    )
    return "\n".join(
        [
            f"On {where(production)}; `production` was measured on {production['date']}.\n",
            "| run | seconds | of which |\n|---|---:|---|",
            *(f"| {what} | {spent:.1f} | {note} |" for what, spent, note in lines),
        ]
    )


def restore(measured: dict[str, Any]) -> str:
    lines = ["| preset | load, index and all that follows | `pg_restore -j2` of the same database, same run | |"]
    lines.append("|---|---:|---:|---:|")
    for name in ("guide", "production"):
        ours, theirs = loading(measured[name]["seconds"]), measured[name]["seconds"].get("pg_restore")
        if theirs:
            lines.append(f"| `{name}` | {ours:.1f} s | {theirs:.1f} s | {ours / theirs:.2f} |")
    return "\n".join(lines)


def scaled(measured: dict[str, Any]) -> str:
    return _headed(measured["scale"])


def by_companies(measured: dict[str, Any]) -> str:
    return _headed(measured["companies"])


def _headed(one: dict[str, Any]) -> str:
    content = f"content {one['content_version']} as of {one['as_of']}"
    return f"On {where(one)}, {content}, measured on {one['date']}:\n\n{by_number(one)}"


def by_number(measured: dict[str, Any]) -> str:
    """What was measured, what the lines through it say of more batches or companies, and how far it is from them."""
    sizes, by = measured["sizes"], measured["by"]
    forecast = {"batches": scale.FORECAST, "companies": companies.FORECAST}[by]
    through = {quantity: scale.line(sizes, quantity, by) for quantity in scale.QUANTITIES}
    heading = (
        f"| {by} | rows | seconds | of the processor | largest process [MB] | disk [GB] | asked [GB] | load before |"
    )
    lines = [heading, "|---|" + "---:|" * 7]
    for one in sizes:
        figures = " | ".join(_figures([one[quantity] for quantity in scale.QUANTITIES]))
        lines.append(f"| {one[by]} | {figures} | {one['disk_gb_asked']:.1f} | {one['load_before']:.1f} |")
    for number in sorted({*measured["not_held"], *forecast}):
        figures = " | ".join(_figures([slope * number + begin for slope, begin, _ in through.values()]))
        lines.append(f"| {number:,}, by the line | {figures} | | |")
    off = " | ".join(f"{100 * share:.1f} %" for _, _, share in through.values())
    return "\n".join([*lines, f"| largest deviation from the line | {off} | | |"])


def _figures(values: list[float]) -> list[str]:
    """In the order of `scale.QUANTITIES`."""
    rows, seconds, cpu, memory, disk = values
    return [f"{rows:,.0f}", f"{seconds:,.0f}", f"{cpu:,.0f}", f"{memory:,.0f}", f"{disk:.1f}"]


def exports(measured: dict[str, Any]) -> str:
    """What is written as files straight from a plan, and as rows of a database by COPY, a column a plan."""
    presets = {"export": "medium", "export_production": "production"}
    found = [measured[name] for name in presets if name in measured]
    seconds = [one["seconds"] for one in found]
    lines: list[tuple[str, list[str]]] = [
        ("rows, with master data, forecasts and books", [f"{one['rows']:,}" for one in found]),
        ("seconds by the clock, the whole command", [f"{one['all']:.1f}" for one in seconds]),
        ("rows a second", [f"{one['rows_a_second']:,}" for one in found]),
        ("seconds of the processor, all processes", [f"{one['CPU']:.1f}" for one in seconds]),
        ("rows a second of the processor", [f"{one['rows_a_cpu_second']:,}" for one in found]),
        ("bytes a row", [f"{one['bytes_a_row']:.1f}" for one in found]),
        ("bytes a reading, of at most 12", [f"{one['bytes_a_reading']:.1f}" for one in found]),
        ("largest process [MB], of at most 1,024", [f"{one['largest_process_mb']:,}" for one in found]),
        (
            "the same tables by `COPY ... TO` and pyarrow, seconds by the clock",
            [f"{one['by_copy']:.1f}" for one in seconds],
        ),
        ("load before", [f"{one['load_before']:.1f}" for one in found]),
    ]
    content = f"content {found[-1]['content_version']} as of {found[-1]['as_of']}"
    table = "\n".join(f"| {what} | {' | '.join(values)} |" for what, values in lines)
    head = f"On {where(found[-1])}, {content}, measured on {found[-1]['date']}:"
    names = " | ".join(f"`{presets[name]}`" for name in presets if name in measured)
    return f"{head}\n\n| | {names} |\n|---|{'---:|' * len(found)}\n{table}"


def likeness(measured: dict[str, Any]) -> str:
    found = measured["likeness"]
    causes = ", ".join(f"{cause} {share:.0f}" for cause, share in found["causes_at_sea_percent"].items())
    lines = [
        f"| {what} | {middle:.2f} | {low:.2f}-{high:.2f} | {published} |"
        for what, low, middle, high, published in found["figures"]
    ]
    return "\n".join(
        [
            "| figure | median | 10-90 % | published |\n|---|---|---|---|",
            *lines,
            f"\nRecorded causes of death at sea [%]: {causes}; published 38 infectious, 33 trauma, 20 unknown [31].",
            f"Batch-months at sea below 1 %: {found['months_at_sea_below_1_percent']:.0f} %;"
            f" mean {found['dead_at_sea_percent_a_month']:.2f} % a month.",
        ]
    )


def figures(measured: dict[str, Any]) -> str:
    """Aims that the catalog was tuned to, and apart from them what was only looked at afterwards; misses are bold."""
    found = measured["figures"]
    of_seeds = found["seeds"]
    heading = f"| check | figure | aim | {' | '.join(f'seed {seed}' for seed in of_seeds)} | source |"
    parts = [f"`production` as of {found['as_of']}, content {found['content_version']}. {verdicts(of_seeds)}"]
    for tuned, title in ((True, "Tuned to"), (False, "Only looked at")):
        lines = [f"\n{title}:\n\n{heading}", f"|---|---|---|{'---:|' * len(of_seeds)}---|"]
        for rows in zip(*of_seeds.values(), strict=True):
            one = rows[0]
            if one["tuned"] is tuned:
                values = " | ".join(shown(each) for each in rows)
                lines.append(f"| {one['check']} | {one['title']} | {one['aim']} | {values} | {one['source']} |")
        parts += lines
    return "\n".join(parts)


def shown(figure: dict[str, Any]) -> str:
    """A value in three figures, bold where it misses its aim."""
    value = "" if figure["value"] is None else f"{figure['value']:.3g}"
    return f"**{value}**" if figure["passed"] is False else value


def verdicts(of_seeds: dict[str, list[dict[str, Any]]]) -> str:
    """How many figures and how many checks, of which none of its figures misses, each seed passes."""
    told = []
    for seed, rows in of_seeds.items():
        checks = {each["check"] for each in rows if each["check"].isdigit()}
        missed = {each["check"] for each in rows if each["passed"] is False}
        passed = sum(each["passed"] is True for each in rows)
        told.append(f"Seed {seed}: {passed} of {len(rows)} figures, {len(checks - missed)} of {len(checks)} checks.")
    return " ".join(told)


def loading(seconds: dict[str, float]) -> float:
    return sum(seconds.get(step, 0.0) for step in LOADING)


def told(seconds: dict[str, float]) -> str:
    return ", ".join(f"{step} {spent:.1f}" for step, spent in seconds.items())


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def where(one: dict[str, Any]) -> str:
    return f"{one['machine']['cores']} cores and {one['machine']['memory_gib']} GiB of memory, PostgreSQL 18"


BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "presets": presets,
    "rows": rows,
    "utilisation": utilisation,
    "performance": performance,
    "steps": steps,
    "restore": restore,
    "scale": scaled,
    "exports": exports,
    "companies": by_companies,
    "likeness": likeness,
    "figures": figures,
}

if __name__ == "__main__":
    main()
