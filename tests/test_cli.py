"""The command line as a user meets it: wrong input is one message and exit code 2, and writes nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from aquamind.server import LOCK, PROJECT
from datagen.catalog.reader import DEFAULT_FOLDER

UNREACHABLE = "postgresql://nobody:secret@127.0.0.1:1/nowhere"
SMALL = ["--preset", "small", "--as-of", "2025-11-21"]
BATCH = ["batch", "--start-date", "2025-01-01", "--eggs", "3500000", "--geography", "Faroe Islands", "--duration", "30"]


def aquamind(*arguments: str, dsn: str = UNREACHABLE, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from datagen.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        input=text,
        env={"DATABASE_URL": dsn, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        check=False,
        timeout=120,
    )


def edited(tmp_path: Path, file: str, old: str, new: str) -> str:
    folder = tmp_path / "company"
    shutil.copytree(DEFAULT_FOLDER, folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return str(folder)


WRONG = {
    "geography": ([*BATCH[:5], "--geography", "Faroes"], "geography: 'Faroes'"),
    "negative eggs": ([*BATCH, "--eggs", "-5"], "eggs: -5"),
    "eggs without room": ([*BATCH, "--eggs", "9000000"], "FAR-2025-001 may outgrow its 10 Parr containers"),
    "start after the record": (
        [*BATCH, "--start-date", "2031-01-01", "--as-of", "2030-01-01"],
        "start-date: '2031-01-01'",
    ),
    "a day of another age": ([*BATCH, "--start-date", "0201-01-01"], "start-date: '0201-01-01'"),
    "no day": ([*BATCH, "--start-date", "01.02.2025"], "start-date: '01.02.2025'"),
    "duration": ([*BATCH, "--duration", "0"], "duration: 0"),
    "preset": (["run", "--preset", "producton"], "preset: 'producton'"),
    "saturation": (["plan", "--saturation", "1.5"], "saturation: 1.5"),
    "small is one batch": (["plan", *SMALL, "--saturation", "0.5"], "saturation: 0.5"),
    "stagger": (["plan", "--stagger", "0"], "stagger: 0"),
    "no ages": (["plan", "--preset", "uat", "--ages", ""], "ages: ''. Write days of life"),
    "as-of": (["plan", "--as-of", "yesterday"], "as-of: 'yesterday'"),
    "schedule": (["generate", "nowhere.yaml"], "nowhere.yaml"),
    "server": (["run", *SMALL], "DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nowhere'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_message(case: str) -> None:
    arguments, message = WRONG[case]
    done = aquamind(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_an_unknown_key_of_a_catalog_is_told_with_its_line(tmp_path: Path) -> None:
    folder = edited(tmp_path, "biology.yaml", "potential:", "potentail:")
    done = aquamind("run", *SMALL, "--catalog", folder)
    assert done.returncode == 2
    assert "biology.yaml:" in done.stderr
    assert "potentail" in done.stderr
    assert "Traceback" not in done.stderr


def test_letters_of_names_are_no_markup_and_what_is_next_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    shutil.copytree(DEFAULT_FOLDER, folder)
    for file in folder.iterdir():
        text = file.read_text().replace("of the Faroe Islands", "of the isles")
        file.write_text(text.replace("Faroe Islands", '"North [/red]"'))
    written = tmp_path / "a [old] plan.yaml"
    done = aquamind("plan", *SMALL, "--catalog", str(folder), "--output", str(written))
    assert done.returncode == 0, done.stderr
    assert "1 batches (1 North [/red]" in done.stdout
    assert "│ North [/red] " in done.stdout
    assert f"Next: aquamind generate '{written}' --catalog {folder}" in done.stderr


def test_a_dangling_reference_is_told_with_its_line(tmp_path: Path) -> None:
    folder = edited(tmp_path, "biology.yaml", "{feed: Starter Feed 0.5mm}", "{feed: Starter Feed 5mm}")
    done = aquamind("run", *SMALL, "--catalog", folder)
    assert done.returncode == 2
    assert "Starter Feed 5mm" in done.stderr
    assert "Starter Feed 0.5mm" in done.stderr


def test_a_target_that_differs_is_refused_before_the_first_row(fresh_database: str) -> None:
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("ALTER TABLE batch_mortalityevent DROP COLUMN biomass_kg")
        connection.execute("ALTER TABLE batch_growthsample ADD scale_id integer NOT NULL")
    done = aquamind("run", *SMALL, dsn=fresh_database)
    assert done.returncode == 2
    assert "batch_mortalityevent.biomass_kg is missing" in done.stderr
    assert "batch_growthsample.scale_id (integer) must be filled" in done.stderr
    with psycopg.connect(fresh_database) as connection:
        assert connection.execute("SELECT count(*) FROM infrastructure_container").fetchone() == (0,)


def test_one_batch_has_the_guides_rows(new_database: Callable[[], str]) -> None:
    """200 days in 10 containers: 84,000 readings, 2,200 meals, 160 samples, about 2,000 deaths, 15.2 g within 25 %."""
    dsn = new_database()
    done = aquamind(*BATCH, "--duration", "200", "--json", dsn=dsn)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert rows["environmental_environmentalreading"] == 84_000
    assert rows["inventory_feedingevent"] == 2_200
    assert rows["batch_growthsample"] == 160
    assert 1_900 <= rows["batch_mortalityevent"] <= 2_000
    with psycopg.connect(dsn) as connection:
        fish, weight_g = connection.execute(
            "SELECT sum(population_count), sum(population_count * avg_weight_g) / sum(population_count)"
            " FROM batch_batchcontainerassignment WHERE is_active"
        ).fetchone() or (0, 0)
    assert 2_800_000 <= fish <= 3_010_000
    assert abs(float(weight_g) / 15.2 - 1) < 0.25
    advanced = aquamind("advance", "--to", "2025-07-29", "--json", dsn=dsn)
    assert advanced.returncode == 0, advanced.stderr
    assert json.loads(advanced.stdout)["rows"]["environmental_environmentalreading"] == 10 * 420
    assert aquamind("verify", dsn=dsn).returncode == 0
    # A second batch keeps clear of the first, and takes the next number.
    second = aquamind(*BATCH, "--duration", "40", "--json", dsn=dsn)
    assert second.returncode == 0, second.stderr
    with psycopg.connect(dsn) as connection:
        numbers = connection.execute("SELECT batch_number FROM batch_batch ORDER BY 1").fetchall()
        shared = connection.execute(
            "SELECT count(*) FROM batch_batchcontainerassignment a JOIN batch_batchcontainerassignment b"
            " ON a.container_id = b.container_id AND a.batch_id < b.batch_id"
        ).fetchone()
    assert numbers == [("FAR-2025-001",), ("FAR-2025-002",)]
    # Their records end on different days, and the laws hold for both.
    assert aquamind("verify", dsn=dsn).returncode == 0
    assert shared == (0,)
    # Another plan is refused before it is shown.
    another = aquamind("run", *SMALL, dsn=dsn)
    assert (another.returncode, another.stdout) == (2, "")
    assert "It holds another run already" in another.stderr
    wiped = aquamind("wipe", dsn=dsn, text="no\n")
    assert wiped.returncode == 2
    assert aquamind("wipe", dsn=dsn, text="DELETE\n").returncode == 0
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM environmental_environmentalreading").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM infrastructure_container").fetchone() == (2017,)
    assert json.loads(aquamind("status", "--json", dsn=dsn).stdout)["units"] == {}


def test_every_command_shows_an_example() -> None:
    listed = aquamind("--help")
    commands = [line.split()[0] for line in listed.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    commands = [command for command in commands if command.isalpha() and command.islower()]
    assert {"run", "plan", "generate", "batch", "init", "wipe", "status"} <= set(commands)
    for command in commands:
        text = " ".join(aquamind(command, "--help").stdout.split())
        assert f"Example: aquamind {command}" in text, command


def test_tests_start_no_server_of_the_project(tmp_path: Path) -> None:
    """A call of pytest that needs no database makes none, and none is left running where the project keeps its own."""
    home = tmp_path / "own"
    env = os.environ | {"AQUAMIND_DATA_DIR": str(home), "DATABASE_URL": ""}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_biology.py"]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert ended.returncode == 0, ended.stdout
    assert not home.exists()


INTERRUPTED_IMPORT = """
import os, signal, sys
class Interrupting:
    def find_spec(name, *_):
        if name == "datagen.cli.making":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting)
from datagen.__main__ import main
main()
"""


def test_an_interrupt_while_the_program_imports_ends_it_without_a_word() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")


INTERRUPTED_AT_EXIT = """
import atexit, os, signal, sys
def interrupting():
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
atexit.register(interrupting)
from datagen.cli import main
def command():
    if "interrupted" in sys.argv:
        interrupting()
        signal.pause()
main(command)
"""


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [("done", -signal.SIGINT, ""), ("interrupted", 130, "Interrupted. Run the same again to go on\n")],
)
def test_an_interrupt_while_the_program_ends_adds_no_word(how: str, code: int, said: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED_AT_EXIT, how]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", said)


def test_a_mistake_between_plan_and_run_leaves_no_half_made_server(tmp_path: Path) -> None:
    """It is begun while the plan is read, and ends with the command that has no use for it."""
    schedule = tmp_path / "schedule.yaml"
    assert aquamind("plan", *SMALL, "--output", str(schedule)).returncode == 0
    command = [sys.executable, "-m", "datagen", "generate", str(schedule), "--log-dir", "/dev/null/logs"]
    # Where the server's user gets to.
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": "/usr/sbin:/usr/bin:/bin", "AQUAMIND_DATA_DIR": home}
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=PROJECT, check=False)
        assert (done.returncode, done.stderr.partition("Error: ")[2].split(":")[0]) == (2, "log-dir"), done.stderr
        assert [each.name for each in Path(home).iterdir()] == [LOCK]
