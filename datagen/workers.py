"""Worker processes that end with the process that started them, however it ends."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class Pool(ProcessPoolExecutor):
    """Processes of which each calls `begin` once; when the work here fails, they are killed in the midst of theirs."""

    def __init__(self, workers: int, begin: Callable[..., None], *arguments: Any) -> None:
        # Spawned, not forked: a fork would share the parent's connections.
        super().__init__(workers, get_context("spawn"), _begin, (begin, *arguments))

    def submit(
        self, call: Callable[_Given, _Result], /, *arguments: _Given.args, **named: _Given.kwargs
    ) -> Future[_Result]:
        # Processes are started in here, and keep the signal mask they are started with.
        with _interrupts_held():
            return super().submit(call, *arguments, **named)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # Not left to the executor: it would wait for ever for one that was being started while another died.
            for worker in active_children():
                worker.kill()
        self.shutdown(cancel_futures=kind is not None)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt from the keyboard reaches every process of the terminal, but is one's to answer."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(begin: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    begin(*arguments)


def _end_with_parent() -> None:
    """Without this a worker of a killed parent would write on what is queued, and then wait for more for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
