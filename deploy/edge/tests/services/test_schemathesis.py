"""The service asked all that its own OpenAPI description allows, and much that it does not, by schemathesis."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from deploy.edge.tests.services.conftest import Running

pytestmark = pytest.mark.slow
needs_schemathesis = pytest.mark.skipif(
    find_spec("schemathesis") is None, reason="schemathesis is not installed; the extra [dev] has it"
)

RUN = (sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run")
INFER = "/infer$"


@needs_schemathesis
@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (["--exclude-path-regex", INFER], 13),
        # Which tensors a model takes is said by the model itself, not by the description.
        (["--include-path-regex", INFER, "--exclude-checks", "positive_data_acceptance"], 2),
    ],
)
def test_every_answer_is_one_that_the_description_promises(
    service: Running, tmp_path: Path, choice: list[str], count: int
) -> None:
    command = [*RUN, f"{service.addresses.http}/openapi.json", "--checks", "all", "--max-examples", "40", "--seed", "1"]
    done = subprocess.run([*command, *choice], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"Tested: {count}" in done.stdout
