"""Breaks runs off at random points, by all means there are, and sees that each ends as if nothing had happened.

`python -m benchmarks.chaos` breaks off 24 times and takes about 5 minutes on 2 cores; a failure repeats with its seed.
"""

import argparse
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests import chaos
from tests.chaos import Arena

BLOWS = (chaos.kill_main, chaos.kill_worker, chaos.kill_server, chaos.lose_connections, chaos.interrupt)
ENDS = (0, 1, 2, 130, -signal.SIGKILL, -signal.SIGINT)
"""Exit codes that a blow may leave. An interrupt while Python shuts down, its work done, ends it by the signal."""
MOST_IN_A_ROW = 4
"""Blows that one database takes before it is let finish."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blows", type=int, default=24)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    home = Path(tempfile.mkdtemp(prefix="aquamind-chaos-"))
    schedule_file = Path(tempfile.mkdtemp()) / "schedule.yaml"
    chaos.write_schedule(schedule_file, batches=8, containers=2, days=150)
    arena = Arena(home)
    try:
        arena.prepare()
        Trial(arena, schedule_file, random.Random(chosen.seed)).endure(chosen.blows)
    finally:
        arena.end()
        shutil.rmtree(schedule_file.parent)


class Trial:
    """Loading and advancing, each known undisturbed before it is disturbed."""

    def __init__(self, arena: Arena, schedule_file: Path, chance: random.Random) -> None:
        self.arena, self.chance = arena, chance
        self.load = ("generate", str(schedule_file), "--workers", "2")
        self.known = {"initialised": self._undisturbed("initialised", self.load)}
        arena.keep("generated")
        first = date.fromisoformat(arena.status()["runs"][0]["as_of"])
        self.advance = ("advance", "--to", str(first + timedelta(days=3)), "--workers", "2")
        self.known["generated"] = self._undisturbed("generated", self.advance)

    def endure(self, blows: int) -> None:
        dealt = 0
        while dealt < blows:
            # A database is loaded twice as often as it is advanced.
            origin = self.chance.choice(("initialised", "initialised", "generated"))
            command = self.load if origin == "initialised" else self.advance
            self.arena.begin_from(origin)
            for _ in range(self.chance.randint(1, MOST_IN_A_ROW)):
                dealt += self._broken_off(command, self.known[origin][1])
            done = self.arena.command(*command)
            assert done.returncode == 0, done.stderr
            self.arena.assert_finished(self.known[origin][0])
            print(f"{dealt} of {blows}: {command[0]} ended as undisturbed", flush=True)

    def _broken_off(self, command: tuple[str, ...], seconds: float) -> bool:
        """Whether a blow at a random moment stopped the run, which then has left nothing in part in the database."""
        blow: Callable[[Arena, subprocess.Popen[str]], None] = self.chance.choice(BLOWS)
        after_s = self.chance.uniform(0.5, seconds)
        self.arena.server.start()
        running = self.arena.start(*command)
        time.sleep(after_s)
        if running.poll() is None:
            blow(self.arena, running)
        _, told = running.communicate(timeout=120)
        # Of a run that is killed itself, those that it leaves behind may say what they like.
        last = told.strip().splitlines()[-1] if running.returncode >= 0 and told else ""
        print(f"  {blow.__name__} {after_s:.2f} s into {command[0]}: {running.returncode} {last}", flush=True)
        assert running.returncode in ENDS, told
        assert running.returncode < 0 or "Traceback" not in told, told
        self.arena.assert_nothing_in_part()
        return running.returncode != 0

    def _undisturbed(self, origin: str, command: tuple[str, ...]) -> tuple[dict[str, Any], float]:
        self.arena.begin_from(origin)
        begin = time.perf_counter()
        done = self.arena.command(*command)
        assert done.returncode == 0, done.stderr
        return self.arena.status(), time.perf_counter() - begin


if __name__ == "__main__":
    main()
