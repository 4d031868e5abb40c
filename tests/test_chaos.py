"""Broken off anywhere, a run leaves no batch in part, and run again ends in the same content as an undisturbed one."""

import os
import pickle
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aquamind import database
from tests.chaos import (
    Arena,
    interrupt,
    kill_main,
    kill_server,
    kill_worker,
    lose_connections,
    wait_until,
    workers,
    write_schedule,
)

BATCHES = 10
DAYS_ON = "2025-10-23"
STOPPED = "Run the same again to go on"


@pytest.fixture(scope="module")
def schedule_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chaos") / "schedule.yaml"
    write_schedule(path, BATCHES, containers=1, days=110)
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
    return arena.copying()


def streaming(arena: Arena) -> bool:
    return arena.copying("%FREEZE%")


def indexing(arena: Arena) -> bool:
    return arena.progress()[1]


def following(arena: Arena) -> bool:
    return arena.progress()[2]


BLOWS = (
    (streaming, kill_worker, 1, "Stopped: a worker process died"),
    (loading, lose_connections, 1, "Stopped: the database failed"),
    (streaming, interrupt, 130, "Interrupted"),
    (streaming, kill_server, 1, "Stopped: the database failed"),
    (indexing, kill_main, -signal.SIGKILL, ""),
    (following, kill_server, 1, "Stopped: the database failed"),
)


def test_what_is_broken_off_again_and_again_is_finished_in_the_end(
    arena: Arena, undisturbed: dict[str, Any], schedule_file: Path
) -> None:
    arena.begin_from("initialised")
    for moment, blow, code, said in BLOWS:
        running = arena.start("generate", str(schedule_file), "--workers", "2")
        assert wait_until(running, partial(moment, arena)), running.communicate()
        started = workers(running)
        blow(arena, running)
        _, told = running.communicate(timeout=180)
        assert running.returncode == code, (blow, told)
        last_words = [line for line in told.splitlines() if ": done, " not in line and " %, " not in line]
        # Of a run that is killed itself, those that it leaves behind may say what they like.
        if said:
            assert len(last_words) == 1, told
            assert last_words[0].startswith(said), told
            assert last_words[0].endswith(STOPPED), told
        assert_gone(started)
        arena.assert_nothing_in_part()
    again = arena.command("generate", str(schedule_file), "--workers", "1")
    assert again.returncode == 0, again.stderr
    arena.assert_finished(undisturbed)


def test_a_server_that_answered_is_lost_and_another_is_misnamed(arena: Arena) -> None:
    """Whichever session of a run asks next; and also where a worker asked that had none before."""
    arena.begin_from("initialised")
    database.connect(arena.dsn).close()
    kill_server(arena, arena.started[0])
    for dsn, lost in ((arena.dsn, True), ("postgresql://nobody@127.0.0.1:1/nowhere", False)):
        with pytest.raises(database.NoConnectionError) as caught:
            database.connect(dsn)
        assert caught.value.lost() == lost
        assert pickle.loads(pickle.dumps(caught.value)).lost() == lost
    arena.server.start()


def test_a_full_disk_stops_a_run_until_there_is_room(
    arena: Arena, undisturbed: dict[str, Any], schedule_file: Path
) -> None:
    if not arena.mounted:
        pytest.skip("no disk may be mounted here, so that none can be filled")
    arena.begin_from("initialised")
    running = arena.start("generate", str(schedule_file), "--workers", "2")
    assert wait_until(running, lambda: loading(arena)), running.communicate()
    ballast = arena.home / "ballast"
    # By pieces, for the server takes room at the same time.
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), 2**20)
    _, told = running.communicate(timeout=180)
    ballast.unlink()
    assert running.returncode in (1, 2), told
    assert "Traceback" not in told
    assert re.search("[Rr]un (the same )?again", told), told
    arena.assert_nothing_in_part()
    again = arena.command("generate", str(schedule_file), "--workers", "1")
    assert again.returncode == 0, again.stderr
    arena.assert_finished(undisturbed)


def test_an_advance_that_is_killed_goes_on(arena: Arena, undisturbed: dict[str, Any]) -> None:
    arena.begin_from("generated")
    assert arena.command("advance", "--to", DAYS_ON, "--workers", "1").returncode == 0
    advanced = arena.status()
    assert advanced["content_hash"] != undisturbed["content_hash"]
    arena.begin_from("generated")
    running = arena.start("advance", "--to", DAYS_ON, "--workers", "1")

    def one_is_changed() -> bool:
        with arena.connect() as connection:
            return connection.execute("SELECT FROM datagen.unit WHERE run > 1").rowcount > 0

    assert wait_until(running, one_is_changed), running.communicate()
    running.kill()
    running.communicate()
    arena.assert_nothing_in_part()
    again = arena.command("advance", "--to", DAYS_ON, "--workers", "1")
    assert again.returncode == 0, again.stderr
    arena.assert_finished(advanced)


def test_the_second_of_two_runs_hears_who_is_first(arena: Arena, schedule_file: Path) -> None:
    arena.begin_from("initialised")
    first = arena.start("generate", str(schedule_file), "--workers", "1")
    assert wait_until(first, lambda: arena.progress()[0] > 0)
    os.kill(first.pid, signal.SIGSTOP)
    for second in (("generate", str(schedule_file)), ("advance",), ("wipe", "--yes")):
        refused = arena.command(*second)
        assert refused.returncode == 2
        assert "In use by session" in refused.stderr
        assert "(aquamind run, since 20" in refused.stderr
        assert refused.stderr.count("\n") == 1
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait(60) == 0


def assert_gone(processes: list[int]) -> None:
    """Workers end with their run, and do not go on writing."""
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in processes):
            return
        time.sleep(0.05)
    pytest.fail("workers outlive their run")
