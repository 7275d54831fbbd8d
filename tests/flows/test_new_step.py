"""Adding a step touches one place: the command line with a chain that has one line more."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

STEP = """
from pathlib import Path

from deploy.bundle.built import Built
from tasks.cache.step import step
from tasks.chain import CHAIN

KEY = CHAIN[-1].key


@step(KEY)
def weigh(folder: Path, bundle: Built) -> int:
    (folder / "weight").write_text(str(bundle.size_bytes))
    return bundle.size_bytes
"""
LINE = (
    '    Link("weighing:weigh", "weight", int, "weighing the bundle",'
    ' lambda bundle: StepKey("weigh", {"bundle": bundle.bundle_id})),'
)
MAIN = r"""
import re
import sys
from importlib.util import find_spec, module_from_spec
from pathlib import Path

sys.path.append(sys.argv.pop(1))
line = sys.argv.pop(1)
spec = find_spec("tasks.chain")
source = Path(spec.origin).read_text()
longer = re.sub(r"(?ms)^(CHAIN = \(.*?)^\)$", lambda found: f"{found[1]}{line}\n)", source, count=1)
assert len(longer) == len(source) + len(line) + 1
chain = sys.modules["tasks.chain"] = module_from_spec(spec)
exec(compile(longer, spec.origin, "exec"), vars(chain))
sys.argv[0] = "trunkline"
from flows.cli.app import main
main()
"""


@pytest.fixture
def trunkline(retrained, tmp_path: Path):
    """`trunkline` with the longer chain, in a home where the shorter one has run."""
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "weighing.py").write_text(STEP)
    desk = retrained.moved_to(tmp_path / "home")
    desk = replace(desk, command=(sys.executable, "-c", MAIN, str(tmp_path / "steps"), LINE))

    def run(*arguments: str) -> str:
        done = desk.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.slow
def test_plan_retrain_and_their_output_know_a_step_that_only_the_list_names(trunkline, retrained, tmp_path) -> None:
    spec = str(retrained.spec)
    *before, new = json.loads(trunkline("plan", spec, "--json"))["steps"]
    assert not any(step["runs"] for step in before)
    assert (new["step"], new["runs"], new["why"]) == ("weigh", True, "not done before")
    told = trunkline("retrain", spec)
    assert "scoring the bundle   skipped" in told
    assert "weighing the bundle  done in" in told
    weights = [path.read_text() for path in (tmp_path / "home" / "cache" / "weigh").rglob("weight")]
    manifest = json.loads(next((tmp_path / "home" / "cache" / "build").rglob("manifest.json")).read_bytes())
    assert weights == [str(sum(file["length"] for file in manifest["files"]))]
    table = trunkline("plan", spec).splitlines()
    assert all(any(step["step"] in line and "be skipped" in line for line in table) for step in (*before, new))
