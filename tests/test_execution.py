"""Workers that are not processes: what they leave half-done is undone, as it is when a process dies."""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from multiprocessing.connection import Connection
from typing import Any

import psycopg
import pytest

from aquamind import database
from aquamind.server import PROJECT
from datagen.execution import Executor, Here, Task, Threads, finished


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


def _ask(connection: psycopg.Connection, query: str) -> None:
    connection.execute(query.encode())


def _idle(_: None) -> None:
    time.sleep(0.05)


def test_the_first_failure_is_told_and_not_what_it_caused(fresh_database: str) -> None:
    """Both have failed before anybody looks: which was the first is not known by which is found first."""
    fails, follows = Task(1, _ask, ("SELECT 1 / 0",)), Task(1, _ask, ("SELECT 1",))
    for _ in range(12):
        with (
            pytest.raises(psycopg.errors.DivisionByZero),
            Threads(1, database.connect, fresh_database) as hands,
            Here(nullcontext) as idle,
        ):
            list(finished((hands, [fails, follows]), (idle, [Task(1, _idle, ())])))


INTERRUPTED = """
import os, signal, threading, time
from datagen.execution import interrupts_held
busy = threading.Event()
threading.Thread(target=busy.wait, daemon=True).start()
try:
    with interrupts_held():
        # One of the process, which the other thread gets.
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        print("begun")
    print("not reached")
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_waits_until_what_begins_is_known() -> None:
    """In a process of its own: what runs tests may have made itself deaf, or not be the main thread."""
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", hears + INTERRUPTED]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [
        "begun",
        "interrupted",
    ]


WRAPPED = """
import os, signal
from datagen.cli import main
def asked():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    except KeyboardInterrupt as interrupt:
        raise ValueError("of a library's own") from interrupt
main(asked)
"""


def test_an_interrupt_of_which_a_library_made_an_error_is_one() -> None:
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    done = subprocess.run([sys.executable, "-c", hears + WRAPPED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Interrupted. Run the same again to go on\n")


STARTED = """
from contextlib import nullcontext
from datagen.execution import Processes, Task
from tests.test_execution import blocked
with Processes(1, nullcontext) as hands:
    print(hands.submit(Task(1, blocked, ())).result())
"""


def test_the_process_that_workers_are_forked_from_hears_no_interrupt() -> None:
    """In a program of its own: where other tests have started that process, it is as they wanted it."""
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout == "True\n"


def blocked(_: None) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


FORKED = """
from contextlib import nullcontext
from datagen.execution import Processes, Task, expect
from tests import test_execution
test_execution.known = "what the program knew"
expect(2)
test_execution.known = "what it knows"
with Processes(1, nullcontext) as hands:
    print(hands.submit(Task(1, test_execution.tell, ())).result())
"""
known = "nothing"


def test_workers_are_forked_from_what_the_program_was_when_they_were_expected() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout == "what the program knew\n"


def tell(_: None) -> str:
    return known


HALF_TOLD = """
import time
from contextlib import nullcontext
from datagen.execution import Processes, Task
from tests.test_execution import tell_half
try:
    with Processes(1, nullcontext) as hands:
        hands.submit(Task(1, tell_half, ()))
        time.sleep(3)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("ended")
"""


def test_work_that_fails_does_not_wait_for_the_rest_of_a_result() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HALF_TOLD], capture_output=True, text=True, check=True, cwd=PROJECT, timeout=120
    )
    assert done.stdout == "ended\n"


KILLED = """
from concurrent.futures import BrokenExecutor
from contextlib import nullcontext
from datagen.execution import Processes, Task
from tests.test_execution import idle, tell_half
with Processes(2, nullcontext) as hands:
    others = [hands.submit(Task(1, idle, ())) for _ in range(2)]
    try:
        hands.submit(Task(1, tell_half, (True,))).result()
    except BrokenExecutor:
        print("told")
"""


def test_a_worker_that_the_system_kills_while_it_tells_its_result_ends_the_work() -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED], capture_output=True, text=True, check=True, cwd=PROJECT, timeout=120
    )
    assert done.stdout == "told\n"


def idle(_: None) -> None:
    """So that there are as many workers as tasks."""
    time.sleep(0.5)


def tell_half(_: None, killed: bool = False) -> int:
    """What a worker does that is killed while it tells its result."""

    def half(told: Any, data: Any) -> None:
        os.write(told.fileno(), bytes(data)[: len(data) // 2])
        if killed:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(120)

    pipes: Any = Connection
    pipes._send = half
    return 0
