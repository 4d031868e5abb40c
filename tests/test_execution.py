"""Workers that are not processes: what they leave half-done is undone, as it is when a process dies."""

import os
import signal
import threading
import time

import psycopg
import pytest

from aquamind import database
from datagen.execution import Executor, Here, Task, Threads, _interrupts_held


def _begin(connection: psycopg.Connection, table: str) -> None:
    connection.execute(f"CREATE TABLE {table} ()".encode())


def _fail_half_way(executor: Executor, failed: type[BaseException]) -> None:
    executor.submit(Task(1, _begin, ("half_done",))).result()
    raise failed


@pytest.mark.parametrize("failed", [KeyboardInterrupt, ValueError])
def test_work_that_fails_commits_nothing(fresh_database: str, failed: type[BaseException]) -> None:
    for executor in (Here(database.connect, fresh_database), Threads(2, database.connect, fresh_database)):
        with pytest.raises(failed), executor:
            _fail_half_way(executor, failed)
    with Here(database.connect, fresh_database) as executor:
        executor.submit(Task(1, _begin, ("done",))).result()
    with database.connect(fresh_database) as connection:
        found = connection.execute("SELECT to_regclass('half_done'), to_regclass('done')").fetchone()
    assert found == (None, "done")


def _interrupt() -> None:
    with _interrupts_held():
        # One of the process, which the other thread gets.
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        took.append("all")


took: list[str] = []


def test_an_interrupt_waits_until_what_begins_is_known() -> None:
    busy = threading.Event()
    other = threading.Thread(target=busy.wait)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        _interrupt()
    busy.set()
    other.join()
    assert took == ["all"]
