"""The Celery task by which daily states follow the record, and the windows in Redis that it works through."""

import logging
from datetime import date
from functools import cache

import kombu.exceptions
import redis
from celery import Task
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.batch.growth_analysis import recompute
from apps.batch.live import Window
from apps.batch.models import ActualDailyAssignmentState
from apps.record import last_day
from aquamind import database
from aquamind.celery import app

log = logging.getLogger(__name__)

FIRST, LAST = "aquamind:changed:first", "aquamind:changed:last"
"""Sorted sets in Redis: day by batch."""

BURST_S = 1
"""A task waits so long: what is recorded meanwhile for its batch goes with it."""

HELD_S = 5
"""While `aquamind run` or another command holds the database, a task looks again after so long."""

PATIENCE_S = 0.5
NO_ANSWER = (redis.RedisError, kombu.exceptions.OperationalError)


def send(batch_id: int, window: Window) -> None:
    """Queue the work on a window, without a second try."""
    _put(batch_id, window)
    follow.apply_async((batch_id, *(day.isoformat() for day in window)), countdown=BURST_S, retry=False)


@app.task(bind=True, acks_late=True, autoretry_for=(OperationalError,), retry_backoff=5, max_retries=5)
def follow(self: Task, batch_id: int, first: str, last: str) -> int:
    """Work out a batch's states from the first changed day on; how many there are, 0 if a task before took this one's.

    The days are those of the change that queued it; what waits for the batch when it runs may reach further.
    """
    window = _take(batch_id)
    if window is None:
        # Only a worker that died on its way leaves a task without what it took.
        if not self.request.delivery_info.get("redelivered"):
            return 0
        window = date.fromisoformat(first), date.fromisoformat(last)
    try:
        states = _recompute(batch_id, window)
    except Exception as error:
        _put(batch_id, window)
        lost = isinstance(error, OperationalError)
        if lost and self.request.retries < self.max_retries:
            raise
        if (why := error if lost else database.explained(error)) is None:
            raise
        log.error("Daily states of batch %s do not follow what is recorded: %s", batch_id, why)
        return 0
    if states is None:
        _put(batch_id, window)
        raise self.retry(countdown=HELD_S, max_retries=None)
    return states


def _recompute(batch_id: int, window: Window) -> int | None:
    """How many states there are now; None, and nothing done, while a command holds the database to write."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [database.TURN])
        if not cursor.fetchone()[0]:
            return None
        states = ActualDailyAssignmentState.objects.filter(batch_id=batch_id).order_by("-date")
        # An operator goes on where a loaded record ends; a day mistyped into the future does not.
        as_of = max(
            last_day(batch_id), min(window[1], timezone.now().date()), *states.values_list("date", flat=True)[:1]
        )
        with connection.wrap_database_errors:
            return recompute(connection.connection, batch_id, window[0], as_of, as_of)


def _put(batch_id: int, window: Window) -> None:
    """Add a window to what waits for a batch."""
    with _redis().pipeline() as pipe:
        pipe.zadd(FIRST, {str(batch_id): window[0].toordinal()}, lt=True)
        pipe.zadd(LAST, {str(batch_id): window[1].toordinal()}, gt=True)
        pipe.execute()


def _take(batch_id: int) -> Window | None:
    """Take what waits for a batch; nothing if another task has taken it."""
    with _redis().pipeline() as pipe:
        for name in (FIRST, LAST):
            pipe.zscore(name, str(batch_id))
            pipe.zrem(name, str(batch_id))
        first, _, last, _ = pipe.execute()
    return None if first is None else (date.fromordinal(int(first)), date.fromordinal(int(last)))


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        app.conf.broker_url,
        socket_connect_timeout=PATIENCE_S,
        socket_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )
