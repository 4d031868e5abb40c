"""Rows of others are touched by no command unless their database is named, and a password is never seen again."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from aquamind.database import connect
from aquamind.errors import UserError
from aquamind.server import EmbeddedServer
from datagen import runs
from datagen.runs import protection, wiping
from datagen.storage import ddl, ledger, untouched
from tests.test_cli import aquamind
from tests.worlds import Silent, case_of, small_plan

PASSWORD = "sesame"
AS_OF = ["--as-of", "2025-11-21"]
OWN_WEATHER = "INSERT INTO environmental_weatherdata (area_id, timestamp, created_at) VALUES (1, now(), now())"
OWN_BATCH = (
    "INSERT INTO batch_batch (batch_number, status, start_date, notes, created_at, updated_at, lifecycle_stage_id,"
    " species_id, batch_type) VALUES ('OWN-1', 'ACTIVE', '2024-01-01', '', now(), now(), 1, 1, 'STANDARD')"
)
OWN_DEATHS = (
    "INSERT INTO batch_mortalityevent (batch_id, event_date, count, biomass_kg, cause, description, created_at,"
    " updated_at) SELECT min(id), '2025-11-01', 7, 0.1, 'OTHER', '', now(), now() FROM batch_batch"
)
OWN_ACTIVITY = (
    "INSERT INTO planning_plannedactivity (batch_id, scenario_id, created_by_id, activity_type, due_date, status,"
    " notes, created_at, updated_at) SELECT batch_id, scenario_id, created_by_id, 'OTHER', due_date, 'PENDING',"
    " 'mine', now(), now() FROM planning_plannedactivity ORDER BY id LIMIT 1"
)
CANCELLED = (
    "UPDATE planning_plannedactivity SET status = 'CANCELLED'"
    " WHERE id = (SELECT max(id) FROM planning_plannedactivity WHERE notes <> 'mine')"
)
ON_WORKED_OUT = (
    (
        "CREATE TABLE on_state (state bigint, day date,"
        " FOREIGN KEY (state, day) REFERENCES batch_actualdailyassignmentstate ON DELETE CASCADE)",
        "INSERT INTO on_state SELECT id, date FROM batch_actualdailyassignmentstate LIMIT 1",
    ),
    (
        "CREATE TABLE on_activity (activity bigint REFERENCES planning_plannedactivity)",
        "INSERT INTO on_activity SELECT min(id) FROM planning_plannedactivity",
    ),
)
NOTES = (
    "CREATE TABLE my_notes (id int PRIMARY KEY, batch_id bigint REFERENCES batch_batch)",
    "INSERT INTO my_notes SELECT 1, min(id) FROM batch_batch",
    "INSERT INTO my_notes VALUES (2, NULL)",
)


def with_password(dsn: str) -> str:
    return dsn.replace("://postgres@", f"://postgres:{PASSWORD}@")


def name_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def insert(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        # What the rows refer to is not the matter here.
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def count(dsn: str, table: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def schedule_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("protected") / "schedule.yaml"
    assert aquamind("plan", "--preset", "small", *AS_OF, "--output", str(path)).returncode == 0
    return str(path)


def commands(schedule_file: str) -> list[list[str]]:
    return [
        ["run", "--preset", "small", *AS_OF, "--json"],
        ["generate", schedule_file, "--json"],
        ["batch", "--start-date", "2025-01-01", "--eggs", "1000", "--geography", "Scotland", "--duration", "30"],
        ["advance", "--to", "2025-11-22"],
        ["wipe", "--yes"],
    ]


def test_a_database_of_others_is_refused_until_it_is_named(fresh_database: str, schedule_file: str) -> None:
    insert(fresh_database, OWN_WEATHER)
    dsn = with_password(fresh_database)
    for command in commands(schedule_file):
        done = aquamind(*command, dsn=dsn)
        assert done.returncode == 2, (command, done.stderr)
        assert "Its table environmental_weatherdata holds 1 row that this tool did not write" in done.stderr
        assert_says_little(done)
    misspelt = aquamind("wipe", "--yes", "--database-name-to-destroy", "another", dsn=dsn)
    assert misspelt.returncode == 2
    assert f"The database is called {name_of(dsn)}" in misspelt.stderr
    with psycopg.connect(fresh_database) as connection:
        assert connection.execute("SELECT to_regnamespace('datagen') IS NULL").fetchone() == (True,)
    assert count(fresh_database, "infrastructure_container") == 0
    assert count(fresh_database, "environmental_weatherdata") == 1

    named = ["--database-name-to-destroy", name_of(fresh_database)]
    done = aquamind(*commands(schedule_file)[0], *named, dsn=dsn)
    assert done.returncode == 0, done.stderr
    assert_says_little(done)
    assert count(fresh_database, "environmental_weatherdata") == 0
    assert count(fresh_database, "batch_batch") == 1


def test_wipe_deletes_what_it_is_named_for_and_keeps_master_data(fresh_database: str) -> None:
    done = aquamind("init", "--json", dsn=fresh_database)
    assert done.returncode == 0
    # A table of master data that is not called so would be emptied.
    assert set(json.loads(done.stdout)) - {"auth_user"} == wiping.MASTER_DATA - {"scenario_fcr_model_stage_override"}
    insert(fresh_database, OWN_WEATHER, OWN_BATCH)
    refused = aquamind("wipe", "--yes", dsn=fresh_database)
    assert refused.returncode == 2
    assert "table batch_batch holds 1 row" in refused.stderr
    done = aquamind("wipe", "--yes", "--database-name-to-destroy", name_of(fresh_database), dsn=fresh_database)
    assert done.returncode == 0, done.stderr
    assert count(fresh_database, "batch_batch") == count(fresh_database, "environmental_weatherdata") == 0
    assert count(fresh_database, "infrastructure_container") == 2017
    assert count(fresh_database, "auth_user") == 17


def test_a_used_demo_is_left_until_it_is_named(
    new_database: Callable[[], str], schedule_file: str, tmp_path: Path
) -> None:
    dsn = new_database()
    with_secret = with_password(dsn)
    done = aquamind("generate", schedule_file, "--log-dir", str(tmp_path), dsn=with_secret)
    assert done.returncode == 0, done.stderr
    assert_says_little(done, *(log.read_text() for log in tmp_path.iterdir()))
    deaths = count(dsn, "batch_mortalityevent")
    insert(dsn, OWN_DEATHS, OWN_ACTIVITY, CANCELLED, *(table for table, _ in ON_WORKED_OUT))
    for command in (["generate", schedule_file], ["advance", "--to", "2025-11-23"], ["wipe", "--yes"]):
        refused = aquamind(*command, dsn=with_secret)
        assert refused.returncode == 2, command
        assert "table batch_mortalityevent holds 1 row that this tool did not write" in refused.stderr
        assert "planning_plannedactivity 2" in refused.stderr
    assert count(dsn, "batch_mortalityevent") == deaths + 1
    # Daily states and the like follow what is recorded, and are worked out anew; what others plan is theirs.
    done = aquamind("analyse", dsn=dsn)
    assert done.returncode == 0, done.stderr
    assert count(dsn, "planning_plannedactivity WHERE notes = 'mine' OR status = 'CANCELLED'") == 2
    assert count(dsn, "planning_plannedactivity") == 21
    states = count(dsn, "batch_actualdailyassignmentstate")
    for _, row in ON_WORKED_OUT:
        insert(dsn, row)
        refused = aquamind("analyse", dsn=dsn)
        assert refused.returncode == 2
        assert re.search("table on_[a-z]+ holds 1 row that this tool did not write", refused.stderr)
        assert_says_little(refused)
    assert count(dsn, "batch_actualdailyassignmentstate") == states
    insert(dsn, OWN_BATCH)
    refused = aquamind("advance", "--to", "2025-11-23", dsn=with_secret)
    assert "; batch_batch 1;" in refused.stderr
    assert "1 of its batches were not made by this tool" in aquamind("analyse", dsn=dsn).stderr
    named = ["--database-name-to-destroy", name_of(dsn)]
    done = aquamind("advance", "--to", "2025-11-23", *named, dsn=with_secret)
    assert done.returncode == 0, done.stderr
    assert count(dsn, "on_state") == count(dsn, "on_activity") == 0
    status = aquamind("status", "--json", dsn=with_secret)
    [run] = json.loads(status.stdout)["runs"]
    assert run["as_of"] == "2025-11-23"
    assert run["finished"]
    assert count(dsn, "batch_batch") == 1
    assert count(dsn, "batch_mortalityevent") >= deaths
    with psycopg.connect(dsn) as connection:
        ledger = [
            str(row)
            for table in ("run", "unit", "content", "dropped")
            for row in connection.execute(f"SELECT t::text FROM datagen.{table} t".encode())
        ]
    assert len(ledger) > 3
    assert_says_little(done, status.stdout, refused.stderr, *ledger)


EDITED = "UPDATE batch_growthsample SET notes = 'seen' WHERE id = (SELECT min(id) FROM batch_growthsample)"
ONE_DEATH_LESS = "DELETE FROM batch_mortalityevent WHERE id = (SELECT min(id) FROM batch_mortalityevent)"
STATE = (
    "UPDATE batch_actualdailyassignmentstate SET {} WHERE id = (SELECT min(id) FROM batch_actualdailyassignmentstate)"
)
TOUCHED: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {
    "nothing": ((), {}),
    "a table that refers": (NOTES, {"my_notes": 1}),
    "rows that do not refer": ((NOTES[0], NOTES[2]), {}),
    "another schema": (
        (
            "CREATE SCHEMA crm",
            "CREATE TABLE crm.weighed (sample bigint REFERENCES batch_growthsample)",
            "INSERT INTO crm.weighed SELECT id FROM batch_growthsample LIMIT 2",
        ),
        {"crm.weighed": 2},
    ),
    "a row added": ((OWN_DEATHS,), {"batch_mortalityevent": 1}),
    "a row deleted and one added": ((ONE_DEATH_LESS, OWN_DEATHS), {"batch_mortalityevent": 1}),
    "a row edited": ((EDITED,), {"batch_growthsample": 1}),
    "an activity planned, another cancelled": ((OWN_ACTIVITY, CANCELLED), {"planning_plannedactivity": 2}),
    "an export made in AquaMind": (
        (
            "INSERT INTO finance_navexportbatch (company_id, date_from, date_to, posting_date, state, created_at,"
            " updated_at) SELECT company_id, '2025-11-01', '2025-11-30', '2025-11-30', 'draft', now(), now()"
            " FROM finance_dimcompany LIMIT 1",
        ),
        {"finance_navexportbatch": 1},
    ),
    "a state worked out live": ((STATE.format("feed_kg = 1"),), {}),
    "a forecast worked out by AquaMind": (
        (
            "UPDATE batch_containerforecastsummary SET needs_planning_attention = NOT needs_planning_attention",
            "DELETE FROM batch_liveforwardprojection WHERE day_number % 2 = 0",
        ),
        {},
    ),
    "a weight set by hand": (
        (STATE.format("anchor_type = 'manual'"),),
        {"batch_actualdailyassignmentstate": 1},
    ),
    "a table never filled": ((OWN_WEATHER,), {"environmental_weatherdata": 1}),
}
# What a restore does to every row, the ledger's among them.
RESTORED = (
    "UPDATE datagen.transaction SET id = id",
    "UPDATE batch_growthsample SET notes = notes",
    "UPDATE batch_mortalityevent SET count = count",
)
TOUCHED |= {
    f"{name}, restored": ((*RESTORED, *TOUCHED[name][0]), TOUCHED[name][1])
    for name in ("nothing", "a row added", "a row deleted and one added")
}

TOUCHED["a ledger of before"] = (("DROP TABLE datagen.transaction", ledger.SCHEMA, EDITED), {})


@pytest.fixture(scope="module")
def own_record(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> str:
    """Two batches that nobody has touched."""
    dsn = new_database()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, case_of(small_plan(batches=1, containers=1)), 1), Silent())
    return dsn


@pytest.mark.parametrize("case", TOUCHED)
def test_what_others_did_is_noticed(case: str, own_record: str) -> None:
    statements, found = TOUCHED[case]
    with psycopg.connect(own_record) as connection:
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount
        assert protection.strangers(connection) == found
        if found:
            table, rows = next(iter(found.items()))
            with pytest.raises(UserError, match=f"Its table {table} holds {rows} row"):
                protection.permit(connection, None)
        connection.rollback()


def test_tables_that_nobody_has_touched_are_known_without_a_look_at_their_rows(own_record: str) -> None:
    """Not where a row was edited, though that was taken back, nor while somebody is at work whose edits may be new."""
    touched, others = "inventory_feedingevent", {"environmental_environmentalreading"}
    fed = f"UPDATE {touched} SET notes = 'seen' WHERE id = (SELECT min(id) FROM {touched})".encode()
    with psycopg.connect(own_record, autocommit=True, application_name="aquamind test") as connection:
        connections.close_all()
        left = time.monotonic() + 10
        while not (known := untouched.tables(connection)) and time.monotonic() < left:
            time.sleep(0.1)
        assert {touched, *others} <= known
        with connection.transaction(force_rollback=True):
            connection.execute(fed)
            assert protection.strangers(connection) == {touched: 1}
        with psycopg.connect(own_record) as other:
            other.execute(fed)
            assert untouched.tables(connection) == set()
            # A role that is told of other sessions only that they are there takes them to be at work.
            with connection.transaction(force_rollback=True):
                connection.execute("CREATE ROLE blind")
                connection.execute("GRANT USAGE ON SCHEMA datagen TO blind")
                connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA datagen TO blind")
                connection.execute("SET LOCAL ROLE blind")
                assert untouched.tables(connection) == set()
            other.rollback()
        while not (known := untouched.tables(connection)) and time.monotonic() < left:
            time.sleep(0.02)
        assert others <= known
        assert touched not in known
        assert protection.strangers(connection) == {}


def test_only_what_refers_to_deleted_rows_goes_with_them(fresh_database: str) -> None:
    insert(
        fresh_database,
        OWN_BATCH,
        *NOTES,
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.invoices (id int PRIMARY KEY, note int REFERENCES my_notes ON DELETE RESTRICT DEFERRABLE,"
        " corrects int REFERENCES crm.invoices)",
        "INSERT INTO crm.invoices VALUES (1, 1, NULL), (2, 2, NULL), (3, NULL, 1), (4, NULL, 2)",
        "CREATE TABLE memories (id int, batch_id bigint REFERENCES batch_batch ON DELETE SET NULL)",
        "INSERT INTO memories SELECT 1, id FROM batch_batch",
        "CREATE TABLE parts (id int, batch_id bigint REFERENCES batch_batch) PARTITION BY LIST (id)",
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)",
        "INSERT INTO parts SELECT 1, id FROM batch_batch",
        "CREATE TABLE aside () INHERITS (my_notes)",
        "INSERT INTO aside VALUES (3, 3)",
    )
    with connect(fresh_database, autocommit=True) as connection:
        ledger.prepare(connection)
        before = connection.execute(FOREIGN_KEYS).fetchall()
        with pytest.raises(UserError, match=r"row: '(memories|my_notes|parts).*Correct or delete it"):
            wiping.wipe(connection, fresh_database)
        assert [count(fresh_database, table) for table in ("batch_batch", "ONLY my_notes", "crm.invoices")] == [1, 2, 4]
        wiping.wipe(connection, fresh_database, unlink=True)
        assert connection.execute(FOREIGN_KEYS).fetchall() == before
        assert connection.execute("TABLE my_notes ORDER BY id").fetchall() == [(2, None), (3, 3)]
        assert connection.execute("SELECT id FROM crm.invoices ORDER BY id").fetchall() == [(2,), (4,)]
        assert connection.execute("TABLE memories").fetchall() == [(1, None)]
    assert count(fresh_database, "batch_batch") == count(fresh_database, "parts") == 0


FOREIGN_KEYS = (
    "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
    " WHERE contype = 'f' ORDER BY 1, 2"
)


def test_a_row_that_lost_what_it_refers_to_is_named(fresh_database: str) -> None:
    """Written while the keys are away, as a load needs it."""
    with connect(fresh_database, autocommit=True) as connection:
        ledger.prepare(connection)
        connection.execute(NOTES[0].encode())
        ddl.drop_secondary(connection, ["batch_batch"])
        connection.execute("INSERT INTO my_notes VALUES (1, 7)")
        with pytest.raises(UserError, match=r"my_notes: Key \(batch_id\)=\(7\) is not present"):
            ddl.rebuild(fresh_database, ["batch_batch"])
        connection.execute("DELETE FROM my_notes")
        ddl.rebuild(fresh_database, ["batch_batch"])
        assert ledger.status(connection)["dropped"] == []


def assert_says_little(done: subprocess.CompletedProcess[str], *more: str) -> None:
    for text in (done.stdout, done.stderr, *more):
        assert PASSWORD not in text
        assert "Traceback" not in text


def test_the_embedded_server_listens_on_no_network_port(server: EmbeddedServer) -> None:
    postmaster = (server.cluster / "postmaster.pid").read_text().split()[0]
    held = {
        found[1]
        for file in Path(f"/proc/{postmaster}/fd").iterdir()
        if (found := re.match(r"socket:\[([0-9]+)\]", str(file.readlink())))
    }
    sockets = [
        line.split()
        for kind in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{postmaster}/net/{kind}").read_text().splitlines()[1:]
    ]
    assert held, "its socket in the file system"
    assert not held & {fields[9] for fields in sockets}
