"""Broken off anywhere, a run leaves no batch in part, and run again ends in the same content as an undisturbed one."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import Arena, wait_until, workers, write_schedule

BATCHES = 10
DAYS_ON = "2025-12-12"
STOPPED = "Run the same again to go on"


@pytest.fixture(scope="module")
def schedule_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chaos") / "schedule.yaml"
    write_schedule(path, BATCHES, containers=1, days=160)
    return path


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    # Not below pytest's own directory, which the server's user cannot reach.
    arena = Arena(Path(tempfile.mkdtemp(prefix="aquamind-chaos-")))
    try:
        arena.prepare()
        yield arena
    finally:
        arena.end()


@pytest.fixture(scope="module")
def undisturbed(arena: Arena, schedule_file: Path) -> dict[str, Any]:
    done = arena.command("generate", str(schedule_file), "--workers", "2")
    assert done.returncode == 0, done.stderr
    status = arena.status()
    arena.assert_nothing_in_part()
    arena.assert_finished(status)
    arena.keep("generated")
    return status


def loading(arena: Arena) -> bool:
    return 1 <= arena.progress()[0] < BATCHES


def indexing(arena: Arena) -> bool:
    return arena.progress()[2]


def analysing(arena: Arena) -> bool:
    return arena.progress()[1] > 0


def kill_main(_: Arena, running: subprocess.Popen[str]) -> None:
    running.kill()


def kill_worker(_: Arena, running: subprocess.Popen[str]) -> None:
    os.kill(workers(running)[0], signal.SIGKILL)


def kill_server(arena: Arena, _: subprocess.Popen[str]) -> None:
    arena.kill_server()


def lose_connection(arena: Arena, _: subprocess.Popen[str]) -> None:
    assert arena.drop_connections()


def interrupt(_: Arena, running: subprocess.Popen[str]) -> None:
    os.killpg(running.pid, signal.SIGINT)


@pytest.mark.parametrize(
    ("moment", "blow", "code", "said"),
    [
        (loading, kill_worker, 1, "Stopped: a worker process died"),
        (indexing, kill_main, -signal.SIGKILL, None),
        (analysing, kill_server, 1, "Stopped: the database failed"),
        (loading, lose_connection, 1, "Stopped: the database failed"),
        (loading, interrupt, 130, "Interrupted"),
    ],
)
def test_what_is_broken_off_is_finished_when_run_again(
    arena: Arena,
    undisturbed: dict[str, Any],
    schedule_file: Path,
    moment: Callable[[Arena], bool],
    blow: Callable[[Arena, subprocess.Popen[str]], None],
    code: int,
    said: str | None,
) -> None:
    arena.begin_from("initialised")
    running = arena.start("generate", str(schedule_file), "--workers", "2")
    assert wait_until(running, lambda: moment(arena)), running.communicate()
    started = workers(running)
    blow(arena, running)
    _, told = running.communicate(timeout=60)
    assert running.returncode == code, told
    if said is not None:
        assert [line for line in told.splitlines() if ": done, " not in line] == [
            next(line for line in told.splitlines() if line.startswith(said) and line.endswith(STOPPED))
        ]
    wait_until_gone(started)
    arena.assert_nothing_in_part()
    again = arena.command("generate", str(schedule_file), "--workers", "2")
    assert again.returncode == 0, again.stderr
    arena.assert_finished(undisturbed)


def test_an_advance_that_is_killed_goes_on(arena: Arena, undisturbed: dict[str, Any]) -> None:
    arena.begin_from("generated")
    assert arena.command("advance", "--to", DAYS_ON, "--workers", "2").returncode == 0
    advanced = arena.status()
    assert advanced["content_hash"] != undisturbed["content_hash"]
    arena.begin_from("generated")
    running = arena.start("advance", "--to", DAYS_ON, "--workers", "2")

    def one_is_changed() -> bool:
        with arena.connect() as connection:
            return connection.execute("SELECT FROM datagen.unit WHERE run > 1").rowcount > 0

    assert wait_until(running, one_is_changed), running.communicate()
    running.kill()
    running.communicate()
    arena.assert_nothing_in_part()
    again = arena.command("advance", "--to", DAYS_ON, "--workers", "2")
    assert again.returncode == 0, again.stderr
    arena.assert_finished(advanced)


def test_the_second_of_two_runs_hears_who_is_first(arena: Arena, schedule_file: Path) -> None:
    arena.begin_from("initialised")
    first = arena.start("generate", str(schedule_file))
    assert wait_until(first, lambda: arena.progress()[0] > 0)
    for second in (("generate", str(schedule_file)), ("advance",), ("wipe", "--yes")):
        refused = arena.command(*second)
        assert refused.returncode == 2
        assert "In use by session" in refused.stderr
        assert "(aquamind run, since 20" in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert first.wait(60) == 0


def wait_until_gone(processes: list[int]) -> None:
    """Workers end with their run, and do not go on writing."""
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in processes):
            return
        time.sleep(0.05)
    pytest.fail("workers outlive their run")
