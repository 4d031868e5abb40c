"""What the guide's scripts share: this checkout on the path, and their functions as commands."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

# Of several checkouts, a script belongs to the one it lies in, whichever is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import typer

from aquamind.errors import UserError
from datagen import cli

SHOWN = 5
"""Faults that are printed of each judgement."""


def main(function: Callable[..., None]) -> None:
    """Run a function as a command: its parameters are the flags, a mistake of the user's is one message and exit 2."""
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    command.command()(function)
    cli.main(command)


def deprecated(why: str, cure: str) -> None:
    """Answer for a script of the guide's that is not built, whatever its arguments."""

    def refuse() -> None:
        raise UserError("script", Path(sys.argv[0]).name, f"{why}. {cure}")

    cli.main(refuse)


def tell(judged: Iterable[tuple[str, str, Sequence[str]]]) -> None:
    """Print what was judged, how much of it, and the first of what is broken; exit with 1 if anything is."""
    failed = False
    for title, extent, broken in judged:
        failed = failed or bool(broken)
        typer.echo(f"{'FAIL' if broken else 'PASS'}  {title} ({extent})")
        for fault in broken[:SHOWN]:
            typer.echo(f"      {fault}")
        if len(broken) > SHOWN:
            typer.echo(f"      and {len(broken) - SHOWN:,} more")
    if failed:
        raise typer.Exit(1)
