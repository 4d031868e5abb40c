"""Work handed out to a Dask cluster: processes of this machine, or of however many a scheduler has."""

import asyncio
import atexit
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from importlib.metadata import version
from multiprocessing import resource_tracker
from platform import python_version_tuple
from typing import Any, Self
from uuid import uuid4

import distributed
from distributed.comm.core import CommClosedError
from distributed.deploy.spec import close_clusters
from distributed.utils import LoopRunner

from aquamind.errors import UserError
from datagen import pipeline
from datagen.execution import Task, interrupts_held

LOCAL = "local"
ANSWER_S = 10.0
"""A scheduler answers within this time."""
WORKER_S = 10.0
"""And has a worker within this."""
LOST_S = 60.0
"""So long a cluster without workers is waited for: machines that were taken away may be replaced."""
PACKAGES = ("aquamind-test-data", "distributed", "numpy", "pyarrow")
"""What must be of one version everywhere: content depends on it, or the talk between the machines."""


# That it does not reach its scheduler is told here.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
# In the end Dask would close one that an interrupt kept from being whole, and fail.
atexit.unregister(close_clusters)


@contextmanager
def connected(address: str, workers: int) -> Iterator["Cluster"]:
    """A cluster behind a scheduler's address, or, as `local`, so many processes here that end with it."""
    with ExitStack() as stack:
        if address == LOCAL:
            scheduler: Any = stack.enter_context(_of_processes(workers))
        else:
            _check_answer(address)
            scheduler = address
        client = stack.enter_context(distributed.Client(scheduler, timeout=ANSWER_S, set_as_default=False))
        try:
            client.wait_for_workers(1, timeout=WORKER_S)
        except TimeoutError:
            cure = f"It has no workers. Start some where this tool is installed: dask worker {address}"
            raise UserError("scheduler", address, cure) from None
        try:
            yield Cluster(client, address)
        except CommClosedError as error:
            raise _lost(address) from error


def _lost(address: str) -> UserError:
    return UserError("scheduler", address, "It is lost. Start it again, and workers, and run the same again to go on")


def _of_processes(workers: int) -> distributed.LocalCluster:
    """Processes of this machine, which end with this one: of an interrupt from the keyboard they hear nothing."""
    # First, for it unblocks the interrupt when it has been started.
    resource_tracker.ensure_running()
    runner = LoopRunner()
    # They are started by its thread.
    with interrupts_held():
        runner.start()
    return distributed.LocalCluster(
        workers, threads_per_worker=1, dashboard_address=None, silence_logs="ERROR", loop=runner.loop
    )


def _check_answer(address: str) -> None:
    """Asked before there is a client, which would try for long, and complain."""

    async def ask() -> None:
        async with distributed.rpc(address, timeout=ANSWER_S) as scheduler:
            await asyncio.wait_for(scheduler.identity(), ANSWER_S)

    try:
        asyncio.run(ask())
    except (OSError, ValueError) as error:
        cure = "No Dask scheduler answers there. Start one (dask scheduler), or name another, such as tcp://host:8786"
        raise UserError("scheduler", address, cure) from error


class Cluster:
    """Executors on one cluster, one after the other or at the same time."""

    def __init__(self, client: distributed.Client, address: str) -> None:
        self.client, self.address = client, address

    def executor(self, opened: Callable[..., AbstractContextManager[Any]], *arguments: Any) -> "Spread":
        return Spread(self, partial(opened, *arguments))


class Spread:
    """An executor whose workers are the threads of a cluster's workers, with a tool each.

    A task whose worker was lost is done again by another, so it must be one that may be done twice: units are claimed
    before they are written.
    """

    def __init__(self, cluster: Cluster, opened: Callable[[], AbstractContextManager[Any]]) -> None:
        self._cluster, self._client = cluster, cluster.client
        self._tools = _Tools(uuid4().hex, opened, _versions())
        self._open: dict[Future[Any], distributed.Future[Any]] = {}
        self._left = threading.Event()

    @property
    def workers(self) -> int:
        """As many as there are now: some come, some are lost. One, while there are none."""
        return max(1, self._threads())

    def _threads(self) -> int:
        try:
            return sum(self._client.nthreads().values()) if self._client.status == "running" else 0
        except OSError:
            return 0  # the scheduler is lost

    def submit(self, task: Task) -> Future[Any]:
        done: Future[Any] = Future()
        with warnings.catch_warnings():
            # A batch's history goes with its task, so that it is not lost with a worker. Few are on their way at once.
            warnings.filterwarnings("ignore", "Sending large graph")
            remote = self._client.submit(_perform, self._tools.name, task, pure=False)
        self._open[done] = remote
        remote.add_done_callback(partial(self._finish, done))
        return done

    def _finish(self, done: Future[Any], remote: distributed.Future[Any]) -> None:
        try:
            result = remote.result()
        except distributed.KilledWorker:
            cure = (
                "Workers ended one after the other at the same piece of work: look at their logs, and at their memory"
            )
            self._fail(done, UserError("scheduler", self._cluster.address, f"{cure}. Run the same again to go on"))
        except CancelledError:
            self._fail(done, _lost(self._cluster.address))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where the result is asked for
            self._fail(done, error)
        else:
            if self._open.pop(done, None) is not None:
                done.set_result(result)

    def _fail(self, done: Future[Any], error: BaseException) -> None:
        if self._open.pop(done, None) is not None:
            done.set_exception(error)

    def _watch(self) -> None:
        """No work waits without end for workers that do not come back."""
        alive = time.monotonic()
        while not self._left.wait(1.0):
            if self._threads():
                alive = time.monotonic()
            elif time.monotonic() - alive > LOST_S:
                cure = "All its workers are lost, or it is. Start some, and run the same again to go on"
                for done in list(self._open):
                    self._fail(done, UserError("scheduler", self._cluster.address, cure))

    def __enter__(self) -> Self:
        for who, what in self._found().items():
            if what:
                cure = f"{who}: {what}. Install this tool there as it is here"
                raise UserError("scheduler", self._cluster.address, cure)
        self._client.register_plugin(self._tools)
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def _found(self) -> dict[str, str]:
        """In what the scheduler and each worker differ from here."""
        try:
            found = {"It": _differing(self._client.run_on_scheduler(_versions), _versions())}
        except ImportError as error:
            return {"It": str(error)}
        for worker, there in self._client.run(_versions, on_error="return").items():
            if not isinstance(there, OSError):  # one that was lost, and is not known to be
                found[f"Worker {worker}"] = _differing(there, _versions()) if isinstance(there, dict) else str(there)
        return found

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._left.set()
        if kind is not None:
            self._client.cancel(list(self._open.values()), force=True)
            self._open.clear()
        # A cluster that is gone has no tools to give back.
        with suppress(OSError, TimeoutError, CommClosedError):
            self._client.unregister_worker_plugin(self._tools.name)


class _Tools(distributed.WorkerPlugin):
    """A worker's tools, one a thread, opened for the first task; also of workers that join later."""

    idempotent = False

    def __init__(self, name: str, opened: Callable[[], AbstractContextManager[Any]], versions: dict[str, str]) -> None:
        self.name, self._opened, self._versions = name, opened, versions

    def setup(self, worker: distributed.Worker) -> None:
        if differing := _differing(_versions(), self._versions):
            cure = f"Worker {worker.address}: {differing}. Install this tool there as it is here"
            raise UserError("scheduler", worker.scheduler.address, cure)
        self._kept_open, self._of_threads, self._lock = ExitStack(), threading.local(), threading.Lock()

    def teardown(self, worker: distributed.Worker) -> None:
        self._kept_open.close()

    def tool(self) -> Any:
        if not hasattr(self._of_threads, "tool"):
            with self._lock:
                self._of_threads.tool = self._kept_open.enter_context(self._opened())
        return self._of_threads.tool


def _perform(tools: str, task: Task) -> Any:
    plugin = distributed.get_worker().plugins[tools]
    assert isinstance(plugin, _Tools)
    return task.call(plugin.tool(), *task.arguments)


def _versions() -> dict[str, str]:
    """What runs here, by name."""
    own = {"python": ".".join(python_version_tuple()[:2]), "content": pipeline.VERSION}
    return own | {name: version(name) for name in PACKAGES}


def _differing(found: dict[str, str], wanted: dict[str, str]) -> str:
    return ", ".join(f"{name} {found[name]}, not {value}" for name, value in wanted.items() if found[name] != value)
