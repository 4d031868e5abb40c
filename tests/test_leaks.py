"""What is secret stays so, nothing is written where others lead us, and an output that cannot be written is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from aquamind import database, serving
from aquamind.errors import UserError
from aquamind.server import PROJECT
from aquamind.settings import DEVELOPMENT_KEY
from tests.test_cli import SMALL, UNREACHABLE, aquamind
from tests.test_protection import PASSWORD, with_password


def test_psql_is_told_the_password_where_its_owner_alone_can_read_it(fresh_database: str) -> None:
    dsn = with_password(fresh_database) + "&keepalives=0&application_name=it%27s"
    # psql's own child sees what every user of the machine can.
    watch = ["psql", "-X", "-At", "-c", "\\! tr '\\0' '\\n' < /proc/$PPID/cmdline", "-c", "SHOW application_name"]
    done = aquamind(*watch, dsn=dsn)
    assert done.returncode == 0, done.stderr
    assert "keepalives=0" in done.stdout
    assert done.stdout.endswith("it's\n")
    assert PASSWORD not in done.stdout
    variables, _ = database.for_programs(dsn)
    assert variables["PGPASSWORD"] == PASSWORD


@pytest.mark.parametrize("host", ["", " ", "0.0.0.0", "0", "::", "192.0.2.1", "nowhere.invalid"])
def test_no_address_of_others_is_served_with_the_key_that_all_know(host: str) -> None:
    with pytest.raises(UserError, match=r"serve on 127\.0\.0\.1$") as told:
        serving.serve(host, 0, print)
    assert (told.value.field, told.value.value) == ("host", host)


def test_a_key_of_ones_own_opens_the_site_to_others_unless_it_debugs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECRET_KEY", DEVELOPMENT_KEY)
    serving._check_host("localhost")
    monkeypatch.setattr(settings, "SECRET_KEY", "mine")
    serving._check_host("0.0.0.0")
    monkeypatch.setattr(settings, "DEBUG", True)
    with pytest.raises(UserError, match="DEBUG"):
        serving._check_host("0.0.0.0")


@pytest.mark.parametrize(
    "path", ["../..", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "", "plotly", "%00", "x" * 5000]
)
def test_what_is_no_static_file_is_not_found(path: str) -> None:
    site = serving._StaticFiles(get_wsgi_application())
    assert site.get_response(RequestFactory().get(f"/static/{path}")).status_code == 404


def test_a_log_where_all_may_write_follows_no_link(tmp_path: Path) -> None:
    precious, log = tmp_path / "precious", tmp_path / "batch_gen_1.log"
    precious.write_text("mine")
    log.symlink_to(precious)
    done = subprocess.run(
        [sys.executable, "scripts/data_generation/04_batch_orchestrator_parallel.py", "--execute", "--batches", "1"],
        capture_output=True, text=True, cwd=PROJECT, check=False,
        env={**os.environ, "DATABASE_URL": UNREACHABLE, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert precious.read_text() == "mine"
    assert not log.is_symlink()
    assert "No connection" in log.read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"precious", log.name}


def test_a_full_output_is_one_message() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from datagen.cli import main; main()", "plan", *SMALL],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "Stopped: no space left to write the output. Free some. Run the same again to go on\n"


@pytest.mark.parametrize(("length", "code"), [(300, 2), (250, 0)])
def test_a_file_name_is_as_long_as_the_disk_allows(tmp_path: Path, length: int, code: int) -> None:
    done = aquamind("plan", *SMALL, "--output", str(tmp_path / ("x" * length)))
    assert done.returncode == code, done.stderr
    assert ("File name too long" in done.stderr) == bool(code)
    assert len(list(tmp_path.iterdir())) == (code == 0)


@pytest.mark.parametrize("url", [None, "postgresql://u:secret\udcff@127.0.0.1:1/x"])
def test_what_is_no_utf_8_is_one_message(tmp_path: Path, url: str | None) -> None:
    command = ["export", str(tmp_path / "\udcff"), *SMALL] if url is None else ["status"]
    done = aquamind(*command, dsn=url or UNREACHABLE)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert ("This name, or that of a folder above, is not UTF-8" if url is None else "cannot be read") in done.stderr
    assert "secret" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_deleted_is_one_message(tmp_path: Path) -> None:
    gone = 'mkdir gone; cd gone; rmdir ../gone; exec "$@"'
    command = [sys.executable, "-c", "from datagen.cli import main; main()", "export", str(tmp_path / "record"), *SMALL]
    done = subprocess.run(
        ["sh", "-c", gone, "sh", *command], capture_output=True, text=True, check=False, cwd=tmp_path
    )  # fmt: skip
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "working folder: It was deleted" in done.stderr


def test_stop_says_what_it_did(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from datagen.cli import main; main()", "stop"],
        capture_output=True, text=True, check=False, env={**os.environ, "AQUAMIND_DATA_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.startswith("Nothing to stop: the embedded server does not run")
