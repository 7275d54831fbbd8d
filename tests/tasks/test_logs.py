from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_log_that_cannot_be_written_prints_nothing(tmp_path: Path) -> None:
    code = (
        "import logging, pathlib, sys\n"
        "from tasks.logs import log_to\n"
        "log_to(pathlib.Path(sys.argv[1]))\n"
        "logging.getLogger('any').warning('no file of this name can be written')\n"
        "print('done')\n"
    )
    (tmp_path / "log").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
