"""`python verify_test_data.py`, as the guide calls the script of that name from the project's root."""

import runpy
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent / "scripts" / "data_generation"

if __name__ == "__main__":
    sys.path.insert(0, str(SCRIPTS))
    runpy.run_path(str(SCRIPTS / "verify_test_data.py"), run_name="__main__")
