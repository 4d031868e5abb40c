"""Work handed out: to processes, which end with the one that started them, to threads, or done here by one worker."""

import atexit
import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice, pairwise
from multiprocessing import active_children, forkserver, get_context, parent_process, resource_tracker, util
from multiprocessing import connection as pipes
from queue import SimpleQueue
from typing import Any, Protocol, Self, TypeAlias

import psycopg

from aquamind.errors import UserError
from datagen import memory


@dataclass(frozen=True)
class Task:
    """A piece of work: `call(tool, *arguments)`; `size` is how long it takes relative to others.

    `call` is a function of a module, so that it can be sent to another process.
    """

    size: float
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


class Executor(Protocol):
    """Workers that each have a tool of their own: a connection, say. A context: leaving it lets them go."""

    @property
    def workers(self) -> int: ...

    def submit(self, task: Task) -> Future[Any]: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...


def executor(workers: int, opened: Callable[..., AbstractContextManager[Any]], *arguments: Any) -> Executor:
    """Workers whose tool is `opened(*arguments)`: as many processes, or for one worker this process itself."""
    return Here(opened, *arguments) if workers == 1 else Processes(workers, opened, *arguments)


Hire: TypeAlias = Callable[..., Executor]
"""Gives workers whose tool is `opened(*arguments)`."""


@contextmanager
def hired(workers: int, scheduler: str | None) -> Iterator[Hire]:
    """Workers of this machine, as `executor` has them; or those of a Dask cluster."""
    if scheduler is None:
        if workers > 1:
            _server()
        yield partial(executor, workers)
        return
    try:
        from datagen import cluster  # what it needs is an extra
    except ModuleNotFoundError as error:
        cure = f"A cluster needs {error.name}, which is not installed: pip install '.[cluster]'"
        raise UserError("scheduler", scheduler, cure) from None
    with cluster.connected(scheduler, workers) as connected:
        yield connected.executor


def expect(workers: int) -> None:
    """Let workers of this machine be forked from what this process is now: it has imported, and opened nothing yet.

    On Linux alone: elsewhere what a system's libraries have begun does not outlive a fork.
    """
    if workers > 1 and sys.platform == "linux" and threading.active_count() == 1:
        _server(forking=True)


Crew: TypeAlias = tuple[Executor, Iterable[Task]]
"""Workers, and what they are to do."""


def finished(*crews: Crew) -> Iterator[tuple[Task, Any]]:
    """Have each crew do its tasks, and return every one with its result as soon as it is there.

    Few are handed out ahead of the workers: what waits is copied, and memory must not grow with the tasks. Of several
    that fail at once the first is told: the others may have failed because it did, in the same transaction.
    """
    left = [(hands, iter(tasks)) for hands, tasks in crews]
    waiting: dict[Future[Any], tuple[Task, int]] = {}

    def hand_out() -> None:
        for place, (hands, tasks) in enumerate(left):
            ahead = sum(of == place for _, of in waiting.values())
            for task in islice(tasks, max(0, hands.workers + 1 - ahead)):
                waiting[hands.submit(task)] = task, place

    hand_out()
    while waiting:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in [each for each in waiting if each in done]:
            yield waiting.pop(future)[0], future.result()
        hand_out()


class Here:
    """One worker that is this process: a task is done when it is submitted."""

    workers = 1

    def __init__(self, opened: Callable[..., AbstractContextManager[Any]], *arguments: Any) -> None:
        self._opened, self._open = partial(opened, *arguments), ExitStack()

    def submit(self, task: Task) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(task.call(self._tool, *task.arguments))
        return done

    def __enter__(self) -> Self:
        self._tool = self._open.enter_context(self._opened())
        return self

    def __exit__(self, *why: Any) -> None:
        self._open.__exit__(*why)


class Processes:
    """Processes that each open their tool for their first task; when the work here fails, they are killed."""

    def __init__(self, workers: int, opened: Callable[..., AbstractContextManager[Any]], *arguments: Any) -> None:
        self.workers = workers
        begun = dict(os.environ), partial(opened, *arguments)
        self._processes = ProcessPoolExecutor(workers, _server(), _begin, begun)
        self._left = threading.Event()

    def submit(self, task: Task) -> Future[Any]:
        # Processes are started in here, and keep the signal mask they are started with.
        with interrupts_held():
            return self._processes.submit(_perform, task)

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._left.set()
        if kind is not None:
            # Not left to the executor: it would wait for ever for one that was being started while another died.
            self._kill(active_children())
        self._processes.shutdown(cancel_futures=kind is not None)

    def _watch(self) -> None:
        """When one worker has died, kill the others: the executor sees it too, but not while it awaits a result."""
        processes: Any = self._processes
        while not self._left.wait(LOOK_EVERY_S):
            workers = list((processes._processes or {}).values())
            # Those that are let go end too.
            if pipes.wait([worker.sentinel for worker in workers], 0) and not self._left.is_set():
                self._kill(workers)
                return

    def _kill(self, workers: Iterable[Any]) -> None:
        """Who was telling a long result leaves half of it in a pipe, of which a thread here awaits the rest: until
        nobody is left who could write it, and this process is one of them."""
        for worker in workers:
            worker.kill()
        processes: Any = self._processes
        processes._result_queue._writer.close()


LOOK_EVERY_S = 1.0
"""Whether all workers are alive."""

IMPORTED = ["datagen.cli", "datagen.runs.exporting"]
"""What a worker has imported when it begins, with all that these import: a second of the processor, once for all."""


def _server(forking: bool = False) -> Any:
    """Workers are forked from a process that did nothing but import: a fork of this one would share its connections.

    If it is not there, it begins now: as a fork of this one after all, or to import beside whatever is done here
    meanwhile. It ends with this process.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    # First, for it unblocks the interrupt when it has been started.
    resource_tracker.ensure_running()
    begins: Any = util
    anew = begins.spawnv_passfds
    with interrupts_held():
        begins.spawnv_passfds = _fork if forking else anew
        try:
            forkserver.ensure_running()
        finally:
            begins.spawnv_passfds = anew
    _end_with_server()
    return context


def _fork(_: str, arguments: list[str], kept: Iterable[int]) -> int:
    """Begin that process as a copy of this one, and not as a Python that imports all of it again; its id."""
    sys.stdout.flush()
    if process := os.fork():
        return process
    try:
        for last, following in pairwise([2, *sorted(kept), util.MAXFD]):
            if following > last + 1:
                os.closerange(last + 1, following)
        # What is there stays: to look through it would copy it.
        gc.freeze()
        exec(arguments[-1], {})
    except Exception:  # noqa: BLE001 - told here, for above it is another process
        traceback.print_exc()
    finally:
        os._exit(1)


@cache
def _end_with_server() -> None:
    """Wait for it in the end: what workers used is then told as used by this process's children."""
    server: Any = forkserver
    atexit.register(server._forkserver._stop)


class Threads:
    """Threads of this process, for work that waits for a server; a tool is a connection, cancelled when work fails."""

    def __init__(self, workers: int, opened: Callable[..., AbstractContextManager[Any]], *arguments: Any) -> None:
        self.workers = workers
        self._threads, self._open, self._free = ThreadPoolExecutor(workers), ExitStack(), SimpleQueue[Any]()
        self._opened, self._tools, self._waiting = partial(opened, *arguments), list[Any](), list[Future[Any]]()

    def submit(self, task: Task) -> Future[Any]:
        # What has begun is known, and waited for, wherever an interrupt comes.
        with interrupts_held():
            self._waiting.append(self._threads.submit(self._perform, task))
        return self._waiting[-1]

    def _perform(self, task: Task) -> Any:
        tool = self._free.get()
        try:
            return task.call(tool, *task.arguments)
        finally:
            self._free.put(tool)

    def __enter__(self) -> Self:
        for _ in range(self.workers):
            self._tools.append(self._open.enter_context(self._opened()))
            self._free.put(self._tools[-1])
        return self

    def __exit__(self, kind: type[BaseException] | None, *why: Any) -> None:
        self._threads.shutdown(wait=kind is None, cancel_futures=kind is not None)
        if kind is not None:
            cancel_until(lambda: all(one.done() for one in self._waiting), self._tools)
        self._open.__exit__(kind, *why)


def cancel_until(ended: Callable[[], bool], connections: Iterable[psycopg.Connection[Any]]) -> None:
    """Cancel what connections do until it has ended: more than once, for between two statements there is nothing."""
    while not ended():
        for connection in connections:
            # What cannot be cancelled has lost its server.
            with suppress(psycopg.OperationalError):
                connection.cancel()
        time.sleep(0.05)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Of an interrupt from the keyboard, which every process of the terminal gets, only the parent hears, and later.

    The mask is for the processes that are started: here another thread may take the signal, which interrupts this one.
    """
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number)) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if main:
            signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


_open: Callable[[], AbstractContextManager[Any]]
_kept_open = ExitStack()
"""Never left: a worker's tool ends with its process."""


def _begin(environment: dict[str, str], opened: Callable[[], AbstractContextManager[Any]]) -> None:
    global _open  # noqa: PLW0603 - what a process is begun with
    os.environ.clear()
    os.environ.update(environment)
    memory.keep()
    _open = opened
    threading.Thread(target=_end_with_parent, daemon=True).start()


@cache
def _tool() -> Any:
    """This process's own; opened for its first task, for only a task can tell the parent what went wrong."""
    return _kept_open.enter_context(_open())


def _perform(task: Task) -> Any:
    return task.call(_tool(), *task.arguments)


def _end_with_parent() -> None:
    """Without this a worker of a killed parent would write on what is queued, and then wait for more for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
