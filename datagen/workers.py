"""Worker processes that end with the process that started them, however it ends."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from multiprocessing import active_children, get_context, parent_process
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Pool:
    """Processes that each open a tool (a connection, say) for their first call, and are given it with every one.

    When the work here fails, they are killed in the midst of theirs.
    """

    def __init__(self, workers: int, opened: Callable[..., Any], *arguments: Any) -> None:
        # Spawned, not forked: a fork would share the parent's connections.
        self._processes = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (partial(opened, *arguments),))

    def submit(self, call: Callable[..., _Result], *arguments: Any) -> Future[_Result]:
        """Queue `call(tool, *arguments)`; `call` is a function of a module, so that it can be sent."""
        # Processes are started in here, and keep the signal mask they are started with.
        with _interrupts_held():
            return self._processes.submit(_perform, call, arguments)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # Not left to the executor: it would wait for ever for one that was being started while another died.
            for worker in active_children():
                worker.kill()
        self._processes.shutdown(cancel_futures=kind is not None)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt from the keyboard reaches every process of the terminal, but is one's to answer."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_open: Callable[[], Any]


def _begin(opened: Callable[[], Any]) -> None:
    global _open  # noqa: PLW0603 - what a process is begun with
    _open = opened
    threading.Thread(target=_end_with_parent, daemon=True).start()


@cache
def _tool() -> Any:
    """This process's own; opened for its first call, for only a call can tell the parent what went wrong."""
    return _open()


def _perform(call: Callable[..., _Result], arguments: tuple[Any, ...]) -> _Result:
    return call(_tool(), *arguments)


def _end_with_parent() -> None:
    """Without this a worker of a killed parent would write on what is queued, and then wait for more for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
