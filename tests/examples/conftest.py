from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NODE, NPM = shutil.which("node"), shutil.which("npm")
needs_node = pytest.mark.skipif(NODE is None, reason="no node here; Debian has it: apt-get install nodejs npm")

Ask = Callable[[str, Any], Any]


def ask_node(code: str, value: Any) -> Any:
    """Run a module of ours in Node: `code` makes `answer` from `asked`, both plain JSON values."""
    script = f"""
        import {{ readFileSync }} from "node:fs";
        const asked = JSON.parse(readFileSync(0, "utf8"));
        {code}
        process.stdout.write(JSON.stringify(answer));
    """
    command = ["--input-type=module", "-e", script]
    return json.loads(run_node(ROOT / "examples" / "javascript", command, json.dumps(value)))


def run_node(folder: Path, command: Sequence[str], said: str) -> str:
    """Return what Node prints, in a folder, when it is told something."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, *command],
        cwd=folder,
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples with what their package.json files name, installed by npm. Do not change them."""
    if NODE is None or NPM is None:
        pytest.skip("no node or npm here; Debian has them: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("examples")
    without = shutil.ignore_patterns("node_modules", "bundle")
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True, ignore=without)
    for example in ("node", "browser"):
        # Without scripts: the package's own one would fetch CUDA libraries from elsewhere.
        command = [NPM, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder / example, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm cannot install here: {done.stderr[-300:]}")
    return folder
