"""Changes of the record on their way from a transaction to the worker that works out their daily states."""

import logging
import time
from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

Window = tuple[date, date]
"""The first and the last day with a change."""

PAUSE_S = 60
"""How long nothing is sent after the broker did not answer."""

_silent_until = 0.0
_warned = False


def listening() -> bool:
    """Whether a change would be sent: not if that is switched off, nor shortly after the broker did not answer."""
    return not settings.SKIP_CELERY_SIGNALS and time.monotonic() >= _silent_until


def note(told: Iterable[tuple[int, date]]) -> None:
    """Send changes, by batch and day, once what was done so far is committed, with all others of the transaction."""
    connection = transaction.get_connection()
    alive = set(connection.savepoint_ids)
    for savepoints, hook, _ in connection.run_on_commit:
        # A savepoint inside of the hook's own may still be undone: then a day too many is worked out, to no harm.
        if isinstance(hook, Changes) and savepoints <= alive:
            hook.add(told)
            return
    changes = Changes()
    changes.add(told)
    # Robust: what is committed is saved, whatever becomes of the states.
    transaction.on_commit(changes, robust=True)


class Changes:
    """The windows of a transaction by batch; called after the commit."""

    def __init__(self) -> None:
        self.windows: dict[int, Window] = {}

    def add(self, told: Iterable[tuple[int, date]]) -> None:
        for batch_id, day in told:
            first, last = self.windows.get(batch_id, (day, day))
            self.windows[batch_id] = min(first, day), max(last, day)

    def __call__(self) -> None:
        """Send one task a batch; if the broker does not answer, warn once and send nothing for a while."""
        global _silent_until, _warned  # noqa: PLW0603 - one broker a process
        # Imported here: half a second, that a process that records nothing need not spend.
        from apps.batch import tasks

        try:
            for batch_id, window in self.windows.items():
                tasks.send(batch_id, window)
            _warned = False
        except tasks.NO_ANSWER as error:
            _silent_until = time.monotonic() + PAUSE_S
            if not _warned:
                log.warning(
                    "Daily states do not follow what is recorded: no answer from the broker (%s). Start Redis and "
                    "`celery -A aquamind worker`, and run `aquamind analyse` for what was missed; "
                    "SKIP_CELERY_SIGNALS=1 silences this.",
                    error,
                )
            _warned = True
