from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.cache.scratch import scratch_folder

WORKER = """
import sys
from pathlib import Path
from tasks.cache.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "rows").write_text("many")
    print(folder, flush=True)
    sys.stdin.read()
"""


def worker(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return child, Path(child.stdout.readline().strip())


def test_a_scratch_folder_ends_with_its_work_also_where_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), scratch_folder(tmp_path / "cache") as folder:
        (folder / "rows").write_text("many")
        raise ValueError("broken")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_a_living_one_holds_stays(tmp_path: Path) -> None:
    (alive, held), (killed, left) = worker(tmp_path), worker(tmp_path)
    try:
        killed.kill()
        killed.wait()
        assert (left / "rows").exists()
        with scratch_folder(tmp_path) as folder:
            assert set(tmp_path.iterdir()) == {held, folder}
            assert (held / "rows").read_text() == "many"
        alive.communicate()
        assert list(tmp_path.iterdir()) == []
    finally:
        alive.kill()
        alive.wait()
