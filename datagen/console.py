"""What a user sees: progress on standard error, results on standard output."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from datagen.pipeline import Report
    from datagen.runs.outlook import Outlook

WIDE = 1000
"""Where nobody watches a terminal, a row of a table is one line, so that whole names are found in it."""
out = Console(highlight=False, width=None if sys.stdout is not None and sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False)


LINE_EVERY_S = 10.0
"""Where nobody watches a terminal, a step says so often how far it is."""


class Steps:
    """Shows the steps of a run as bars; as lines, now and then, where standard error is no terminal."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(bar_width=20),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=err,
            disable=not err.is_terminal,
        )
        self._task: TaskID | None = None
        self._said = time.monotonic()

    def __enter__(self) -> "Steps":
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._close()
        self._bars.stop()

    def step(self, name: str, total: float | None = None) -> None:
        """Begin a step; the one before is done."""
        self._close()
        self._task = self._bars.add_task(name, total=total, note="")

    def advance(self, done: float, note: str = "") -> None:
        """The step is `done` units further."""
        assert self._task is not None
        self._bars.update(self._task, advance=done, note=note)
        if time.monotonic() - self._said > LINE_EVERY_S:
            self._say(f"{self._bars.tasks[self._task].percentage:.0f} %, ")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let something else be printed between steps."""
        self._close()
        self._task = None
        self._bars.stop()
        yield
        self._bars.start()

    def _close(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1.0
            self._bars.update(self._task, total=total, completed=total)
            self._say("done, ")

    def _say(self, state: str) -> None:
        self._said = time.monotonic()
        if not err.is_terminal and self._task is not None:
            task = self._bars.tasks[self._task]
            err.print(f"{task.description}: {state}{task.elapsed or 0:.1f} s {task.fields['note']}", soft_wrap=True)


def print_json(made: object) -> None:
    """Print a result as JSON, in ASCII: a terminal may know no other letters, and names have them."""
    text = json.dumps(made, default=lambda value: getattr(value, "item", value.__str__)(), indent=2)
    if out.is_terminal:
        out.print_json(text, ensure_ascii=True)
    else:
        # As it is: to look for what could be coloured takes a quarter of a second of an export's manifest.
        print(text, file=out.file)


def show_table(title: str, columns: Iterable[tuple[str, str]], rows: Iterable[Iterable[object]]) -> None:
    """Print a table; `columns` are headings and how they are justified. No letter of a name or password is left out."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading, justify in columns:
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    out.print(table)


def show_outlook(made: "Outlook") -> None:
    """Print what a plan will make."""
    numbers = escape(", ".join(f"{count} {name}" for name, count in made.batches.items()))
    out.print(
        f"[bold]Plan {made.preset}[/]: {sum(made.batches.values())} batches ({numbers}), starts {made.first_start} to "
        f"{made.last_start}, record to {made.as_of}, {made.expected_harvested} harvested by then; "
        f"seed {made.seed}, stagger {made.stagger_days} days, saturation {made.saturation:g}"
    )
    if made.bound:
        out.print(f"[yellow]Fewer batches than asked for; what bound:[/] {escape(made.bound)}")
    show_table(
        "Containers",
        [
            ("geography", "left"),
            ("kind", "left"),
            *((h, "right") for h in ("containers", "planned peak", "use")),
        ],
        [
            *(
                (use.geography, use.kind, use.containers, _percent(use.planned_peak), _percent(use.utilisation))
                for use in made.uses
            ),
            *((place, "all", "", "", _percent(share)) for place, share in made.utilisation_by_geography.items()),
            *(("all", kind, "", "", _percent(share)) for kind, share in made.utilisation_by_kind.items()),
            ("all", "all", sum(use.containers for use in made.uses), "", _percent(made.utilisation)),
        ],
    )
    rows = sorted(made.rows.items(), key=lambda row: -row[1])
    show_table(
        "Rows to come",
        [("table", "left"), ("rows", "right")],
        [*((table, f"{count:,}") for table, count in rows), ("all", f"{sum(made.rows.values()):,}")],
    )
    out.print(f"Disk: about {made.disk_bytes / 1e9:,.2f} GB")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def show_report(report: "Report", seconds: float, as_json: bool, title: str) -> None:
    """Print what a command wrote, as tables or JSON."""
    if as_json:
        made = {"seconds": {**report.seconds, "all": seconds}, "rows": report.rows, "content_hash": report.content_hash}
        way: dict[str, object] = {"foreign_keys": report.foreign_keys, "largest_tables": report.largest_tables}
        way |= {"others": report.others, "not_carried_on": report.kept}
        print_json({**made, **{name: said for name, said in way.items() if said}})
        return
    total = sum(report.rows.values())
    rows = [(table, f"{number:,}") for table, number in sorted(report.rows.items(), key=lambda item: -item[1])]
    show_table(title, [("table", "left"), ("rows", "right")], [*rows, ("all", f"{total:,}")])
    show_table(
        "Time",
        [("step", "left"), ("seconds", "right")],
        [*((step, f"{s:.1f}") for step, s in report.seconds.items()), ("all", f"{seconds:.1f}")],
    )
    if report.others:
        both = sorted({*report.others, *report.kept})
        show_table(
            "Rows of others, left as they are; and of this tool's own, those that could not be carried on for them",
            [("table", "left"), ("rows of others", "right"), ("rows not carried on", "right")],
            [(table, f"{report.others.get(table, 0):,}", f"{report.kept.get(table, 0):,}") for table in both],
        )
    if report.foreign_keys:
        out.print(f"Foreign keys were checked by {report.foreign_keys}")
        out.print(f"The largest tables were filled {report.largest_tables}")
    out.print(f"Content {report.content_hash[:16]}")
