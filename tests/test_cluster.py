"""A Dask cluster makes the same record, whatever becomes of its workers; and says what is wrong with it."""

import itertools
import os
import signal
import site
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from aquamind.errors import UserError
from datagen import cluster, pipeline, runs
from datagen.execution import Task, hired
from datagen.runs import exporting
from datagen.storage import ledger
from tests.test_cli import SMALL, aquamind
from tests.test_execution import blocked
from tests.worlds import Silent, case_of, small_plan

CASE = case_of(small_plan(batches=6, containers=1, stagger_days=70))
"""Twelve batches, and what two geographies have besides."""
DASK = str(Path(sys.executable).with_name("dask"))
TURNS = itertools.count(1)
SOON_LOST = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "8s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}
"""A worker that says nothing for so long is lost; minutes, if nobody says otherwise."""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines that have only just been started, beside other tests."""
    monkeypatch.setattr(cluster, "ANSWER_S", 60.0)
    monkeypatch.setattr(cluster, "WORKER_S", 60.0)


@dataclass
class Host:
    """A machine with one worker: a network namespace, or, where there may be none, only a process."""

    name: str | None
    address: str
    worker: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        assert self.worker is not None
        self.worker.kill()

    def cut_off(self) -> None:
        """Nothing is heard of it any more, and it does not know."""
        if self.name is None:
            self.kill()
        else:
            ip("-n", self.name, "link", "set", "eth0", "down")


def ip(*arguments: str) -> bool:
    return subprocess.run(["ip", *arguments], capture_output=True, check=False).returncode == 0


@pytest.fixture
def hosts() -> Iterator[tuple[str, list[Host]]]:
    """The scheduler's host, and four for workers: behind a bridge of their own, where the machine allows."""
    # A namespace that is deleted takes a while to go.
    turn = next(TURNS)
    net, names = f"10.{os.getpid() % 200 + 20}.{turn}", [f"aquamind-{os.getpid()}-{turn}-{n}" for n in range(4)]
    bridge = f"aq{os.getpid() % 10**6}.{turn}"
    with ExitStack() as stack:
        if not (os.geteuid() == 0 and sys.platform == "linux" and ip("link", "add", bridge, "type", "bridge")):
            yield "127.0.0.1", [Host(None, "127.0.0.1") for _ in names]
            return
        stack.callback(ip, "link", "delete", bridge)
        assert ip("address", "add", f"{net}.1/24", "dev", bridge)
        assert ip("link", "set", bridge, "up")
        for n, name in enumerate(names):
            assert ip("netns", "add", name)
            stack.callback(ip, "netns", "delete", name)
            end = f"{bridge}.{n}"
            assert ip("link", "add", end, "master", bridge, "type", "veth", "peer", "name", "eth0", "netns", name)
            assert ip("link", "set", end, "up")
            assert ip("-n", name, "address", "add", f"{net}.{n + 10}/24", "dev", "eth0")
            assert ip("-n", name, "link", "set", "eth0", "up")
        yield f"{net}.1", [Host(name, f"{net}.{n + 10}") for n, name in enumerate(names)]


@dataclass
class Machines:
    address: str
    hosts: list[Host]
    scheduler: subprocess.Popen[bytes]


@pytest.fixture
def machines(hosts: tuple[str, list[Host]], tmp_path: Path) -> Iterator[Machines]:
    """A scheduler and a worker a host, as the README says to start them."""
    at, workers = hosts
    environment = {**os.environ, **SOON_LOST}
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"{len(started)}.log").open("wb")
        started.append(subprocess.Popen([*command], env=environment, stdout=log, stderr=log, cwd=tmp_path))
        return started[-1]

    address = f"tcp://{at}:{free_port(at)}"
    try:
        scheduler = start(DASK, "scheduler", "--host", address, "--no-dashboard")
        for host in workers:
            inside = ["ip", "netns", "exec", host.name] if host.name else []
            options = ["--no-nanny", "--no-dashboard", "--nthreads", "1", "--host", host.address]
            host.worker = start(*inside, DASK, "worker", address, *options)
        yield Machines(address, workers, scheduler)
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGKILL)
            process.wait()


def free_port(at: str) -> int:
    with socket.create_server((at, 0)) as free:
        port: int = free.getsockname()[1]
        return port


def test_processes_of_this_machine_are_as_many_as_asked_for_and_hear_no_interrupt() -> None:
    with hired(2, "local") as hire, hire(nullcontext) as hands:
        assert hands.workers == 2
        assert hands.submit(Task(1, blocked, ())).result()


class Losing(Silent):
    """Loses a worker each time that some units are done."""

    def __init__(self, losses: list[Callable[[], None]]) -> None:
        self.losses, self.done = losses, 0

    def advance(self, done: float, note: str = "") -> None:
        self.done += "rows" in note
        if self.losses and self.done > 3:
            self.losses.pop(0)()


def test_lost_workers_cost_no_row(
    machines: Machines, tmp_path: Path, fresh_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    with hired(1, machines.address) as hire, hire(nullcontext) as hands:
        deadline = time.monotonic() + 60
        while hands.workers < len(machines.hosts) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert hands.workers == len(machines.hosts)
    first, second, third, _ = machines.hosts
    alone = exporting.execute(exporting.Job(tmp_path / "alone", CASE, "parquet", 1), Silent())[1]
    losing = Losing([first.kill, second.cut_off])
    job = exporting.Job(tmp_path / "together", CASE, "parquet", 1, machines.address)
    assert exporting.execute(job, losing)[1] == alone
    assert losing.losses == []
    losing = Losing([third.kill])
    with django_db_blocker.unblock():
        runs.execute(runs.Job(fresh_database, CASE, 1, scheduler=machines.address), losing)
    assert losing.losses == []
    with psycopg.connect(fresh_database) as connection:
        assert alone["units"].items() <= ledger.status(connection)["units"].items()


def test_a_worker_with_other_versions_is_named(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "VERSION", "0")
    with (
        hired(1, machines.address) as hire,
        pytest.raises(UserError, match=r"It: content \d+, not 0\. Install this tool"),
        hire(nullcontext) as _,
    ):
        pass


def test_a_cluster_that_loses_all_workers_is_not_waited_for_without_end(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "LOST_S", 2.0)
    with (
        hired(1, machines.address) as hire,
        hire(nullcontext, 60) as hands,
    ):
        for host in machines.hosts:
            host.kill()
        with pytest.raises(UserError, match=r"All its workers are lost|Workers ended one after the other"):
            hands.submit(Task(1, time.sleep, ())).result(30)


def test_a_scheduler_that_is_lost_is_told(machines: Machines, capfd: pytest.CaptureFixture[str]) -> None:
    with hired(1, machines.address) as hire, hire(nullcontext, 60) as hands:
        assert isinstance(hands, cluster.Spread)
        hands._client._timeout = 2.0
        doing = hands.submit(Task(1, time.sleep, ()))
        machines.scheduler.kill()
        with pytest.raises(UserError, match=r"It is lost\. Start it again, and workers"):
            doing.result(60)
        assert hands.workers == 1
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("without", "message"),
    [
        (("scheduler", "worker"), r"It: No module named 'datagen'\. Install this tool"),
        (("worker",), r"Worker tcp.*: .*No module named 'datagen'.*\. Install this tool"),
        ((), "It has no workers"),
    ],
)
def test_machines_without_the_tool_or_without_workers_are_told(
    without: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without site's hooks, what is installed in place from a checkout is not found."""
    if not without:
        monkeypatch.setattr(cluster, "WORKER_S", 0.5)
    address = f"tcp://127.0.0.1:{free_port('127.0.0.1')}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(site.getsitepackages())}

    def command(name: str) -> list[str]:
        bare = [sys.executable, "-S", "-m", f"distributed.cli.dask_{name}"]
        return bare if name in without else [DASK, name]

    options: dict[str, Any] = {
        "cwd": tmp_path,
        "env": environment,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    started = [subprocess.Popen([*command("scheduler"), "--host", address, "--no-dashboard"], **options)]
    if without:
        started.append(subprocess.Popen([*command("worker"), address, "--no-nanny", "--no-dashboard"], **options))
    try:
        with pytest.raises(UserError, match=message), hired(1, address) as hire, hire(nullcontext):
            pass
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", "scheduler: 'tcp://127.0.0.1:1'. No Dask scheduler answers there"),
        ("nowhere", "scheduler: 'nowhere'. No Dask scheduler answers there"),
        ("ftp://127.0.0.1:1", "scheduler: 'ftp://127.0.0.1:1'. No Dask scheduler answers there"),
        ("", "scheduler: ''. No Dask scheduler answers there"),
    ],
)
def test_a_scheduler_that_does_not_answer_is_one_message(address: str, message: str, tmp_path: Path) -> None:
    done = aquamind("export", str(tmp_path / "record"), *SMALL, "--scheduler", address)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert message in done.stderr
    assert not list(tmp_path.iterdir())
