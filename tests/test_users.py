"""People can log in once they have a password, and see what is theirs."""

import contextlib
import io
import json
import os
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db import connections
from pytest_django import DjangoDbBlocker
from rich.console import Console

from aquamind import database
from aquamind.database import connect
from aquamind.errors import UserError
from aquamind.server import PROJECT
from datagen import console, masterdata, orm
from datagen.masterdata import people
from datagen.storage import ledger
from tests.worlds import company

AQUAMIND = [sys.executable, "-c", "from datagen.cli import main; main()", "users"]
SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def staffed(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database with master data, and one login that somebody else made."""
    dsn = new_database()
    with django_db_blocker.unblock():
        orm.use(dsn)
        with connect(dsn, autocommit=True) as connection:
            ledger.prepare(connection)
        masterdata.init(*company())
        User._default_manager.create_user("somebody", password=SECRET)
        yield dsn
        connections["default"].close()


def users(dsn: str, *arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "AQUAMIND_PASSWORD"} | {"DATABASE_URL": dsn}
    env |= {} if password is None else {"AQUAMIND_PASSWORD": password}
    return subprocess.run(
        [*AQUAMIND, *arguments], env=env, cwd=PROJECT, check=False, capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def listed(dsn: str) -> dict[str, dict[str, Any]]:
    return {each["username"]: each for each in json.loads(users(dsn, "--json").stdout)}


def test_everybody_is_listed_and_operators_see_their_own(staffed: str) -> None:
    catalog, _ = company()
    found = listed(staffed)
    assert set(found) == {user.username for user in catalog.people.users}
    assert not any(each["can_log_in"] for each in found.values())
    assert {each["role"] for each in found.values()} >= {"ADMIN", "MGR", "OPR", "VET", "QA", "FIN", "VIEW"}
    seen = {name: [each[what] for what in ("stations", "areas", "containers")] for name, each in found.items()}
    assert seen["jogvan.hansen"] == [6, 0, 0]
    assert seen["barba.olsen"] == [0, 11, 0]
    assert seen["ewan.macleod"] == [10, 0, 0]
    assert seen["ailsa.drummond"] == [0, 0, 3]
    assert all(any(seen[name]) == (each["role"] == "OPR") for name, each in found.items())
    with connect(staffed) as connection:
        staff = connection.execute("SELECT username FROM auth_user WHERE is_staff AND is_superuser").fetchall()
        assert staff == [("rannva.joensen",)]
        areas = connection.execute(
            "SELECT count(DISTINCT area.id) FROM users_userprofile_allowed_areas JOIN infrastructure_area area"
            " ON area.id = area_id JOIN infrastructure_geography g ON g.id = geography_id WHERE g.name = 'Scotland'"
        ).fetchone()
        assert areas == (20,)


def test_a_password_lets_in_and_is_told_to_nobody(staffed: str, django_db_blocker: DjangoDbBlocker) -> None:
    done = users(staffed, "--password-for", "rannva.joensen", "--json", password=SECRET)
    assert (done.returncode, SECRET in done.stdout + done.stderr) == (0, False), done.stderr
    with django_db_blocker.unblock():
        assert authenticate(username="rannva.joensen", password=SECRET) is not None
        assert authenticate(username="hanus.poulsen", password=SECRET) is None
    with connect(staffed, autocommit=True) as connection:
        connection.execute("UPDATE auth_user SET last_login = now() WHERE username = 'rannva.joensen'")
        hashed = connection.execute("SELECT password FROM auth_user WHERE username = 'rannva.joensen'").fetchone()[0]
    assert hashed.startswith("pbkdf2_sha256$")
    # Whoever has logged in is this tool's still, and master data are as before.
    assert [name for name, each in listed(staffed).items() if each["can_log_in"]] == ["rannva.joensen"]
    with django_db_blocker.unblock():
        assert not any(each.created or each.updated for each in masterdata.init(*company()).values())


def test_demo_passwords_let_everybody_in(staffed: str, django_db_blocker: DjangoDbBlocker) -> None:
    told = json.loads(users(staffed, "--demo-passwords", "--json").stdout)
    found = {each["username"]: each["password"] for each in told}
    assert len(set(found.values())) == len(listed(staffed))
    with django_db_blocker.unblock():
        for username, password in found.items():
            assert authenticate(username=username, password=password) is not None
        assert authenticate(username="somebody", password=SECRET) is not None


def test_a_password_is_whole_in_a_terminal_of_80_columns(staffed: str, django_db_blocker: DjangoDbBlocker) -> None:
    shown, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": staffed, "TERM": "dumb"}
    with subprocess.Popen(
        [*AQUAMIND, "--demo-passwords"], stdout=terminal, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        seen = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while more := os.read(shown, 4096):
                seen += more
    os.close(shown)
    assert process.returncode == 0
    (row,) = [line for line in seen.decode().splitlines() if "rannva.joensen" in line]
    with django_db_blocker.unblock():
        assert authenticate(username="rannva.joensen", password=row.split("│")[-2].strip()) is not None


def test_a_table_narrower_than_its_words_loses_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "out", Console(file=io.StringIO(), width=20))
    console.show_table("Users", [("user", "left"), ("sees", "left")], [("rannva.joensen", "everything there is")])
    cells = [line.split("│") for line in console.out.file.getvalue().splitlines() if line.startswith("│")]  # type: ignore[attr-defined]
    assert "".join(cell[1].strip() for cell in cells) == "rannva.joensen"


def test_a_row_is_one_line_where_nobody_watches(staffed: str) -> None:
    told = users(staffed).stdout.splitlines()
    assert len([line for line in told if "rannva.joensen" in line and "Rannvá Joensen" in line]) == 1


@pytest.mark.parametrize("host", ["/tmp", "", "localhost", "127.0.0.2", "::1", "db.example", "10.0.0.7"])
def test_a_server_of_another_machine_is_told(host: str) -> None:
    connection = cast("psycopg.Connection[Any]", SimpleNamespace(info=SimpleNamespace(host=host)))
    assert database.is_local(connection) is (host not in ("db.example", "10.0.0.7"))


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (["--password-for", "rannva.joensn"], SECRET, "There is no such user. Did you mean 'rannva.joensen'"),
        (["--password-for", "somebody"], SECRET, "This tool did not make it"),
        (["--password-for", "rannva.joensen"], "short", "Shorter than 8 characters"),
        (["--password-for", "rannva.joensen"], None, "no terminal to ask"),
        (["--password-for", "rannva.joensn"], None, "There is no such user"),
        (["--password-for", "\udcff"], SECRET, "There is no such user"),
        (["--password-for", "rannva.joensen"], f"{SECRET}\udcff", "not written in UTF-8"),
    ],
)
def test_wrong_input_is_one_message(staffed: str, arguments: list[str], password: str | None, said: str) -> None:
    before = listed(staffed)
    done = users(staffed, *arguments, password=password)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert listed(staffed) == before


def test_a_container_that_is_not_there_is_refused(staffed: str, django_db_blocker: DjangoDbBlocker) -> None:
    catalog, _ = company()
    one = catalog.people.users[2].model_copy(update={"containers": ("FAR-A01-R99",)})
    spoilt = catalog.people.model_copy(update={"users": (one,)})
    with django_db_blocker.unblock(), pytest.raises(UserError, match=r"people.users.containers: 'FAR-A01-R99'"):
        people.init_users(catalog.model_copy(update={"people": spoilt}))
