"""The command `aquamind`; its subcommands in the order in which `--help` shows them."""

from datagen.cli import making, exporting, keeping, using  # noqa: F401, I001 - each adds its own to `app`
from datagen.cli.command import app, main

__all__ = ["app", "main"]
