"""docs/devices.md is run, and what docs/threats.md points at is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli.servers import free_port
from tests.flows.conftest import ROOT, Desk

DOCS = ROOT / "docs"


@pytest.mark.slow
def test_the_page_takes_a_maker_from_init_to_a_signed_update(retrained: Desk, tmp_path: Path) -> None:
    page = (DOCS / "devices.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    # The product of these tests, and both machines in one.
    swaps = {"--product home": "--product tiny", "desk:8000": f"127.0.0.1:{(web := free_port())}",
             "http.server 8000": f"http.server {web} --bind 127.0.0.1", "8090": str(free_port())}  # fmt: skip
    script = "\n".join(["set -e", "trap 'kill $(jobs -p)' EXIT", *blocks])
    for word, instead in swaps.items():
        assert word in script
        script = script.replace(word, instead)
    wait = f"for _ in $(seq 100); do (: < /dev/tcp/127.0.0.1/{web}) 2>/dev/null && break; sleep 0.2; done"
    given = f"cp .trunkline/published/metadata/1.root.json .\n{wait}\n"
    script = script.replace("trunkline-edge update", f"{given}trunkline-edge update", 1)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, module in (("trunkline", "flows.cli.app"), ("trunkline-edge", "trunkline_edge.cli")):
        run = f"#!{sys.executable}\nimport sys\nfrom {module} import main\nsys.argv[0] = {name!r}\nsys.exit(main())\n"
        (commands / name).write_text(run)
        (commands / name).chmod(0o755)
    shutil.copytree(retrained.home, tmp_path / ".trunkline")
    environment = {**retrained.environment, "TRUNKLINE_HOME": str(tmp_path / ".trunkline")}
    environment["PATH"] = f"{commands}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        '"did": "installed"' in done.stdout and '"ok": true' in done.stdout and '"text": "turn off the' in done.stdout
    )


def test_every_test_that_the_threats_name_is_there() -> None:
    page = (DOCS / "threats.md").read_text()
    named = re.findall(r"`(?:([\w/]+\.py)::)?(test_\w+)`", page)
    assert len(named) > 15
    path = ""
    for file, test in named:
        path = file or path
        assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


def test_every_claim_of_what_is_stopped_names_a_test() -> None:
    stopped = (DOCS / "threats.md").read_text().split("## Stopped")[1].split("## Not stopped")[0]
    rows = [
        line for line in stopped.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))
    ]
    assert rows and all("test_" in row.rsplit("|", 2)[1] for row in rows)


@pytest.mark.slow
def test_three_devices_play_the_story(retrained: Desk, tmp_path: Path) -> None:
    shutil.copytree(retrained.home, tmp_path / "home")
    desk = replace(retrained, environment=retrained.environment | {"TRUNKLINE_HOME": str(tmp_path / "home")})
    done = desk.run("demo-fleet", timeout=550)
    assert done.returncode == 0, done.stdout + done.stderr
    acts = re.split(r"^\w[^\n]* ─+$", done.stdout, flags=re.MULTILINE)[1:]
    assert len(acts) == 5
    sent = [int(re.findall(r"sent since the act began: ([\d,]+)", act)[-1].replace(",", "")) for act in acts]
    assert 0 < sent[2] < sent[1]  # one head, and all of it, to the same three devices
    assert "stop: failed on 1 of 1 devices (health.golden 1)" in acts[3]
    assert sent[3] < sent[2]  # only one device ever fetched the bad one
    assert "update.content" in acts[4] and acts[4].count("version 5") >= 3
