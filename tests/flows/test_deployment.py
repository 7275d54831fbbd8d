"""`prefect.yaml` on a real server: deployed, run by a process worker, completed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_deployed_retrain_is_run_by_a_worker(desk, server, tmp_path: Path) -> None:
    environment = desk.environment | server.environment
    environment |= {"TRUNKLINE_ROOT": str(desk.spec.parents[2]), "PREFECT_HOME": str(tmp_path / "prefect")}

    def prefect(*arguments: str) -> str:
        command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        done = subprocess.run(
            command, env=environment, cwd=desk.spec.parents[2], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert desk.run("sync").returncode == 0
    prefect("deployment", "run", "retrain/retrain", "--param", f"spec_path={desk.spec}")
    prefect("worker", "start", "--pool", "trunkline", "--run-once")
    # The server is shared by the session: other tests leave completed runs of their own, without a deployment.
    runs = json.loads(prefect("flow-run", "ls", "--output", "json", "--flow-name", "retrain", "--state", "COMPLETED"))
    assert len([run for run in runs if run["deployment_id"]]) == 1
    assert (desk.home / "repository" / "channels" / "tiny" / "local.json").exists()
