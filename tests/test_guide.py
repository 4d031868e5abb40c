"""Every block of the guide, taken out of the guide itself and run in its order against a PostgreSQL server on TCP.

The tests of this module go on from one another's database, as a user does.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from aquamind.database import NAME
from aquamind.server import PROJECT, EmbeddedServer, binaries

GUIDE = PROJECT / "tests" / "guide" / "test_data_generation_guide_v6.3.md"

SUBSTITUTIONS = {
    # Where the project is; how much data; how many workers two cores bear.
    "cd /Users/aquarian247/Projects/AquaMind\n": "",
    "--years 4 --stagger 13": "--preset medium --batches 2 --stagger 290",
    "--batches 72 --stagger 13": "--batches 1 --stagger 45",
    "--batches 125": "--preset medium --batches 1 --stagger 90",
    "--batches 20": "--batches 1 --stagger 130",
    "--batches 85": "--batches 1 --stagger 45 --workers 1",
    "--batches 10": "--batches 1 --stagger 45 --workers 1",
    "batch_gen_20.log": "batch_gen_1.log",
    "--workers 14 --use-partitions": "--workers 2 --use-partitions",
    "--workers 14": "--workers 1",
    "--workers 4": "--workers 1",
    # Commands that ask, watch or wait, and so never end by themselves.
    "# (Type 'DELETE' when prompted)": "",
    "# Interactive\npython": "echo DELETE | python",
    "# Interactive wipe\npython": "echo DELETE | python",
    "tail -f": "tail -n 3",
    "watch -n 60": "sh -c",
    # Finds nothing, which is what it is there to show.
    "_*.log": "_*.log || test $? = 1",
    # AquaMind's samples know their assignment alone: the guide's query fails on its own schema too.
    "FROM batch_growthsample WHERE batch_id = b.id": "FROM batch_growthsample JOIN batch_batchcontainerassignment stay"
    " ON stay.id = assignment_id WHERE stay.batch_id = b.id",
    # The answer of a script that is not built.
    "04_batch_orchestrator.py --execute --batches 1 --stagger 45 --workers 1": "04_batch_orchestrator.py --execute"
    " || test $? = 2",
}

NOT_RUN = {
    "max_from_time = (years × 365)": "a formula in words",
    "if batch.lifecycle_stage.order == 6:": "a fragment: conditions without a body",
    "145 batches processed in 7.8 minutes": "output of a run",
    "Day   0: Batch 1 occupies Hall-A": "a picture",
    "Container reuse factor:": "a calculation in words",
    "Total Batches: 40": "expected results",
    "Total Batches: 170": "expected results",
    "Environmental Readings: 7-10 million": "expected results",
    "Environmental Readings: 35-45 million": "expected results",
    "df -h | grep /dev/disk": "names a disk as macOS does; the tool itself checks that there is room",
    "Batch 1:  Start 2020-08-30": "a picture",
    "Operator records event": "a picture",
    "Event engine creates 10,000 events": "a picture",
    "1 = Egg&Alevin (no feeding, 90 days)": "a table",
}

OTHER_PLAN = {
    "Execute with parallel workers and per-batch logging": "script 3 has left batches",
    "Execute with deterministic harvest targets": "script 4b has loaded another schedule",
    "Dry run first (see plan)": "another schedule is loaded",
    "Execute full 170 batches": "step 4A has loaded 20 batches a geography",
    "WRONG - Will take 40+ hours": "other batches",
}
"""Blocks that load another plan than the database holds: a wipe is due, which the guide leaves out."""


LAST = "(SELECT max(id) FROM batch_batch)"
ACTIVE = "(SELECT count(*) FROM batch_batch WHERE status = 'ACTIVE')"
OF_ACTIVE = "(SELECT id FROM batch_batch WHERE status = 'ACTIVE')"
PROMISES = {
    "Generate schedule (auto-calculates": {
        "SELECT count(*) FROM batch_batch": 4,
        # Four starts 290 days apart, the last 50 days ago: the first is 920 days old.
        "SELECT count(*) FROM batch_batch WHERE status = 'COMPLETED'": 1,
        "SELECT count(DISTINCT batch_id) FROM batch_actualdailyassignmentstate": 4,
        f"SELECT count(*) - 20 * {ACTIVE} FROM planning_plannedactivity WHERE batch_id IN {OF_ACTIVE}": 0,
        "SELECT count(*) - count(pinned_projection_run_id) FROM batch_batch": 0,
    },
    "Wipe + generate 20 batches": {
        "SELECT count(*) FROM batch_batch": 2,
        "SELECT count(DISTINCT batch_id) FROM batch_actualdailyassignmentstate": 2,
        f"SELECT count(*) - 20 * {ACTIVE} FROM planning_plannedactivity WHERE batch_id IN {OF_ACTIVE}": 0,
    },
    # Beside the two batches of option B, in containers and under a number of its own.
    "Quick test of single batch": {
        "SELECT count(*) FROM batch_batch": 3,
        f"SELECT count(*) FROM environmental_environmentalreading WHERE batch_id = {LAST}": 84_000,
        f"SELECT count(*) FROM inventory_feedingevent WHERE batch_id = {LAST}": 2_200,
        "SELECT count(*) FROM batch_growthsample JOIN batch_batchcontainerassignment stay ON stay.id = assignment_id"
        f" WHERE batch_id = {LAST}": 160,
    },
    "Non-interactive (in scripts)": {
        "SELECT count(*) FROM batch_batch": 0,
        "SELECT count(*) FROM environmental_environmentalreading": 0,
        # In their places: where plans are lived, a second one takes turns with many of them.
        "SELECT count(*) FROM infrastructure_sensor WHERE right(name, 2) <> ' B'": 11_060,
        "SELECT count(*) FROM inventory_feed": 6,
    },
    "Full lifecycle batch (900 days)": {
        "SELECT count(*) FROM batch_batch WHERE batch_number LIKE 'FAR-2025-%' AND status = 'ACTIVE'": 1,
        "SELECT count(*) FROM batch_batch WHERE batch_number LIKE 'SCO-2020-%' AND status = 'COMPLETED'": 1,
        "SELECT count(*) FROM batch_batchtransferworkflow WHERE workflow_number LIKE 'TRF-SCO-2020-%'": 5,
    },
}
"""What the guide, by its reading, promises of a block: a query, and its answer afterwards."""

ORCHESTRATOR = "scripts/data_generation/04_batch_orchestrator_parallel.py"
WIPE = "echo DELETE | python scripts/data_generation/00_wipe_operational_data.py --confirm"


@dataclass(frozen=True)
class Block:
    """A fenced block of the guide; `line` is where it begins."""

    line: int
    language: str
    text: str

    def listed(self) -> list[str]:
        return [mark for mark in NOT_RUN if mark in self.text]


def blocks() -> list[Block]:
    guide = GUIDE.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    return [Block(guide.count("\n", 0, each.start()) + 1, each[1], each[2]) for each in found]


RUN = [block for block in blocks() if not block.listed()]


@dataclass(frozen=True)
class Shop:
    """A user's shell: the project as working directory, the server in the environment."""

    root: Path
    environment: dict[str, str]

    def run(self, command: str, code: int = 0) -> str:
        """What a command prints; it must exit so, and before its last part nothing may fail."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=self.root, env=self.environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def ask(self, query: str) -> int:
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("project")
    # Links and copies: what commands write below the project's root must not land in it.
    for name in ("apps", "aquamind", "datagen"):
        (root / name).symlink_to(PROJECT / name)
    for name in ("manage.py", "verify_test_data.py"):
        shutil.copy(PROJECT / name, root)
    shutil.copytree(PROJECT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("logs", "__pycache__"))
    server = EmbeddedServer(Path(tempfile.gettempdir()) / f"aquamind-guide-{os.getpid()}")
    server.start()
    server.create_database(NAME)
    server.stop()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = ("start", "-D", str(server.cluster), "-l", str(server.log), "-w", "-o", f"-h 127.0.0.1 -p {port} -F")
    server._run("pg_ctl", *start)
    try:
        yield Shop(root, _environment(root, port))
    finally:
        server._run("pg_ctl", "stop", "-D", str(server.cluster), "-m", "immediate")
        shutil.rmtree(server.home)


def _environment(root: Path, port: int) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{binaries()}:/usr/local/bin:/usr/bin:/bin",
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/{NAME}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": "postgres",
        # /tmp of the guide's logs; nobody else's are there.
        "TMPDIR": str(root),
        "PYTHONPATH": str(root),
    }


def test_every_block_is_run_or_listed_with_its_reason() -> None:
    found = blocks()
    assert len(found) == GUIDE.read_text(encoding="utf-8").count("\n```") / 2
    for mark in NOT_RUN:
        assert any(mark in block.text for block in found), mark
    for block in RUN:
        assert block.language in ("bash", "sql", "python"), f"line {block.line}"
    for block in found:
        if block.listed() and block.language == "bash":
            assert "python " not in block.text, f"line {block.line}"
    text = "".join(block.text for block in RUN)
    for old, new in SUBSTITUTIONS.items():
        assert old in text, old
        text = text.replace(old, new)
    for mark in (*OTHER_PLAN, *PROMISES):
        assert mark in text, mark


def command(block: Block, shop: Shop) -> str:
    """A block as a shell command, at the size of a test."""
    if block.language == "python":
        script = shop.root / "scripts" / "data_generation" / "saved_from_the_guide.py"
        script.write_text(block.text, encoding="utf-8")
        return f"python {script.relative_to(shop.root)}"
    text = block.text
    for old, new in SUBSTITUTIONS.items():
        text = text.replace(old, new)
    if block.language == "sql":
        return f"psql {NAME} -v ON_ERROR_STOP=1 <<'END'\n{text}\nEND"
    return text.replace("/tmp/batch_gen", f"{shop.root}/batch_gen")


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"line {block.line}")
def test_the_guide_runs_as_written(block: Block, shop: Shop) -> None:
    if any(mark in block.text for mark in OTHER_PLAN):
        shop.run(WIPE)
    said = shop.run(command(block, shop))
    assert "❌" not in said
    for mark, promises in PROMISES.items():
        if mark in block.text:
            for query, answer in promises.items():
                assert shop.ask(query) == answer, query
    if "Generate schedule (auto-calculates" in block.text:
        # Later blocks have younger batches: the guide's look at day 91 finds them here.
        for look in (each for each in RUN if "day_number=91" in each.text):
            said = shop.run(command(look, shop))
            assert "PASS" in said
            assert "❌" not in said


def test_each_batch_of_a_schedule_has_its_log(shop: Shop) -> None:
    """Written by options A and B of the guide."""
    logs = sorted((shop.root / "scripts/data_generation/logs/production").glob("???-20??-???.log"))
    assert len(logs) >= 4
    first, *lines = logs[0].read_text().splitlines()
    assert first.startswith(logs[0].stem)
    assert any(re.fullmatch(r"environmental_environmentalreading \d+ [0-9a-f]{32}", line) for line in lines)


@pytest.mark.parametrize(
    ("name", "instead"),
    {
        "00_complete_reset.py": "00_wipe_operational_data.py",
        "02_initialize_master_data.py": "01_",
        "fix_feed_inventory.py": "nothing to fix",
        "04_batch_orchestrator.py": "04_batch_orchestrator_parallel.py",
    }.items(),
)
def test_a_deprecated_script_says_what_to_use_instead(shop: Shop, name: str, instead: str) -> None:
    assert instead in shop.run(f"python scripts/data_generation/{name} --execute --batches 85", code=2)


def test_a_wipe_needs_its_flag_and_its_word(shop: Shop) -> None:
    script = "python scripts/data_generation/00_wipe_operational_data.py"
    before = shop.ask("SELECT count(*) FROM batch_batch")
    assert "--confirm" in shop.run(f"echo DELETE | {script}", code=2)
    assert "nothing was deleted" in shop.run(f"echo delete | {script} --confirm", code=2)
    assert shop.ask("SELECT count(*) FROM batch_batch") == before > 0


def test_a_truncation_by_hand_is_noticed_and_made_good(shop: Shop) -> None:
    """Tables that TRUNCATE ... CASCADE does not reach are emptied too, and the same plan is loaded anew."""
    load = f"python {ORCHESTRATOR} --execute --batches 1 --stagger 45 --workers 1"
    shop.run(load)
    batches = shop.ask("SELECT count(*) FROM batch_batch")
    shop.run(f"psql {NAME} -c 'TRUNCATE TABLE batch_batch CASCADE; TRUNCATE TABLE inventory_feedpurchase CASCADE;'")
    assert shop.ask("SELECT count(*) FROM batch_batch") == 0
    shop.run(load)
    assert shop.ask("SELECT count(*) FROM batch_batch") == batches > 0
    assert "FAIL" not in shop.run("python scripts/data_generation/verify_test_data.py")


def test_another_plan_is_refused_with_the_cure(shop: Shop) -> None:
    said = shop.run(f"python {ORCHESTRATOR} --execute --batches 2", code=2)
    assert "aquamind wipe" in said


def test_verification_judges_by_the_batchs_own_plan(shop: Shop) -> None:
    """Any number of eggs is right if it was planned; one fish more than planned is not."""
    with psycopg.connect(shop.environment["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute("SELECT batch_number FROM batch_batch ORDER BY id LIMIT 1").fetchone()
        assert row is not None
        batch = row[0]
        shop.run(f"python scripts/data_generation/verify_single_batch.py {batch}")
        more = "UPDATE batch_creationworkflow SET total_eggs_received = total_eggs_received + %s"
        more += " WHERE workflow_number = %s"
        connection.execute(more, [1, f"CRT-{batch}"])
        assert f"{batch}: planned" in shop.run(f"python scripts/data_generation/verify_single_batch.py {batch}", code=1)
        assert f"{batch}: planned" in shop.run("python verify_test_data.py", code=1)
        connection.execute(more, [-1, f"CRT-{batch}"])
    assert "No run planned it" in shop.run("python scripts/data_generation/verify_single_batch.py FAR-1999-001", code=2)
    # Changed and changed back, the row is somebody else's.
    assert "batch_creationworkflow holds 1 row" in shop.run(WIPE, code=2)
    shop.run(f"aquamind wipe --yes --database-name-to-destroy {NAME}")


def test_a_schedule_is_edited_by_hand_and_executed(shop: Shop) -> None:
    """A batch moved and a ring exchanged are done; a ring of another area is named by batch and field."""
    shop.run(WIPE)
    path = shop.root / "config" / "edited.yaml"
    shop.run(f"python scripts/data_generation/generate_batch_schedule.py --preset medium --batches 1 --output {path}")
    made = path.read_text()
    start = re.search(r"start_date: (\S+)", made)
    ring = re.search(r"rings: \[([^,]+),", made)
    assert start
    assert ring
    with psycopg.connect(shop.environment["DATABASE_URL"]) as connection:
        unused = connection.execute(
            "SELECT other.name FROM infrastructure_container ring JOIN infrastructure_container other USING (area_id)"
            " WHERE ring.name = %s AND position(other.name IN %s) = 0 ORDER BY other.name LIMIT 1",
            [ring[1], made],
        ).fetchone()
    assert unused
    moved = date.fromisoformat(start[1]) - timedelta(days=3)
    path.write_text(made.replace(start[1], moved.isoformat(), 1).replace(ring[1], unused[0], 1))
    shop.run(f"python scripts/data_generation/execute_batch_schedule.py {path} --workers 1")
    assert shop.ask(f"SELECT count(*) FROM batch_batch WHERE start_date = '{moved}'") == 1
    assert "FAIL" not in shop.run("python scripts/data_generation/verify_test_data.py")
    path.write_text(made.replace(ring[1], "Nowhere Ring 01", 1))
    said = shop.run(f"python scripts/data_generation/execute_batch_schedule.py {path}", code=2)
    assert "batch FAR-" in said
    assert "sea.rings[0]: 'Nowhere Ring 01'" in said


def test_without_batches_a_script_says_what_it_needs(shop: Shop) -> None:
    shop.run(WIPE)
    for name in ("run_growth_analysis_optimized", "seed_planned_activities", "verify_test_data"):
        assert "no batches" in shop.run(f"python scripts/data_generation/{name}.py", code=2)
