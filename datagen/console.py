"""What a user sees: progress on standard error, results on standard output."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Steps:
    """Shows the steps of a run as bars, or as one line a step where nobody watches a terminal."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=err,
        )
        self._task: Any = None
        self._rows_began = 0.0

    def __enter__(self) -> "Steps":
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._close()
        self._bars.stop()

    def _close(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1.0
            self._bars.update(self._task, total=total, completed=total)
            if not err.is_terminal:
                task = self._bars.tasks[self._task]
                err.print(f"{task.description}: {task.elapsed or 0:.1f} s {task.fields['note']}")

    def step(self, name: str, total: float | None = None) -> None:
        self._close()
        self._task = self._bars.add_task(name, total=total, note="")

    def advance(self, done: float, note: str = "") -> None:
        self._bars.update(self._task, advance=done, note=note)


def show_table(title: str, columns: Iterable[tuple[str, str]], rows: Iterable[Iterable[object]]) -> None:
    """Print a table; `columns` are headings and how they are justified."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading, justify in columns:
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(str, row))
    out.print(table)


