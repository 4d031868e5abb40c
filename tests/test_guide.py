"""Every block of the guide, taken out of the guide itself and run in its order against a PostgreSQL server on TCP."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from aquamind.database import NAME, PROJECT, EmbeddedServer, binaries

GUIDE = PROJECT / "tests" / "guide" / "test_data_generation_guide_v6.3.md"

SUBSTITUTIONS = {
    # Where the project is; how much data; how many workers two cores bear.
    "cd /Users/aquarian247/Projects/AquaMind\n": "",
    "--years 4 --stagger 13": "--years 1.5 --stagger 400",
    "--batches 72 --stagger 13": "--batches 1 --stagger 90",
    "--batches 125": "--batches 1 --stagger 300",
    "--batches 20": "--batches 2 --stagger 300",
    "--batches 85": "--batches 1 --stagger 120",
    "--batches 10": "--batches 1 --stagger 120",
    "--workers 14": "--workers 2",
    "--workers 4": "--workers 2",
    # Commands that ask, watch or wait, and so never end by themselves.
    "# (Type 'DELETE' when prompted)": "",
    "# Interactive\npython": "echo DELETE | python",
    "# Interactive wipe\npython": "echo DELETE | python",
    "tail -f": "tail -n 3",
    "watch -n 60": "sh -c",
    # Finds nothing, which is what it is there to show.
    "_*.log": "_*.log || test $? = 1",
    # The answer of a script that is not built.
    "04_batch_orchestrator.py --execute --batches 1 --stagger 120": "04_batch_orchestrator.py --execute || test $? = 2",
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

    def run(self, command: str) -> str:
        """What a command prints; it must succeed, and so must every part of it."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=self.root, env=self.environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

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
    server = EmbeddedServer(Path("/tmp") / f"aquamind-guide-{os.getpid()}")
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
    for mark in (*SUBSTITUTIONS, *OTHER_PLAN):
        if mark.startswith("04_batch_orchestrator.py"):
            continue  # what an earlier substitution left of it
        assert mark in text, mark


def command(block: Block, shop: Shop) -> str:
    """A block as a shell command, at the size of a test."""
    if block.language == "sql":
        return f"psql {NAME} -v ON_ERROR_STOP=1 <<'END'\n{block.text}\nEND"
    if block.language == "python":
        script = shop.root / "scripts" / "data_generation" / "saved_from_the_guide.py"
        script.write_text(block.text, encoding="utf-8")
        return f"python {script.relative_to(shop.root)}"
    text = block.text
    for old, new in SUBSTITUTIONS.items():
        text = text.replace(old, new)
    return text.replace("/tmp/batch_gen", f"{shop.root}/batch_gen")


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"line {block.line}")
def test_the_guide_runs_as_written(block: Block, shop: Shop) -> None:
    if any(mark in block.text for mark in OTHER_PLAN):
        shop.run("echo DELETE | python scripts/data_generation/00_wipe_operational_data.py --confirm")
    said = shop.run(command(block, shop))
    assert "❌" not in said
