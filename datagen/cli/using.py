"""Commands that let a user at the data: psql, serve, stop."""

import os
from typing import Annotated

import typer

from datagen import console
from datagen.cli.command import app
from datagen.cli.options import target


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql on the database, with psql's own arguments. Example: aquamind psql -c "select now()" """
    from aquamind import database
    from aquamind.server import binaries

    # A command line can be read by every user of the machine, an environment by its owner alone.
    variables, arguments = database.for_programs(target())
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PGSERVICE")}
    program = str(binaries() / "psql")
    # In this process's place: Ctrl-C is for psql, which ends a query by it and stays.
    command = [program, *arguments, *context.args]
    os.execve(program, command, {"PGCONNECT_TIMEOUT": "15", **environment, **variables})


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
) -> None:
    """Serve charts of every batch, occupancy, and the admin. Example: aquamind serve --port 8000"""
    from aquamind import database
    from datagen import orm

    dsn = target()
    database.connect(dsn).close()
    orm.use(dsn)
    from aquamind.serving import serve as run_site

    run_site(host, port, lambda bound: console.err.print(f"Serving on http://{host}:{bound}/ (Ctrl-C stops)"))


@app.command()
def stop() -> None:
    """Stop the embedded server; its data stays. Example: aquamind stop"""
    from aquamind import database
    from aquamind.server import server

    own = server()
    said = "Stopped. Its data stays" if database.stop() else "Nothing to stop: the embedded server does not run"
    console.err.print(f"{said} in {own.home}" if own.home.exists() else said, markup=False, soft_wrap=True)
