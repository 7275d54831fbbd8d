"""Servers that variables name: real ones on loopback, and addresses where nobody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from flows.cli.own_servers import MLFLOW, PREFECT, ServerSilent, see_mlflow, see_prefect
from flows.cli.servers import free_port
from tasks.tracking.promotions import intend
from tests.flows.cli.test_remains import checks
from tests.flows.conftest import Desk


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Serve this status at every path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=[PREFECT, MLFLOW])
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str | None]:
    """Ask the server that one of the variables names."""

    def asked(url: str) -> str | None:
        monkeypatch.setenv(request.param, url)
        return see_prefect() if request.param == PREFECT else see_mlflow()

    return asked


@pytest.mark.parametrize("status", [200, 401, 403])
def test_a_server_that_answers_is_there_even_if_it_asks_who_we_are(
    ask: Callable[[str], str | None], status: int
) -> None:
    with answering(status) as url:
        assert ask(url) == url


def test_a_server_that_is_down_behind_its_proxy_is_silent(ask: Callable[[str], str | None]) -> None:
    with answering(502) as url, pytest.raises(ServerSilent, match="502"):
        ask(url)


def test_an_address_without_prefects_api_is_silent_and_another_mlflow_need_not_have_its_health_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with answering(404) as url:
        monkeypatch.setenv(PREFECT, url)
        with pytest.raises(ServerSilent, match="404"):
            see_prefect()
        monkeypatch.setenv(MLFLOW, url)
        assert see_mlflow() == url


def test_a_file_or_database_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFECT, "")
    assert see_prefect() is None
    for uri in ("", "sqlite:////data/my.db", "postgresql://me@nowhere/runs"):
        monkeypatch.setenv(MLFLOW, uri)
        assert see_mlflow() is None


def test_the_sentence_names_variable_and_address_but_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv(PREFECT, f"http://me:secret@127.0.0.1:{port}/api")
    with pytest.raises(ServerSilent) as found:
        see_prefect()
    assert str(found.value).startswith(f"PREFECT_API_URL names http://127.0.0.1:{port}/api, which does not answer")


def test_an_address_that_is_none_is_told_like_a_silent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("127.0.0.1:4200/api", "http://[::1/api", "http://a b/api"):
        monkeypatch.setenv(PREFECT, url)
        with pytest.raises(ServerSilent, match="PREFECT_API_URL names"):
            see_prefect()


def nowhere(desk: Desk, variable: str) -> tuple[Desk, str]:
    url = f"http://127.0.0.1:{free_port()}/api"
    return replace(desk, environment=desk.environment | {variable: url}), url


NEEDS_BOTH = [("retrain", "SPEC"), ("ui",), ("up",)]
NEEDS_MLFLOW = [("history", "--versions"), ("clean", "--dry-run"), ("parse", "--version", "1", "lamp on"),
                ("promote", "1", "--reason", "why")]  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "command"),
    [*((variable, command) for variable in (PREFECT, MLFLOW) for command in NEEDS_BOTH),
     (PREFECT, ("sync", "--dry-run")), *((MLFLOW, command) for command in NEEDS_MLFLOW)],
)  # fmt: skip
def test_a_command_without_its_server_ends_in_a_sentence(bare: Desk, variable: str, command: tuple[str, ...]) -> None:
    desk, url = nowhere(bare, variable)
    done = desk.run(*(str(desk.spec) if word == "SPEC" else word for word in command), timeout=100)
    assert done.returncode == 2
    assert done.stderr.startswith(f"trunkline: {variable} names {url}, which does not answer"), done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("variable", "what"), [(PREFECT, "Prefect"), (MLFLOW, "MLflow")])
def test_doctor_tells_of_a_silent_server_and_looks_at_the_rest(bare: Desk, variable: str, what: str) -> None:
    desk, url = nowhere(bare, variable)
    found = checks(desk)
    assert found[what][0] == "bad" and f"{variable} names {url}" in found[what][1]
    assert found["left behind"] == ("ok", "nothing")


def test_doctor_goes_on_where_it_cannot_put_a_thing_right(bare: Desk) -> None:
    desk, url = nowhere(bare, MLFLOW)
    intend(desk.home, product="tiny", channel="local", bundle_id="0" * 64, version=1, replaced=None,
           replaced_version=None, why=("better",), how="verdict")  # fmt: skip
    state, found = checks(desk, "--fix")["promotion"]
    assert state == "bad" and "half promoted" in found and f"{MLFLOW} names {url}" in found


def test_doctor_tells_of_a_server_that_answers(desk: Desk) -> None:
    url = desk.environment[PREFECT]
    assert checks(desk)["Prefect"] == ("ok", f"answers at {url}")
