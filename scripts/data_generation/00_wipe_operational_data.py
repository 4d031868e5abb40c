"""The guide's script 0: `aquamind wipe`, and the feeds, which it counts on, put back if they are missing."""

from typing import Annotated

import typer
from command import main

from aquamind.errors import UserError
from datagen.cli import keeping


def wipe(
    confirm: Annotated[bool, typer.Option("--confirm", help="Needed; DELETE must be typed or piped besides.")] = False,
) -> None:
    """Delete batches and all that was recorded of them; infrastructure and master data stay."""
    if not confirm:
        raise UserError("confirm", None, "not given: nothing was deleted. Add --confirm, and type DELETE when asked")
    keeping.wipe()
    keeping.init(only=["feeds"])


if __name__ == "__main__":
    main(wipe)
