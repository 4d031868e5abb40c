"""No command hangs beside another, beside a session of another hand, or after an interrupt: it says why it leaves."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from aquamind.database import connect
from aquamind.errors import UserError
from aquamind.server import EmbeddedServer
from datagen import checks, runs
from tests.beside import Command, Stage
from tests.worlds import Silent, case_of, small_plan

PAIRS = (
    *(("verify", other) for other in ("run", "batch", "wipe", "analyse", "advance", "verify")),
    ("wipe", "status"),
    ("init", "generate"),
)
"""Those that could wait for each other; `python -m benchmarks.beside` has all, several times."""
ENDS_WITHIN_S = 4.0
"""After an interrupt: 2 s, if the machine has nothing else to do."""


@pytest.fixture(scope="module")
def stage(server: EmbeddedServer, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    empty = new_database()
    connections.close_all()
    return Stage(server, empty, tmp_path_factory.mktemp("beside"), random.Random())


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_of_two_commands_each_takes_its_turn_or_says_who_has_it(stage: Stage, pair: tuple[str, str]) -> None:
    stage.beside(*pair)


def test_two_may_judge_at_once(stage: Stage) -> None:
    dsn = stage.copy("filled")
    both = [stage.start(dsn, "verify"), stage.start(dsn, "verify")]
    assert [one.end().code for one in both] == [0, 0]


def test_a_session_that_keeps_a_lock_is_named(stage: Stage) -> None:
    names = ("verify", "analyse", "advance", "wipe", "batch", "init")
    sessions, commands = [], []
    for name in names:
        dsn = stage.copy("filled")
        session = connect(dsn, application_name="somebody's psql")
        session.execute("LOCK TABLE batch_batch, batch_lifecyclestage")
        sessions.append(session)
        commands.append(stage.start(dsn, name))
    for name, session, command in zip(names, sessions, commands, strict=True):
        ended = command.end()
        assert ended.code == 1, (name, ended)
        who = f"Stopped: session {session.info.backend_pid} (somebody's psql, idle in transaction, since 20"
        assert ended.said[0].startswith(who), (name, ended)
        assert "holds batch_" in ended.said[0]
        assert len(ended.said) == 1
        session.close()


def test_what_another_session_empties_meanwhile_is_judged_as_it_was(stage: Stage) -> None:
    """TRUNCATE empties a table in every snapshot; whoever asks for the table after it waits behind it."""
    dsn = stage.copy("filled")
    meanwhile = threading.Thread(target=_truncate, args=(dsn,))

    class Meddling(Silent):
        def advance(self, done: float, note: str = "") -> None:
            if done and not meanwhile.ident:
                meanwhile.start()
                time.sleep(0.5)

    verdicts = checks.verify(dsn, 2, Meddling())
    assert not any(verdict.offending for verdict in verdicts)
    assert sum(verdict.checked for verdict in verdicts) > 20
    meanwhile.join()
    assert _count(dsn, "batch_batch") == 0


@pytest.mark.parametrize("name", ["run", "wipe", "analyse", "advance", "verify", "status"])
def test_an_interrupt_ends_a_command(stage: Stage, name: str) -> None:
    stage.interrupted(name, ENDS_WITHIN_S)


def test_an_interrupt_ends_a_command_whose_server_does_not_answer(stage: Stage) -> None:
    dsn = stage.copy("filled")
    with connect(dsn) as session:
        session.execute("LOCK TABLE batch_batch")
        command = stage.start(dsn, "verify")
        [backend] = _wait_for(dsn, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s")
        os.kill(backend, signal.SIGSTOP)
        try:
            command.interrupt()
            ended = command.end()
        finally:
            os.kill(backend, signal.SIGCONT)
    assert (ended.code, ended.said) == (130, ["Interrupted. Run the same again to go on"])
    assert ended.seconds < ENDS_WITHIN_S


def test_an_interrupted_load_is_said_to_be_one(stage: Stage) -> None:
    dsn = stage.copy("empty")
    _kill_when_keys_are_away(stage.start(dsn, "generate"), dsn)
    for name, code in (("verify", 1), ("analyse", 2), ("advance", 2)):
        ended = stage.start(dsn, name).end()
        assert ended.code == code, ended
        assert len(ended.said) == 1, ended
        assert "interrupted. Run the same again to finish it" in ended.said[0], ended
    status = stage.start(dsn, "status")
    assert status.end().code == 0
    assert "interrupted: run it again to finish it" in status.printed()
    assert stage.start(dsn, "generate").end().code == 0
    assert stage.start(dsn, "verify").end().code == 0


def test_an_interrupted_analysis_is_said_to_be_one(stage: Stage) -> None:
    dsn = stage.copy("filled")
    _kill_when_keys_are_away(stage.start(dsn, "analyse"), dsn)
    for name, code in (("verify", 1), ("advance", 2)):
        ended = stage.start(dsn, name).end()
        assert ended.code == code, ended
        assert len(ended.said) == 1, ended
        assert "`aquamind analyse` was interrupted. Run it again" in ended.said[0], ended
    assert stage.start(dsn, "analyse").end().code == 0
    assert stage.start(dsn, "verify").end().code == 0


def test_nothing_to_check_is_no_success(stage: Stage) -> None:
    dsn = stage.copy("filled")
    assert stage.start(dsn, "wipe").end().code == 0
    ended = stage.start(dsn, "verify").end()
    assert ended.code == 1
    assert ended.said[0].endswith("It holds no batches: nothing to check. Run `aquamind run` first")


def test_a_number_that_was_taken_since_it_was_planned_is_refused(
    stage: Stage, django_db_blocker: DjangoDbBlocker
) -> None:
    """Of two that add a batch at once, the second may have planned before the first was there."""
    job = runs.Job(stage.copy("empty"), case_of(small_plan(batches=1, containers=1)), 1, beside=True)
    with django_db_blocker.unblock():
        runs.execute(job, Silent())
        with pytest.raises(UserError, match=r"was added by another session meanwhile\. Run the same again"):
            runs.execute(job, Silent())


def _truncate(dsn: str) -> None:
    with connect(dsn, autocommit=True) as connection:
        connection.execute("SET lock_timeout = 0")
        connection.execute("TRUNCATE batch_batch CASCADE")


def _count(dsn: str, table: str) -> int:
    with connect(dsn) as connection:
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()
        return int(rows)


def _wait_for(dsn: str, query: str) -> tuple[int, ...]:
    with connect(dsn, autocommit=True) as connection:
        for _ in range(2000):
            if found := connection.execute(query.encode(), [connection.info.dbname]).fetchone():
                return found
            time.sleep(0.01)
    raise AssertionError(f"never: {query}")


def _kill_when_keys_are_away(command: Command, dsn: str) -> None:
    with connect(dsn, autocommit=True) as connection:
        for _ in range(6000):
            try:
                if connection.execute("SELECT FROM datagen.dropped").rowcount:
                    break
            except psycopg.errors.UndefinedTable:
                pass
            time.sleep(0.01)
        else:
            pytest.fail("no keys were taken away")
    os.killpg(command.process.pid or 0, signal.SIGKILL)
    command.process.join()
