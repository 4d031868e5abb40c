"""Commands as processes of their own that start at once: each is forked from one that has imported everything."""

import os
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations_with_replacement, count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from aquamind.database import connect
from aquamind.server import EmbeddedServer
from datagen import cli
from datagen.checks import plan as promises
from datagen.storage import ledger
from tests.chaos import AS_OF, DEFINITIONS, Definition, write_schedule

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.beside"])
POOLED = ("run", "generate", "analyse", "advance", "verify")
SURELY_HANGS_S = 90.0
"""Longer than any lock is awaited, on a machine that has other things to do as well."""


@dataclass
class Ended:
    """How a command ended: its exit code, what it said last, and how long it took; None if it did not end."""

    code: int | None
    said: list[str]
    seconds: float


class Command:
    """A command that runs in a process group of its own."""

    def __init__(self, dsn: str, output: Path, *arguments: str) -> None:
        self.arguments, self.output, self.begin = arguments, output, time.monotonic()
        self.process = PROCESSES.Process(target=_perform, args=(dsn, output, arguments))
        self.process.start()

    def begun(self) -> None:
        """Wait until it has begun, so far as that can be seen: what it says goes where it should."""
        while not self.output.exists():
            time.sleep(0.01)
        time.sleep(0.05)

    def interrupt(self) -> None:
        """As the keyboard does it: all processes of the command hear it."""
        self.begin = time.monotonic()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid or 0, signal.SIGINT)

    def end(self, within_s: float = SURELY_HANGS_S) -> Ended:
        self.process.join(within_s)
        seconds, code = time.monotonic() - self.begin, self.process.exitcode
        if code is None:
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        lines = self.output.read_text().splitlines()
        return Ended(code, [line for line in lines if ": done, " not in line and " %, " not in line], seconds)

    def printed(self) -> str:
        return Path(f"{self.output}.out").read_text()

    def left(self) -> bool:
        """Whether a process of the command is still there."""
        try:
            os.killpg(self.process.pid or 0, 0)
        except ProcessLookupError:
            return False
        return True


def _perform(dsn: str, output: Path, arguments: tuple[str, ...]) -> None:
    os.setsid()
    for descriptor, path in ((0, os.devnull), (1, f"{output}.out"), (2, str(output))):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), descriptor)
    os.environ["DATABASE_URL"] = dsn
    os.environ["DJANGO_SETTINGS_MODULE"] = "aquamind.settings"
    sys.argv = ["aquamind", *arguments]
    # As a shell starts it: workers of an earlier test may have left the process that it is forked from deaf.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


class Stage:
    """A server with databases to begin from, and the commands to try on copies of them."""

    def __init__(self, server: EmbeddedServer, empty: str, folder: Path, chance: random.Random) -> None:
        self.server, self.folder, self.chance, self.numbers = server, folder, chance, count(1)
        schedule = folder / "schedule.yaml"
        write_schedule(schedule, batches=2, containers=1, days=60)
        self.commands: dict[str, tuple[str, ...]] = {
            "run": ("run", "--preset", "small", "--as-of", AS_OF.isoformat()),
            "generate": ("generate", str(schedule), "--workers", "1"),
            "batch": (
                "batch", "--start-date", "2025-01-01", "--eggs", "300000", "--geography", "Faroe Islands",
                "--duration", "30",
            ),
            "init": ("init",),
            "wipe": ("wipe", "--yes"),
            "analyse": ("analyse",),
            "verify": ("verify",),
            "status": ("status",),
        }  # fmt: skip
        self.lasts: dict[str, float] = {}
        self.origins = {"empty": _name(empty)}
        filled = self.copy("empty")
        assert self.start(filled, "generate").end().code == 0
        with connect(filled) as connection:
            self.whole = _definitions(connection)
            [(last,)] = connection.execute("SELECT max(as_of) FROM datagen.run").fetchall()
        self.commands["advance"] = ("advance", "--to", (last + timedelta(days=1)).isoformat(), "--workers", "1")
        self.origins["filled"] = _name(filled)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return list(combinations_with_replacement(self.commands, 2))

    def copy(self, origin: str) -> str:
        """The URL of a new database, as one of those to begin from."""
        name = f"beside_{next(self.numbers)}"
        with connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {self.origins[origin]} STRATEGY file_copy".encode())
        return self.server.url(name)

    def drop(self, dsn: str) -> None:
        with connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {_name(dsn)} WITH (FORCE)".encode())

    def start(self, dsn: str, name: str, *more: str) -> Command:
        return Command(dsn, self.folder / f"{next(self.numbers)}.txt", *self.commands[name], *more)

    def beside(self, one: str, other: str) -> str:
        """Start two commands within a second; what came of it, in a line. Both end, and leave what either would."""
        origin, after_s = self.chance.choice(["filled", "filled", "empty"]), self.chance.uniform(0, 1)
        if self.chance.random() < 0.5:
            one, other = other, one
        dsn = self.copy(origin)
        first = self.start(dsn, one)
        time.sleep(after_s)
        second = self.start(dsn, other)
        ended = [(one, first.end()), (other, second.end())]
        told = "; ".join(f"{name} {end.code} in {end.seconds:.1f} s {' '.join(end.said)}" for name, end in ended)
        story = f"{origin}, {other} {after_s:.2f} s after {one}: {told}"
        for name, end in ended:
            assert end.code in (0, 1, 2), story
            assert end.code == 0 or len(end.said) == 1, story
            assert end.code != 1 or (name == "verify" and "It holds no batches" in told), story
            assert end.code != 2 or end.said[0].startswith("Error: "), story
        with connect(dsn) as connection:
            assert ledger.unfinished(connection) is None, story
            assert _definitions(connection) == self.whole, story
            assert not promises.judge_rows(connection).broken, story
        self.drop(dsn)
        return story

    def interrupted(self, name: str, within_s: float) -> str:
        """Interrupt a command at a random moment of its life, so that it ends in time; what came of it, in a line."""
        # Two workers, where there may be some, for they have to go as well.
        origin, more = "empty" if name == "run" else "filled", ["--workers", "2"] if name in POOLED else []
        if name not in self.lasts:
            dsn = self.copy(origin)
            self.lasts[name] = self.start(dsn, name, *more).end().seconds
            self.drop(dsn)
        after_s = self.chance.uniform(0.0, self.lasts[name])
        dsn = self.copy(origin)
        command = self.start(dsn, name, *more)
        command.begun()
        time.sleep(after_s)
        command.interrupt()
        ended = command.end()
        story = f"{name}, interrupted after {after_s:.2f} s: {ended.code} in {ended.seconds:.2f} s {ended.said}"
        # An interrupt while Python shuts down, its work done, ends it by the signal.
        assert ended.code in (0, 130, -signal.SIGINT), story
        assert ended.code != 130 or ended.said == ["Interrupted. Run the same again to go on"], story
        assert ended.seconds < within_s, story
        # A killed process goes when the machine lets it: none may stay, but a busy one takes its time.
        for _ in range(100):
            if not command.left():
                break
            time.sleep(0.05)
        assert not command.left(), story
        self.drop(dsn)
        return story


def _name(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def _definitions(connection: psycopg.Connection[Any]) -> set[Definition]:
    return set(connection.execute(DEFINITIONS).fetchall())
