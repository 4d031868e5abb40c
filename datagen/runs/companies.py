"""Several companies of one catalog as files: each of its own seed, in its own folder, with its own keys."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aquamind.errors import UserError
from datagen.case import Case
from datagen.execution import Hire, hired
from datagen.files import companies, place
from datagen.files.store import UNITS
from datagen.pipeline import Progress, Report
from datagen.runs import exporting
from datagen.storage import ledger

MOST_AT_ONCE = 32
"""Companies on their way at the same time, at most: the history of each is kept here meanwhile."""
WORKERS_OF_ONE = 8
"""A company keeps about so many workers busy: while it is lived, by two, and gathered, others are expanded."""


@dataclass(frozen=True)
class Job:
    """Where to write how many companies; `case_of` gives that of a number, counted from 1."""

    folder: Path
    case_of: Callable[[int], Case]
    companies: int
    suffix: str
    workers: int
    scheduler: str | None = None

    @property
    def numbers(self) -> range:
        return range(1, self.companies + 1)


def execute(job: Job, progress: Progress) -> tuple[Report, dict[str, Any]]:
    """Write all companies, and a manifest of them all; called again after a kill, it goes on where it was."""
    check_number(job.companies)
    first = job.case_of(1)
    identity = {**exporting.describe(first, job.suffix), "companies": job.companies}
    report = Report()
    if (manifest := place.there(job.folder, identity)) is None:
        with place.growing(job.folder, identity) as folder:
            _write(job, folder, min(job.workers, len(first.plan.batches)), progress, report)
            place.write_manifest(folder, {**identity, **_told(folder, job.numbers)})
            manifest = place.manifest(folder)
    report.rows = {table: entry["rows"] for table, entry in manifest["tables"].items()}
    report.content_hash = manifest["content_hash"]
    return report, manifest


def check_number(number: int) -> None:
    if not 1 <= number < companies.MOST:
        raise UserError("companies", number, f"Give a number from 1 to {companies.MOST - 1:,}")


def _write(job: Job, folder: Path, workers: int, progress: Progress, report: Report) -> None:
    progress.step("Companies", job.companies)
    rows, written = 0, _written_here if job.scheduler is None else _written_by_cluster
    with report.timed("companies"):
        for more in written(job, folder, workers):
            rows += more
            progress.advance(1, f"{rows:,} rows")


def _written_here(job: Job, folder: Path, workers: int) -> Iterator[int]:
    """One company after the other; the rows of each."""
    with hired(workers, None) as hire:
        for company in job.numbers:
            yield _write_one(job, hire, folder, company)


def _written_by_cluster(job: Job, folder: Path, workers: int) -> Iterator[int]:
    """As many companies at the same time as the cluster has work for: while one is lived, others are expanded."""
    with ExitStack() as stack:
        hands = stack.enter_context(ThreadPoolExecutor(MOST_AT_ONCE))
        # Should one company fail, the cluster is left first: then no other goes on.
        hire = stack.enter_context(hired(workers, job.scheduler))
        with hire(nullcontext) as cluster:
            at_once = threading.Semaphore(min(1 + cluster.workers // WORKERS_OF_ONE, MOST_AT_ONCE))
        companies = [hands.submit(_in_turn, at_once, job, hire, folder, company) for company in job.numbers]
        stack.callback(lambda: [company.cancel() for company in companies])
        for company in as_completed(companies):
            yield company.result()


def _in_turn(at_once: threading.Semaphore, *arguments: Any) -> int:
    with at_once:
        return _write_one(*arguments)


def _write_one(job: Job, hire: Hire, folder: Path, company: int) -> int:
    left = job.companies - company
    one = exporting.Job(
        folder / _folder(company), job.case_of(company), job.suffix, job.workers, job.scheduler, company, left
    )
    report, _ = exporting.execute_by(hire, one, _Nobody())
    (folder / UNITS / _folder(company)).touch()
    return sum(report.rows.values())


def _folder(company: int) -> str:
    return f"company={company}"


def _told(folder: Path, numbers: Iterable[int]) -> dict[str, Any]:
    """Rows, files and bytes of all companies, by table, and the hash of each."""
    each = {company: place.manifest(folder / _folder(company)) for company in numbers}
    tables = {
        table: {
            "rows": sum(one["tables"][table]["rows"] for one in each.values()),
            "bytes": sum(one["tables"][table]["bytes"] for one in each.values()),
            "files": f"company=*/{entry['files']}",
        }
        for table, entry in each[1]["tables"].items()
    }
    hashes = {_folder(company): one["content_hash"] for company, one in each.items()}
    return {"tables": tables, "content_hashes": hashes, "content_hash": ledger.combined(hashes.values())}


class _Nobody:
    """Companies are told one by one, and not their steps."""

    def step(self, name: str, total: float | None = None) -> None: ...

    def advance(self, done: float, note: str = "") -> None: ...
