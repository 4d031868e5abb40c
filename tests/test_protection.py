"""Rows of others are touched by no command unless their database is named, and a password is never seen again."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from aquamind.database import EmbeddedServer
from tests.test_cli import aquamind

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
    assert aquamind("init", dsn=fresh_database).returncode == 0
    insert(fresh_database, OWN_WEATHER, OWN_BATCH)
    refused = aquamind("wipe", "--yes", dsn=fresh_database)
    assert refused.returncode == 2
    assert "table batch_batch holds 1 row" in refused.stderr
    done = aquamind("wipe", "--yes", "--database-name-to-destroy", name_of(fresh_database), dsn=fresh_database)
    assert done.returncode == 0, done.stderr
    assert count(fresh_database, "batch_batch") == count(fresh_database, "environmental_weatherdata") == 0
    assert count(fresh_database, "infrastructure_container") == 2017
    assert count(fresh_database, "auth_user") == 12


def test_a_used_demo_is_left_until_it_is_named(
    new_database: Callable[[], str], schedule_file: str, tmp_path: Path
) -> None:
    dsn = new_database()
    with_secret = with_password(dsn)
    done = aquamind("generate", schedule_file, "--log-dir", str(tmp_path), dsn=with_secret)
    assert done.returncode == 0, done.stderr
    assert_says_little(done, *(log.read_text() for log in tmp_path.iterdir()))
    deaths = count(dsn, "batch_mortalityevent")
    insert(dsn, OWN_DEATHS)
    for command in (["generate", schedule_file], ["advance", "--to", "2025-11-23"], ["wipe", "--yes"]):
        refused = aquamind(*command, dsn=with_secret)
        assert refused.returncode == 2, command
        assert "table batch_mortalityevent holds 1 row that this tool did not write" in refused.stderr
    assert count(dsn, "batch_mortalityevent") == deaths + 1
    # Daily states and the like follow what is recorded, and are worked out anew without being asked whose they are.
    assert aquamind("analyse", dsn=dsn).returncode == 0
    insert(dsn, OWN_BATCH)
    refused = aquamind("advance", "--to", "2025-11-23", dsn=with_secret)
    assert "table batch_batch holds 1 row that this tool did not write" in refused.stderr
    assert "1 of its batches are not of this tool" in aquamind("analyse", dsn=dsn).stderr
    named = ["--database-name-to-destroy", name_of(dsn)]
    done = aquamind("advance", "--to", "2025-11-23", *named, dsn=with_secret)
    assert done.returncode == 0, done.stderr
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
