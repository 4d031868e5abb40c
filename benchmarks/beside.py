"""Runs every pair of commands beside each other, and interrupts commands at random moments: none hangs, each says why.

`python -m benchmarks.beside` takes about 10 minutes on 2 cores; a failure repeats with its seed.
"""

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from aquamind.database import connect
from tests.beside import Command, Stage
from tests.settings import SERVER

INTERRUPTED = ("run", "generate", "batch", "wipe", "analyse", "advance", "verify", "status")
ENDS_WITHIN_S = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--interrupts", type=int, default=80)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    folder = Path(tempfile.mkdtemp())
    try:
        SERVER.start()
        with connect(SERVER.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        SERVER.create_database("empty")
        assert Command(SERVER.url("empty"), folder / "init.txt", "init").end().code == 0
        stage = Stage(SERVER, SERVER.url("empty"), folder, random.Random(chosen.seed))
        for _ in range(chosen.rounds):
            for pair in stage.pairs:
                print(stage.beside(*pair), flush=True)
        for place in range(chosen.interrupts):
            print(stage.interrupted(INTERRUPTED[place % len(INTERRUPTED)], ENDS_WITHIN_S), flush=True)
    finally:
        SERVER.stop("immediate")
        shutil.rmtree(SERVER.home)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
