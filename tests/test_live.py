"""Daily states follow what an operator records: by a real Redis and a real worker, or without a broker at no cost."""

import logging
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker, Settings

from apps.batch import live, tasks
from apps.batch.growth_analysis import recompute
from apps.batch.models import Batch, BatchContainerAssignment, GrowthSample, MortalityEvent, TransferAction
from apps.inventory.models import FeedingEvent
from aquamind import database
from aquamind.celery import app
from datagen import runs
from datagen.storage import postgres
from tests.loaded import django_on
from tests.worlds import AS_OF, Silent, case_of, small_plan

STATES = (
    "SELECT assignment_id, date, avg_weight_g, population, biomass_kg, temp_c, mortality_count, feed_kg, observed_fcr,"
    " anchor_type, sources, confidence_scores, last_computed_at"
    " FROM batch_actualdailyassignmentstate WHERE batch_id = %s ORDER BY date, assignment_id"
)
DAY, WEIGHT, POPULATION, ANCHOR, COMPUTED_AT = 1, 2, 3, 9, -1
SAVES = 1_000


def wait_for(what: str, done: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def dsn(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A record of our own, for it is changed: a batch of 340 days and one of 50, with their states."""
    dsn = new_database()
    with django_db_blocker.unblock(), django_on(dsn):
        runs.execute(runs.Job(dsn, case_of(small_plan(batches=1, stagger_days=290, containers=2)), 1), Silent())
        with psycopg.connect(dsn) as own:
            for batch in Batch.objects.all():
                recompute(own, batch.pk, date.min, AS_OF, AS_OF)
        yield dsn


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """A Redis server of our own."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing; install it, on Debian with: apt-get install redis-server"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = redis.Redis(port=port)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=tmp_path_factory.mktemp("redis"), stdout=subprocess.DEVNULL) as process:
        try:
            wait_for("redis-server", answers)
            app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
            yield client
        finally:
            process.terminate()


@pytest.fixture
def broker(redis_server: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    """That server, empty, and saving that knows of no trouble with it."""
    redis_server.flushall()
    tasks._redis.cache_clear()
    monkeypatch.setattr(live, "_silent_until", 0.0)
    monkeypatch.setattr(live, "_warned", False)
    return redis_server


@pytest.fixture
def worker(broker: redis.Redis, dsn: str, tmp_path: Any) -> Iterator[None]:
    """A Celery worker on that server and that record."""
    log = tmp_path / "worker.log"
    with log.open("w") as output, subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "aquamind", "worker", "--pool", "solo", "--loglevel", "info"],
        env={**os.environ, "DATABASE_URL": dsn, "CELERY_BROKER_URL": app.conf.broker_url},
        stdout=output, stderr=output,
    ) as process:  # fmt: skip
        try:
            wait_for("the worker", lambda: " ready." in log.read_text() or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def assignment(dsn: str) -> BatchContainerAssignment:
    """A stay of the older batch that fish came into and left again."""
    return BatchContainerAssignment.objects.filter(
        batch__start_date=date(2024, 12, 16), lifecycle_stage__name="Parr"
    ).first()


def states(batch_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(STATES, [batch_id])
        return cursor.fetchall()


def sample(assignment: BatchContainerAssignment, day: date, weight_g: str = "20.00") -> GrowthSample:
    return GrowthSample.objects.create(
        assignment=assignment, sample_date=day, sample_size=30, avg_weight_g=Decimal(weight_g)
    )


def windows(broker: redis.Redis) -> dict[int, tuple[date, date]]:
    scored: list[Any] = [broker.zrange(name, 0, -1, withscores=True) for name in (tasks.FIRST, tasks.LAST)]
    first, last = map(dict, scored)
    return {int(b): (date.fromordinal(int(first[b])), date.fromordinal(int(last[b]))) for b in first}


def queued(broker: redis.Redis) -> int:
    return int(broker.llen("aquamind"))


def test_states_follow_what_is_recorded(worker: None, assignment: BatchContainerAssignment) -> None:
    day = assignment.assignment_date + timedelta(days=30)
    before = states(assignment.batch_id)
    weighed = sample(assignment, day, "99.00")
    after = wait_for("new states", lambda: (now := states(assignment.batch_id)) != before and now)

    assert [row for row in after if row[DAY] < day] == [row for row in before if row[DAY] < day]
    later = [row for row in after if row[DAY] >= day]
    assert all(row[COMPUTED_AT] > before[0][COMPUTED_AT] for row in later)
    assert later[-1][DAY] == AS_OF
    [on_day] = [row for row in later if row[:2] == (assignment.pk, day)]
    assert (on_day[WEIGHT], on_day[ANCHOR]) == (Decimal("99.00"), "growth_sample")
    # The same as if all were computed anew.
    with psycopg.connect(os.environ["DATABASE_URL"]) as own:
        recompute(own, assignment.batch_id, date.min, AS_OF, AS_OF)
    assert [row[:COMPUTED_AT] for row in states(assignment.batch_id)] == [row[:COMPUTED_AT] for row in after]

    weighed.delete()
    expected = [row[:COMPUTED_AT] for row in before]
    wait_for("the old states", lambda: [row[:COMPUTED_AT] for row in states(assignment.batch_id)] == expected)

    MortalityEvent.objects.create(
        batch_id=assignment.batch_id, assignment=assignment, event_date=day, count=7, biomass_kg=1
    )
    fewer = {row[:2]: row[POPULATION] - 7 * (row[0] == assignment.pk and row[DAY] >= day) for row in before}
    wait_for("fewer fish", lambda: {row[:2]: row[POPULATION] for row in states(assignment.batch_id)} == fewer)


@pytest.mark.parametrize("recorded", [FeedingEvent, MortalityEvent, GrowthSample])
def test_what_is_recorded_changes_what_it_tells_and_nothing_else(
    recorded: Any, dsn: str, assignment: BatchContainerAssignment, settings: Settings
) -> None:
    """A meal what was fed that day, a death the fish from then on, a sample weights: of its stay and later ones."""
    settings.SKIP_CELERY_SIGNALS = True
    day = assignment.assignment_date + timedelta(days=30)
    row = [name.strip() for name in STATES.partition("FROM")[0].removeprefix("SELECT ").split(",")]

    def anew() -> dict[tuple[int, date], dict[str, Any]]:
        with psycopg.connect(dsn) as own:
            for batch in Batch.objects.all():
                recompute(own, batch.pk, date.min, AS_OF, AS_OF)
        every = [each for batch in Batch.objects.all() for each in states(batch.pk)]
        return {each[:2]: dict(zip(row, each, strict=True)) for each in every}

    before = anew()
    new: Any
    if recorded is FeedingEvent:
        new = FeedingEvent.objects.filter(batch_assignment=assignment, feeding_date=day).first()
        new.pk, new.amount_kg = None, Decimal("1.5")
        new.save()
    elif recorded is MortalityEvent:
        new = MortalityEvent.objects.create(
            batch_id=assignment.batch_id, assignment=assignment, event_date=day, count=7, biomass_kg=1
        )
    else:
        new = sample(assignment, day, "99.00")
    after = anew()
    changed = {
        (key, name) for key, state in after.items() for name in set(row[:-1]) if state[name] != before[key][name]
    }
    assert after.keys() == before.keys()
    assert changed
    names = {name for _, name in changed}
    stays = {key[0] for key, _ in changed}
    followed = BatchContainerAssignment.objects.filter(batch_id=assignment.batch_id, assignment_date__gte=day)
    assert stays <= {assignment.pk, *followed.values_list("pk", flat=True)}
    assert min(key[1] for key, _ in changed) == day
    if recorded is FeedingEvent:
        assert {key for key, _ in changed} == {(assignment.pk, day)}
        assert "feed_kg" in names <= {"feed_kg", "observed_fcr", "sources"}
        assert after[assignment.pk, day]["feed_kg"] == before[assignment.pk, day]["feed_kg"] + Decimal("1.5")
    elif recorded is MortalityEvent:
        assert {key for key, name in changed if name == "mortality_count"} == {(assignment.pk, day)}
        assert not names & {"feed_kg", "temp_c", "anchor_type"}
    else:
        assert not names & {"feed_kg", "temp_c", "mortality_count", "population"}
    new.delete()
    restored = anew()
    assert {key: {**state, row[-1]: None} for key, state in restored.items()} == {
        key: {**state, row[-1]: None} for key, state in before.items()
    }


def test_a_transaction_queues_one_task_a_batch(broker: redis.Redis, assignment: BatchContainerAssignment) -> None:
    day = assignment.assignment_date
    with transaction.atomic():
        weighed = [sample(assignment, day + timedelta(days=n)) for n in (5, 3, 9)]
        with transaction.atomic():
            sample(assignment, day + timedelta(days=4))
        assert queued(broker) == 0
    assert queued(broker) == 1
    assert windows(broker) == {assignment.batch_id: (day + timedelta(days=3), day + timedelta(days=9))}

    broker.flushall()
    # Where a row was told as well as where it is now.
    weighed[0].sample_date = day + timedelta(days=1)
    weighed[0].save()
    assert queued(broker) == 1
    assert windows(broker) == {assignment.batch_id: (day + timedelta(days=1), day + timedelta(days=5))}


def test_what_tells_nothing_about_fish_queues_nothing(
    broker: redis.Redis, assignment: BatchContainerAssignment, settings: Settings
) -> None:
    moved = TransferAction.objects.filter(source_assignment=assignment).first()
    with transaction.atomic():
        sample(assignment, assignment.assignment_date)
        transaction.set_rollback(True)
    treatment = assignment.treatments.first()
    treatment.includes_weighing = False
    treatment.save()
    broker.flushall()
    treatment.save()
    assert queued(broker) == 0

    moved.save()
    assert windows(broker) == {assignment.batch_id: (moved.actual_execution_date,) * 2}
    settings.SKIP_CELERY_SIGNALS = True
    broker.flushall()
    moved.save()
    assert (queued(broker), windows(broker)) == (0, {})


def test_saving_without_a_broker_is_fast(
    broker: redis.Redis,
    assignment: BatchContainerAssignment,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Twenty times fifty saves with signals on, and as many off, in turn: each save a transaction of its own."""
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    tasks._redis.cache_clear()
    seconds: dict[bool, list[float]] = {True: [], False: []}
    with caplog.at_level(logging.WARNING):
        for turn in range(40):
            settings.SKIP_CELERY_SIGNALS = skip = turn % 2 == 0
            for _ in range(SAVES // 20):
                begin = time.perf_counter()
                sample(assignment, assignment.assignment_date)
                seconds[skip].append(time.perf_counter() - begin)
    on, off = seconds[False], seconds[True]
    assert statistics.median(on) <= 2 * statistics.median(off)
    # The one that met the silence is among them.
    assert sum(on) <= 2 * sum(off) + 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "aquamind analyse" in caplog.text
    GrowthSample.objects.filter(assignment=assignment, avg_weight_g=20).delete()


def test_states_wait_for_whoever_holds_the_database(worker: None, assignment: BatchContainerAssignment) -> None:
    """A run that is writing, or a wipe: nothing is written meanwhile, and nothing is lost."""
    before = states(assignment.batch_id)
    with database.connect(os.environ["DATABASE_URL"], autocommit=True) as holder:
        postgres.hold(holder)
        weighed = sample(assignment, assignment.assignment_date + timedelta(days=30), "99.00")
        time.sleep(4)
        assert states(assignment.batch_id) == before
    wait_for("new states", lambda: states(assignment.batch_id) != before)
    weighed.delete()
    expected = [row[:COMPUTED_AT] for row in before]
    wait_for("the old states", lambda: [row[:COMPUTED_AT] for row in states(assignment.batch_id)] == expected)


@pytest.mark.parametrize(
    ("role", "done", "undone", "words"),
    [
        ("onlooker", "CREATE ROLE onlooker LOGIN", "DROP ROLE onlooker", "permission denied"),
        (
            "postgres",
            "ALTER TABLE batch_actualdailyassignmentstate ADD new int NOT NULL DEFAULT 0;"
            " ALTER TABLE batch_actualdailyassignmentstate ALTER new DROP DEFAULT",
            "ALTER TABLE batch_actualdailyassignmentstate DROP new",
            'null value in column "new"',
        ),
    ],
)
def test_a_worker_that_cannot_write_says_so_in_one_line_and_keeps_what_waits(
    role: str, done: str, undone: str, words: str,
    broker: redis.Redis, dsn: str, assignment: BatchContainerAssignment, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    batch_id, window = assignment.batch_id, (AS_OF, AS_OF)
    tasks._put(batch_id, window)
    with psycopg.connect(dsn, autocommit=True) as own:
        own.execute(done.encode())
        try:
            with django_on(dsn.replace("postgres@", f"{role}@")):
                result = tasks.follow.apply(args=(batch_id, *(day.isoformat() for day in window)))
        finally:
            own.execute(undone.encode())
    assert result.get() == 0
    [told] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert words in told.getMessage()
    assert told.exc_info is None
    assert tasks._take(batch_id) == window
