"""Commands run as a user runs them, on a server of their own: what they printed, took and left on the disk."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from aquamind import database
from aquamind.server import server

AS_OF = "2025-11-21"
AQUAMIND = [sys.executable, "-c", "from datagen.cli import main; main()"]
Measured = dict[str, Any]
"""`seconds` by what took them, and whatever else is worth telling."""


class Done(NamedTuple):
    """A command that has ended: seconds by the clock, what it printed as JSON, and the largest of its processes."""

    seconds: float
    report: Any
    largest_process_mb: int


@contextmanager
def fresh_server(directory: Path) -> Iterator[None]:
    """A data directory of its own below this one, for commands and this program; its server is stopped after."""
    home = Path(tempfile.mkdtemp(prefix="aquamind-bench-", dir=directory))
    os.environ.pop("DATABASE_URL", None)
    before = os.environ.get("AQUAMIND_DATA_DIR")
    os.environ["AQUAMIND_DATA_DIR"] = str(home)
    server.cache_clear()
    try:
        yield
    finally:
        # Here, for this process too has to forget it: the next one is another.
        database.stop()
        shutil.rmtree(home, ignore_errors=True)
        server.cache_clear()
        os.environ.pop("AQUAMIND_DATA_DIR")
        if before is not None:
            os.environ["AQUAMIND_DATA_DIR"] = before


def run(*arguments: str) -> Done:
    begin = time.perf_counter()
    command = [*AQUAMIND, *arguments, "--json"]
    with tempfile.NamedTemporaryFile("r") as told:
        done = subprocess.run(
            [sys.executable, "-c", MEASURING, told.name, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command)
        return Done(time.perf_counter() - begin, json.loads(done.stdout), round(int(told.read()) / 1024))


MEASURING = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
"""Runs a command, and tells the largest of its processes, its workers among them.

A process counts as large as the one that it was begun by: it is begun by a small one, which measures nothing else.
"""


def timed(*arguments: str) -> tuple[float, Any]:
    """Wall seconds of a command, and what it printed as JSON."""
    return run(*arguments)[:2]


def show(what: str, seconds: float, note: str = "") -> None:
    print(f"{what}: {seconds:.1f} s {note}", flush=True)


def cpu_seconds() -> float:
    """Of all commands that have ended, and of the embedded server since it was started: what others do adds little."""
    return child_seconds() + _of_server()


def child_seconds() -> float:
    """Of all commands that have ended, with their workers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _of_server() -> float:
    """Of the postmaster, of those of its processes that have ended, and of those that there are."""
    file = server().cluster / "postmaster.pid"
    if not file.exists():
        return 0.0
    postmaster = file.read_text().split()[0]
    ticks = sum(_ticks(postmaster))
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        # It may have ended since it was listed.
        with suppress(OSError):
            ticks += sum(_ticks(child)[:2])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process: str) -> list[int]:
    """Own time as a user and in the kernel, and both of the children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


def disk_gb() -> float:
    """All that the server keeps, with its log."""
    return sum(file.stat().st_size for file in server().cluster.rglob("*") if file.is_file()) / 1e9
