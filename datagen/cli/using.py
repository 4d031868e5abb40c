"""Commands that let people at the data: psql, users, serve, stop."""

import getpass
import os
import secrets
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from aquamind.errors import UserError, is_text
from datagen import console
from datagen.cli.command import app
from datagen.cli.options import AsJson, target

if TYPE_CHECKING:
    from datagen.masterdata.people import Account

SHORTEST_PASSWORD = 8


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
def users(
    password_for: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask for this user's password and set it; may be repeated. A script sets AQUAMIND_PASSWORD instead."
        ),
    ] = None,
    demo_passwords: Annotated[
        bool, typer.Option("--demo-passwords", help="Set a new random password for every user, and print them.")
    ] = False,
    on_remote_server: Annotated[
        bool, typer.Option("--on-remote-server", help="Allow demo passwords on a server of another machine.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Who may log in to AquaMind, or to the admin of `aquamind serve`, and what each sees; sets passwords.
    Example: aquamind users --password-for rannva.joensen"""
    from aquamind import database
    from datagen import orm

    dsn = target()
    orm.use(dsn)
    from datagen.masterdata import people
    from datagen.storage import postgres

    with database.connect(dsn, autocommit=True, application_name="aquamind users") as connection:
        postgres.hold(connection, shared=not (password_for or demo_passwords))
        found = people.accounts()
        if not found:
            raise UserError(
                "database", database.redacted(dsn), "It has no user of this tool. Run `aquamind init` first"
            )
        people.check_ours(password_for or ())
        if demo_passwords and not (on_remote_server or database.is_local(connection)):
            cure = "Name a local one, or say --on-remote-server; --password-for sets one of your own"
            raise UserError("demo-passwords", database.redacted(dsn), f"The server is on another machine. {cure}")
        given = {each.username: secrets.token_urlsafe(9) for each in found} if demo_passwords else {}
        given.update({name: _asked_for(name) for name in password_for or ()})
        if given:
            people.set_passwords(given)
            found = people.accounts()
    _show(found, given if demo_passwords else {}, as_json)


def _show(found: "list[Account]", shown: dict[str, str], as_json: bool) -> None:
    """The users, and of each the password that is shown, if any are."""
    if as_json:
        console.print_json([asdict(each) | ({"password": shown[each.username]} if shown else {}) for each in found])
        return
    columns = ["user", "name", "role", *(["password"] if shown else ["geography", "subsidiary", "sees", "can log in"])]
    console.show_table(
        "Users",
        [(name, "left") for name in columns],
        [
            (each.username, each.full_name, each.role)
            + (
                (shown[each.username],)
                if shown
                else (each.geography, each.subsidiary, _seen(each), _yes(each.can_log_in))
            )
            for each in found
        ],
    )


def _yes(so: bool) -> str:
    return "yes" if so else "no"


def _seen(account: "Account") -> str:
    if account.role != "OPR":
        return "as its role"
    parts = {"stations": account.stations, "areas": account.areas, "containers": account.containers}
    return ", ".join(f"{count} {what}" for what, count in parts.items() if count) or "nothing"


def _asked_for(username: str) -> str:
    """From the environment or the keyboard: what stands on a command line, every user of the machine can read."""
    password = os.environ.get("AQUAMIND_PASSWORD")
    if password is None:
        if not sys.stdin.isatty():
            cure = "Set it in the environment (AQUAMIND_PASSWORD), or run this in a terminal, which asks"
            raise UserError("password", None, f"There is no terminal to ask for it. {cure}")
        password = getpass.getpass(f"Password for {username}: ")
        if getpass.getpass("Once more: ") != password:
            raise UserError("password", None, "The two are not the same. Nothing was changed")
    if not is_text(password):
        raise UserError("password", None, "It is not written in UTF-8. Give it in that encoding")
    if len(password) < SHORTEST_PASSWORD:
        raise UserError("password", None, f"Shorter than {SHORTEST_PASSWORD} characters. Choose a longer one")
    return password


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
