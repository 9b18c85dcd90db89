"""Run the tests in two stages: the quick ones side by side, then those with real processes one by one.

Standard library and pytest only. Exit code 0 when both stages passed; extra arguments go to pytest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLOW = "rasa or browser or fault or tesseract"
NO_TESTS = 5  # pytest's exit code when nothing was collected
WORKERS = "2"


def stage(name: str, arguments: list[str]) -> int:
    """Run pytest once and return its exit code."""
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


def main() -> int:
    """Run the stages; the first failure does not hide the second stage's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="only the quick tests")
    options, extra = parser.parse_known_args()
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))
    codes = [stage("quick tests", ["-n", WORKERS, "--dist", "loadfile", "-m", f"not ({SLOW})", *extra])]
    if not options.fast:
        codes.append(stage("tests with real processes", ["-m", SLOW, "--durations=10", *extra]))
    if all(code == NO_TESTS for code in codes):
        return NO_TESTS
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


if __name__ == "__main__":
    sys.exit(main())
