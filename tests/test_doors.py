"""Whatever is wrong with a database, by whichever command one comes to it: one message, and all stays as it is."""

import io
import re
import runpy
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from aquamind import database
from aquamind.server import PROJECT, EmbeddedServer
from datagen import cli
from datagen.storage import ledger
from tests.chaos import DEFINITIONS
from tests.test_cli import BATCH, SMALL, UNREACHABLE

SCRIPTS = PROJECT / "scripts" / "data_generation"
ONE = ["--workers", "1"]
DOORS = {
    "run": ["run", *SMALL, *ONE],
    "generate": ["generate", "SCHEDULE", *ONE],
    "batch": BATCH,
    "advance": ["advance", "--to", "2025-11-22", *ONE],
    "analyse": ["analyse", *ONE],
    "init": ["init"],
    "wipe": ["wipe", "--yes"],
    "verify": ["verify", *ONE],
    "coverage": ["coverage"],
    "status": ["status"],
    "00_wipe_operational_data.py": ["--confirm"],
    "01_initialize_finance_policies.py": [],
    "seed_planned_activities.py": [],
    "run_growth_analysis_optimized.py": ONE,
    "verify_single_batch.py": [],
    "verify_test_data.py": ONE,
    "verify_uat_coverage.py": [],
}
WRITERS = {
    "run", "generate", "batch", "advance", "analyse", "wipe", "00_wipe_operational_data.py",
    "seed_planned_activities.py", "run_growth_analysis_optimized.py",
}  # fmt: skip
INITS = {"init", "01_initialize_finance_policies.py"}
ADDERS = WRITERS | INITS
WIPERS = {"wipe", "00_wipe_operational_data.py"}
LOADERS = {"run", "generate", "batch", "advance", "analyse", "run_growth_analysis_optimized.py"}

NEW = ("batch_mortalityevent", "planning_plannedactivity", "infrastructure_geography")
FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON datagen.run EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON datagen.unit EXECUTE FUNCTION full_disk()
"""
FAULTS: dict[str, tuple[str, str, str, set[str], str]] = {
    # What is done to a database and undone, by whom it is entered, which doors are closed, and what they say.
    "newer schema": (
        "".join(f"ALTER TABLE {t} ADD new int NOT NULL DEFAULT 0;ALTER TABLE {t} ALTER new DROP DEFAULT;" for t in NEW),
        "".join(f"ALTER TABLE {t} DROP new;" for t in NEW),
        "keeper", ADDERS - WIPERS, ".new (integer) must be filled",
    ),
    "older schema": (
        "ALTER TABLE batch_mortalityevent RENAME count TO number",
        "ALTER TABLE batch_mortalityevent RENAME number TO count",
        "keeper", set(DOORS) - WIPERS - INITS - {"status", "seed_planned_activities.py"},
        "count",
    ),
    "no right": ("", "", "stranger", set(DOORS), "permission denied|may not do this"),
    "not the owner": ("", "", "adder", ADDERS, "keeper owns auth_historicaluser"),
    "no schema": (
        "REVOKE ALL ON SCHEMA public FROM PUBLIC, keeper, pg_database_owner",
        "GRANT ALL ON SCHEMA public TO pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC",
        "keeper", set(DOORS) - {"status"}, "schema public",
    ),
    "one table": (
        "REVOKE ALL ON batch_mortalityevent FROM keeper", "GRANT ALL ON batch_mortalityevent TO keeper",
        "keeper", {*WRITERS, "verify", "verify_test_data.py"}, "batch_mortalityevent",
    ),
    "read only": (
        "ALTER ROLE keeper SET default_transaction_read_only = on", "ALTER ROLE keeper RESET ALL",
        "keeper", ADDERS, "can only read",
    ),
    "no server": ("", "", "", set(DOORS), "No connection"),
    "newer ledger": (
        "UPDATE datagen.version SET version = 99", f"UPDATE datagen.version SET version = {ledger.VERSION}",
        "keeper", set(DOORS) - {"verify_single_batch.py"}, "Use the newer version",
    ),
    "other ledger": (
        "ALTER TABLE datagen.run RENAME parameters TO was", "ALTER TABLE datagen.run RENAME was TO parameters",
        "keeper", {"run", "generate", "advance", "verify", "status", "verify_single_batch.py", "verify_test_data.py"},
        "DROP SCHEMA datagen",
    ),
    "full disk": (
        FULL, "DROP FUNCTION full_disk CASCADE",
        "keeper", WRITERS, "disk is full",
    ),
    "few connections": (
        "ALTER ROLE keeper CONNECTION LIMIT 3", "ALTER ROLE keeper CONNECTION LIMIT -1",
        "keeper", LOADERS | WIPERS, "End other sessions",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(server: EmbeddedServer, template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The superuser's URL of a small record; it belongs to the role keeper, to whose tables adder may add."""
    with database.connect(server.url("postgres"), autocommit=True) as connection:
        for role in ("keeper", "adder", "stranger"):
            connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute("CREATE DATABASE doors OWNER keeper")
    dsn = server.url("doors")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        assert entered("run", DOORS["run"], as_role(dsn, "keeper"), patch) == 0
        with database.connect(dsn, autocommit=True) as connection:
            connection.execute("GRANT USAGE ON SCHEMA public, datagen TO adder")
            connection.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public, datagen TO adder")
        yield dsn


def as_role(dsn: str, role: str) -> str:
    return dsn.replace("postgres@", f"{role}@") if role else UNREACHABLE


def entered(door: str, arguments: list[str], dsn: str, patch: pytest.MonkeyPatch) -> int:
    """The exit code of a command or script, run in this process."""
    patch.setenv("DATABASE_URL", dsn)
    patch.setattr(sys, "argv", ["aquamind", *arguments])
    patch.setattr(sys, "stdin", io.StringIO("DELETE\n"))
    patch.syspath_prepend(str(SCRIPTS))
    try:
        if door.endswith(".py"):
            runpy.run_path(str(SCRIPTS / door), run_name="__main__")
        else:
            cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        connections.close_all()
    return 0


@pytest.fixture(scope="module")
def schedule_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("doors") / "schedule.yaml"
    with pytest.MonkeyPatch.context() as patch:
        assert entered("plan", ["plan", *SMALL, "--output", str(path)], UNREACHABLE, patch) == 0
    return str(path)


def state(dsn: str) -> Any:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT count(*), (SELECT count(*) FROM batch_batch) FROM datagen.run").fetchone()
        return rows, set(connection.execute(DEFINITIONS))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_closed_door_says_so_in_one_message(
    fault: str, loaded: str, schedule_file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done, undone, role, closed, words = FAULTS[fault]
    before = state(loaded)
    with psycopg.connect(loaded, autocommit=True) as connection:
        connection.execute(done.encode())
        try:
            for door, given in DOORS.items():
                if door in closed:
                    arguments = [schedule_file if word == "SCHEDULE" else word for word in given]
                    capsys.readouterr()
                    code = entered(door, arguments, as_role(loaded, role), monkeypatch)
                    said = capsys.readouterr().err
                    last = said.splitlines()[-1] if said else ""
                    assert code in (1, 2), (door, said)
                    assert re.search("^(Type DELETE to go on: )?(Error|Stopped): ", last), (door, said)
                    assert any(word in last for word in words.split("|")), (door, said)
                    assert "Traceback" not in said
        finally:
            connection.execute(undone.encode())
    assert state(loaded) == before


def test_an_encoding_that_cannot_hold_all_names_is_refused_before_the_first_table(
    server: EmbeddedServer,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    for door in ("run", "init"):
        assert entered(door, DOORS[door], server.url("ascii"), monkeypatch) == 2
        assert "Its encoding is SQL_ASCII. Create one with ENCODING 'UTF8'" in capsys.readouterr().err
    with psycopg.connect(server.url("ascii")) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


OWN = {
    "a species of ours by another name": (
        "INSERT INTO batch_species (name, scientific_name, description, created_at, updated_at)"
        " VALUES ('Salmon', 'Salmo salar', '', now(), now())",
        "scientific_name",
    ),
    "a stage of another species": (
        "INSERT INTO batch_species (id, name, scientific_name, description, created_at, updated_at)"
        " VALUES (77, 'Trout', 'Salmo trutta', '', now(), now()); INSERT INTO batch_lifecyclestage"
        " (name, species_id, \"order\", description, created_at, updated_at) VALUES ('Fry', 77, 1, '', now(), now())",
        "'Fry': species_id is 'Trout', and 'Atlantic Salmon' in the catalog",
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_master_data_of_a_company_that_stand_in_the_way_are_named(
    case: str,
    fresh_database: str,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inserted, words = OWN[case]
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute(inserted.encode())
    with django_db_blocker.unblock():
        assert entered("init", DOORS["init"], fresh_database, monkeypatch) == 2
    assert words in capsys.readouterr().err
