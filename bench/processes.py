"""Several trainings at once, each in a process of its own with one thread."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor


def run_all(module: str, calls: Iterable[Sequence[str]], jobs: int) -> None:
    """Run `python -m module` with each call's arguments, `jobs` of them at once; raises when one fails."""

    def run(arguments: Sequence[str]) -> None:
        subprocess.run([sys.executable, "-m", module, *arguments], check=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, calls))
