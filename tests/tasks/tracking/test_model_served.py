"""`mlflow models serve` on a registered version: the JSON that `trunkline parse` prints, from MLflow's own server."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tasks.settings import Settings
from tasks.steps.register import register
from tasks.steps.train import record
from tests.integrations import block
from trunkline_edge.understanding.session import open_folder

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")]
TEXTS = ["turn on the lamp in the hall", "", "Lämp 👍 off"]


@contextmanager
def served(model: str, home: Path) -> Iterator[int]:
    """MLflow's scoring server on a free port, with the packages that are here."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line, _ = block("MLflow")
    command = [sys.executable, "-m", *line.replace("models:/home@champion", model).replace("5001", str(port)).split()]
    # MLflow starts uvicorn by its name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = os.environ | {"MLFLOW_TRACKING_URI": Settings.from_environment().mlflow_uri, "PATH": path}
    # In a group of its own: the command starts servers of its own, and a signal must reach all.
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            assert process.poll() is None, (home / "serve.log").read_text()[-2000:]
            try:
                if ask(port, "GET", "/ping")[0] == 200:
                    break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(30)


def ask(port: int, method: str, path: str, value: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"content-type": "application/json"}
    connection.request(method, path, json.dumps(value) if value is not None else None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_registered_version_answers_over_http_with_canonical_results(chain: Any) -> None:
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    registered = register.fn(chain.spec, chain.data, chain.bundle, run_id)
    runtime = open_folder(Settings.from_environment().cache / chain.bundle.folder)
    with served(registered.model_uri, chain.home) as port:
        status, body = ask(port, "POST", "/invocations", {"inputs": TEXTS})
        assert status == 200, body
        assert json.loads(body) == {"predictions": [runtime.parse(text).to_json() for text in TEXTS]}
        _, line = block("MLflow")
        said = subprocess.run(["bash", "-c", line.replace("5001", str(port))], capture_output=True, check=True).stdout
        assert json.loads(said)["predictions"][0]["bundle_id"] == chain.bundle.bundle_id
        for wrong in ({"inputs": [7]}, {"nothing": 1}):
            assert ask(port, "POST", "/invocations", wrong)[0] == 400
