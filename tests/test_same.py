"""One plan is one content: whatever the machine's clock, language and cores, and however the plan got here."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.test_advance import contents

PLAN = ["--preset", "medium", "--batches", "1", "--stagger", "30", "--as-of", "2025-11-21", "--seed", "3"]
HOME = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
FAR_AWAY = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "POSIX",
    "LANG": "tr_TR.UTF-8",
    "PYTHONHASHSEED": "12345",
    # Not even UTF-8 for files and terminals.
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}
SESSION = {"timezone": "Pacific/Kiritimati", "datestyle": "ISO, DMY", "intervalstyle": "sql_standard"}


def aquamind(dsn: str, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from datagen.cli import main; main()", *arguments],
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": dsn, **environment},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="replace")


def status(dsn: str, environment: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aquamind(dsn, environment, "status", "--json"))
    return found


def test_a_plan_has_one_content_everywhere(new_database: Callable[[], str], tmp_path: Path) -> None:
    here, there = new_database(), new_database()
    with psycopg.connect(there, autocommit=True) as connection:
        for name, value in SESSION.items():
            database = conninfo_to_dict(there)["dbname"]
            connection.execute(f"ALTER DATABASE {database} SET {name} TO '{value}'".encode())
    aquamind(here, HOME, "run", *PLAN, "--workers", "1")
    file = tmp_path / "schedule.yaml"
    aquamind(there, FAR_AWAY, "plan", *PLAN, "--output", str(file))
    aquamind(there, FAR_AWAY, "generate", str(file), "--workers", "2")
    one, other = status(here, HOME), status(there, FAR_AWAY)
    assert one["tables"] == other["tables"]
    assert one["content_hash"] == other["content_hash"]
    assert one["runs"][0]["plan_hash"] == other["runs"][0]["plan_hash"]
    assert one["units"] == other["units"]
    assert {"FAR-2025-001", "FAR-2025-001 analysis", "planned activities"} <= one["units"].keys()
    # What the ledger says is what the rows are: read in one session's time zone and style.
    with psycopg.connect(there, autocommit=True) as connection:
        for name in SESSION:
            connection.execute(f"ALTER DATABASE {connection.info.dbname} RESET {name}".encode())
    assert contents(here) == contents(there)
