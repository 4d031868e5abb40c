"""The command `aquamind` as a program: its one application, and how it ends on mistakes, faults and interrupts."""

import atexit
import errno
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing import active_children
from typing import Any

import typer

from aquamind.errors import NothingJudgedError, UserError
from datagen import console
from datagen.cli.options import target

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Fills a PostgreSQL database with years of a salmon company's operation, in one command or step by step.",
)
INTERRUPTED = 130
OBJECTS_TO_COLLECT = 300_000
"""Modules and master data, some 250,000, stay: to look through them after each 700 objects takes an eighth of a small
run, after each 100,000 a twentieth of what is imported."""
# Here and not in `main`, for workers are forked from a process that has imported this and called nothing.
gc.set_threshold(OBJECTS_TO_COLLECT)
LEAVE_WITHIN_S = 1.0
"""After an interrupt."""
_interrupted = threading.Event()


def main(command: Callable[[], Any] = app) -> None:
    """Run a command; a mistake of the user's is one message and exit code 2, what stops it from outside one and 1."""
    _heed_interrupts()
    # What is there in the end is not looked through once more: 0.03 s of the processor instead of 0.35.
    atexit.register(gc.freeze)
    # A terminal may not know all letters of a name.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        _check_folder()
        command()
    except UserError as error:
        if _lost(error):
            _say_stopped(f"the database failed: {error.cure.partition('. ')[0]}")
            sys.exit(1)
        console.err.print(f"Error: {error}", markup=False, soft_wrap=True)
        sys.exit(1 if isinstance(error, NothingJudgedError) else 2)
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _say_interrupted()
        raise
    except Exception as error:
        # A library may have made an error of its own of it.
        if _interrupted.is_set():
            _say_interrupted()
            sys.exit(INTERRUPTED)
        if (refused := _refused(error)) is not None:
            console.err.print(f"Error: {refused}", markup=False, soft_wrap=True)
            sys.exit(2)
        if (what := _stopped_by(error)) is None:
            raise
        _say_stopped(what)
        sys.exit(1)
    finally:
        # What is done is done: an interrupt while Python shuts down ends it without a word.
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN and not _interrupted.is_set():
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _check_folder() -> None:
    """Refuse to begin in a folder that is no longer there: paths and worker processes begin in it."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UserError(
            "working folder", None, "It was deleted. Change to one that is there (cd), then repeat"
        ) from None


def _heed_interrupts() -> None:
    """Let an interrupt end a command in the usual way, or without it where that takes long: a server may not answer."""

    def interrupted(*_: object) -> None:
        if _interrupted.is_set():
            return  # it leaves already
        _interrupted.set()
        leaving = threading.Timer(LEAVE_WITHIN_S, _leave)
        leaving.daemon = True
        leaving.start()
        raise KeyboardInterrupt

    # Not where a shell has made what runs in the background deaf.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupted)


def _leave() -> None:
    console.err.show_cursor()
    _say_interrupted()
    # Last: who waits for them here would tell of their end.
    for worker in active_children():
        worker.kill()
    os._exit(INTERRUPTED)


@cache
def _say_interrupted() -> None:
    console.err.print("Interrupted. Run the same again to go on")


def _lost(error: UserError) -> bool:
    from aquamind import database

    return isinstance(error, database.NoConnectionError) and error.lost()


def _say_stopped(what: str) -> None:
    console.err.print(f"Stopped: {what}. Run the same again to go on", markup=False, soft_wrap=True)


def _refused(error: BaseException) -> UserError | None:
    from aquamind import database

    return database.explained(error)


def _stopped_by(error: BaseException | None) -> str | None:
    """What ended a command from outside; None where the program itself is at fault."""
    from concurrent.futures import BrokenExecutor

    import psycopg

    while error is not None:
        if isinstance(error, BrokenExecutor):
            return "a worker process died; it was killed, or memory ran out"
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return f"no space left to write {error.filename or 'the output'}. Free some"
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return _locked_by()
        if isinstance(error, psycopg.errors.DiskFull):
            return f"the server's disk is full: {str(error).splitlines()[0]}. Free some"
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return f"the database failed: {(str(error).splitlines() or [type(error).__name__])[0]}"
        error = error.__cause__ or error.__context__
    return None


def _locked_by() -> str:
    from aquamind import database
    from datagen.storage import postgres

    with database.connect(target(), autocommit=True, application_name="aquamind") as connection:
        who = postgres.blocker(connection)
    return f"{who}, which was needed. Wait until it ends, or end it" if who else "a lock was not to be had in 10 s"
