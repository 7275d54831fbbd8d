"""`trunkline ui`: the pages of MLflow and Prefect, on this machine only, until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType

from rich.console import Console

from flows.cli.prefect_server import free_port, is_free, stop, use_prefect_server, wait_until_up
from tasks.settings import Settings


def serve_pages(mlflow_port: int, prefect_port: int) -> None:
    """Start both servers, print their addresses, and stop both at the end.

    A port that is taken or 0 is replaced by a free one.
    """
    settings = Settings.from_environment()
    settings.apply()
    console = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    mlflow = None
    try:
        with console.status("starting MLflow and Prefect"):
            if settings.is_local:
                mlflow, mlflow_url = _start_mlflow(settings, _port(mlflow_port))
            else:
                mlflow_url = settings.mlflow_uri
            prefect_url = use_prefect_server(settings, port=_port(prefect_port), ui=True).removesuffix("/api")
        console.print(f"MLflow   {mlflow_url}\nPrefect  {prefect_url}\nCtrl-C stops both.", highlight=False)
        signal.pause()
    except KeyboardInterrupt:
        console.print("stopped")
    finally:
        if mlflow is not None:
            stop(mlflow.pid)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port(wanted: int) -> int:
    return wanted if wanted and is_free(wanted) else free_port()


def _start_mlflow(settings: Settings, port: int) -> tuple[subprocess.Popen[bytes], str]:
    settings.logs.mkdir(parents=True, exist_ok=True)
    log = settings.logs / "mlflow-server.log"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", settings.mlflow_uri]
    command += ["--default-artifact-root", (settings.home / "artifacts").as_uri()]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with log.open("ab") as file:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
    wait_until_up(f"{url}/health", child, log)
    return child, url
