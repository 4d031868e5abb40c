"""A server of its own on which runs are broken off, and what must hold in between and in the end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from aquamind.database import NAME
from aquamind.server import EmbeddedServer
from datagen import orm
from datagen.case import Case
from datagen.planning import schedule
from datagen.planning.presets import Preset, make_plan
from datagen.runs import wiping
from datagen.storage import ledger
from tests.worlds import company, roomy

AS_OF = date(2025, 11, 21)
COMMAND = [sys.executable, "-c", "from datagen.cli import main; main()"]
DEFINITIONS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT indrelid::regclass::text, relname, pg_get_indexdef(indexrelid), indisvalid
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
"""

DISK_BYTES = 2**30

Definition = tuple[str, str, str, bool]


def write_schedule(path: Path, batches: int, containers: int, days: int) -> None:
    """Batches, half of them in each geography, of which the eldest is `days` old."""
    catalog, farm = company()
    preset = Preset("medium", stagger_days=10, batches=batches // 2, containers_per_stage=containers)
    plan, _ = make_plan(catalog, farm, preset, AS_OF, 1)
    as_of = plan.batches[0].start + timedelta(days=days - 1)
    # No further batch starts as it is carried on: it would have eggs for many more containers.
    plan = replace(plan, as_of=as_of, stagger_days=1000)
    schedule.write(Case(catalog, farm, roomy(plan)), path)


@dataclass
class Arena:
    """An embedded server below `home`, reached by commands as a user reaches his: without DATABASE_URL."""

    home: Path
    whole: set[Definition] = field(default_factory=set)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    mounted: bool = False

    def __post_init__(self) -> None:
        # A disk of its own can be filled up. Only root may mount one, and not in every container.
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(self.home)]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self.server = EmbeddedServer(self.home)
        self.dsn = self.server.url(NAME)

    def prepare(self) -> None:
        """Make the database, with master data, and keep a copy to begin from."""
        assert self.command("init").returncode == 0
        with self.connect() as connection:
            # Processes are killed here, not machines: what the server has handed to the kernel is safe.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        self.whole = self.definitions()
        self.keep("initialised")

    def end(self) -> None:
        for running in self.started:
            running.kill()
        self.server.stop("immediate")
        if self.mounted:
            subprocess.run(["umount", str(self.home)], check=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        running = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "AQUAMIND_DATA_DIR": str(self.home)},
            start_new_session=True,
            # Where the tests run in the background, a shell has made them deaf to interrupts, and so their children.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )
        self.started.append(running)
        return running

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        running = self.start(*arguments)
        out, err = running.communicate(timeout=300)
        return subprocess.CompletedProcess(running.args, running.returncode, out, err)

    def connect(self, database: str = NAME) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url(database), autocommit=True)

    def keep(self, name: str) -> None:
        """Copy the database."""
        self._copy(NAME, name)

    def begin_from(self, name: str) -> None:
        """Make the database a copy of one that was kept."""
        self._copy(name, NAME)

    def definitions(self) -> set[Definition]:
        with self.connect() as connection:
            return set(connection.execute(DEFINITIONS).fetchall())

    def status(self) -> dict[str, Any]:
        with self.connect() as connection:
            return ledger.status(connection)

    def progress(self) -> tuple[int, bool, bool]:
        """Units recorded, whether indexes are being built, and whether all are, and what follows is worked out."""
        with self.connect() as connection:
            row = connection.execute(
                "SELECT count(*), EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'aquamind rebuild'),"
                " EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'aquamind analyse')"
                " AND NOT EXISTS (SELECT FROM datagen.dropped) FROM datagen.unit"
            ).fetchone()
        assert row is not None
        return row

    def copying(self, how: str = "%") -> bool:
        """Whether a worker is writing rows, by a statement like this."""
        with self.connect("postgres") as connection:
            found = connection.execute(
                "SELECT FROM pg_stat_activity WHERE application_name = 'aquamind worker' AND query LIKE %s",
                [f"COPY{how}"],
            )
            return found.rowcount > 0

    def assert_nothing_in_part(self) -> None:
        """Every table has exactly the rows of the units that are in the ledger, and what was dropped is known."""
        self.server.start()
        with self.connect() as connection:
            known = ledger.status(connection)
            units = ledger.units(connection)
            for table in set(_operational(self.dsn, connection)):
                wanted = known["tables"].get(table, {"rows": 0})["rows"]
                found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
                assert found == (wanted,), table
            for (number,) in connection.execute("SELECT batch_number FROM batch_batch"):
                assert units[number]["batch_batch"].rows == 1
        recorded = {(dropped["table_name"].removeprefix("public."), dropped["name"]) for dropped in known["dropped"]}
        for table, name, *_ in self.whole - self.definitions():
            assert (table, name) in recorded

    def assert_finished(self, undisturbed: dict[str, Any]) -> None:
        found = self.status()
        assert found["content_hash"] == undisturbed["content_hash"]
        assert found["tables"] == undisturbed["tables"]
        assert found["dropped"] == []
        assert all(run["finished"] for run in found["runs"])
        assert self.definitions() == self.whole
        assert all(valid for *_, valid in self.whole)

    def _copy(self, source: str, target: str) -> None:
        self.server.start()
        with self.connect("postgres") as connection:
            # Whoever was killed a moment ago may still be leaving.
            connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)".encode())
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [source]
            )
            connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy".encode())


def kill_main(_: Arena, running: subprocess.Popen[str]) -> None:
    running.kill()


def kill_worker(_: Arena, running: subprocess.Popen[str]) -> None:
    for worker in workers(running)[:1]:
        os.kill(worker, signal.SIGKILL)


def kill_server(arena: Arena, _: subprocess.Popen[str]) -> None:
    postmaster = int((arena.server.cluster / "postmaster.pid").read_text().split()[0])
    for process in (postmaster, *_children(postmaster)):
        # It may have gone since it was listed.
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def lose_connections(arena: Arena, _: subprocess.Popen[str]) -> None:
    """The server ends those of workers; the main process, which only waits, keeps its own."""
    with arena.connect("postgres") as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            " AND application_name IN ('aquamind worker', 'aquamind rebuild', 'aquamind analyse')",
            [NAME],
        )


def interrupt(_: Arena, running: subprocess.Popen[str]) -> None:
    """As the keyboard does it: all processes of the run hear it."""
    os.killpg(running.pid, signal.SIGINT)


def workers(running: subprocess.Popen[str]) -> list[int]:
    """Worker processes of a run: what has been forked from the process that imports for all."""
    own = _command(running.pid)
    # A copy of the run, if it is not a Python of its own.
    server = [pid for pid in _children(running.pid) if (said := _command(pid)) == own or "forkserver" in said]
    return [worker for pid in server for worker in _children(pid)]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def wait_until(running: subprocess.Popen[str], happened: Callable[[], bool], within_s: float = 60.0) -> bool:
    """Wait for something that a run does; False if the run has ended without it."""
    end = time.monotonic() + within_s
    while running.poll() is None and time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.02)
    return False


def _operational(dsn: str, connection: psycopg.Connection[Any]) -> list[str]:
    orm.use(dsn)
    return wiping.operational_tables(connection)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
