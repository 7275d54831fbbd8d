"""`names sync`: what a Home Assistant calls its things, over a real socket, and all that may go wrong there."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("websockets", reason="the extra [names] is not installed")

from deploy.edge.tests.home_assistant import NAMES, RESULTS, TOKEN, VISITOR, HomeAssistant, running
from trunkline_edge.errors import NamesRefused, NamesUnreachable, TrunklineEdgeError
from trunkline_edge.home_assistant_names import MAX_MESSAGE_BYTES, read_home
from trunkline_edge.understanding.names import MAX_NAMES
from trunkline_edge.understanding.names_file import NAMES_FILE

EXPOSED = "homeassistant/expose_entity/list"


def edge(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trunkline_edge", "names", *arguments],
        capture_output=True, text=True, check=False, timeout=60, env=os.environ | environment,
    )  # fmt: skip


def test_a_device_knows_the_floors_areas_and_exposed_entities_with_their_aliases(tmp_path: Path) -> None:
    with running(HomeAssistant()) as home:
        done = edge("sync", home.address, "--home", str(tmp_path), HOME_ASSISTANT_TOKEN=TOKEN)
    assert (done.returncode, done.stdout) == (0, "9 names known\n"), done.stderr
    assert done.stderr == "trunkline-edge: left out: light.emoji: '\N{ELECTRIC LIGHT BULB}' has no word in it\n"
    assert json.loads((tmp_path / NAMES_FILE).read_text()) == NAMES
    assert (tmp_path / NAMES_FILE).stat().st_mode & 0o777 == 0o600


def test_the_token_may_be_in_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o644)
    with running(HomeAssistant()) as home:
        arguments = ("sync", home.address, "--home", str(tmp_path), "--token-file", str(token))
        refused = edge(*arguments)
        assert (refused.returncode, "chmod 600" in refused.stderr) == (2, True)
        assert home.asked == []
        token.chmod(0o600)
        assert edge(*arguments).returncode == 0


def test_only_what_is_exposed_is_asked_for(tmp_path: Path) -> None:
    with running(HomeAssistant()) as home:
        read_home(home.address + "/", TOKEN)
    (asked,) = (each["entity_ids"] for each in home.asked if "entity_ids" in each)
    assert asked == ["light.emoji", "light.gone", "light.reading", "switch.kettle"]


def fails(
    kind: type[TrunklineEdgeError], message: str, home: HomeAssistant, token: str = TOKEN, seconds: float = 5
) -> None:
    with running(home), pytest.raises(kind, match=message):
        read_home(home.address, token, seconds=seconds)


def test_a_wrong_token_and_one_that_may_not_see_enough_are_the_callers_fault() -> None:
    fails(
        NamesRefused, "Home Assistant refuses the token; make one in its profile", HomeAssistant(), "wrong-token-wrong"
    )
    fails(NamesRefused, f"may not ask for {EXPOSED}: it has to be an administrator's", HomeAssistant(), VISITOR)


def test_a_failed_sync_leaves_the_names_and_tells_in_one_paragraph(tmp_path: Path) -> None:
    (tmp_path / NAMES_FILE).write_text(json.dumps(NAMES))
    with running(HomeAssistant()) as home:
        done = edge("sync", home.address, "--home", str(tmp_path), HOME_ASSISTANT_TOKEN="wrong-token-wrong")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "wrong-token" not in done.stderr
        without = edge("sync", home.address, "--home", str(tmp_path), HOME_ASSISTANT_TOKEN="")
        assert (without.returncode, "--token-file FILE, or $HOME_ASSISTANT_TOKEN" in without.stderr) == (2, True)
    gone = edge("sync", home.address, "--home", str(tmp_path), HOME_ASSISTANT_TOKEN=TOKEN)
    assert (gone.returncode, "Connection refused" in gone.stderr) == (1, True), gone.stderr
    assert json.loads((tmp_path / NAMES_FILE).read_text()) == NAMES


def test_what_is_no_home_assistant_is_said_to_be_none() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        with pytest.raises(NamesUnreachable, match=r"no Home Assistant at ws://127\.0\.0\.1:.*/api/websocket"):
            read_home(f"http://127.0.0.1:{other.server_port}", TOKEN)
        other.shutdown()
        thread.join()


def test_nobody_waits_for_a_server_that_says_nothing() -> None:
    fails(NamesUnreachable, "no answer within 1 s", HomeAssistant(silent=True), seconds=1)
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(NamesUnreachable, match="no answer within 1 s"):
        read_home(f"ws://127.0.0.1:{deaf.getsockname()[1]}", TOKEN, seconds=1)


def test_an_answer_that_is_too_large_or_cut_off_is_told() -> None:
    large = HomeAssistant(raw={"get_states": b"[" + b" " * MAX_MESSAGE_BYTES + b"]"})
    fails(NamesUnreachable, "an answer of more than 32,000,000 bytes", large, seconds=60)
    fails(NamesUnreachable, "closed in the middle", HomeAssistant(raw={EXPOSED: None}))
    fails(NamesUnreachable, "closed in the middle", HomeAssistant(raw={"greeting": None}))


@pytest.mark.parametrize(
    ("what", "raw", "message"),
    [
        ("greeting", '{"type": "hello"}', "greeting: expected auth_required"),
        ("greeting", "[" * 100_000, "greeting: expected JSON"),
        ("auth", "[]", "auth: expected an object"),
        ("auth", '{"type": "maybe"}', "auth: expected auth_ok"),
        ("get_states", "no JSON", "get_states: expected JSON"),
        ("get_states", b"\xff\xfe", "get_states: expected JSON"),
        ("get_states", '{"type": "event", "id": 5}', "get_states: expected the result of request 5"),
        ("get_states", '{"type": "result", "id": 4, "success": true}', "expected the result of request 5"),
        ("get_states", '{"type": "result", "id": 5, "success": false}', "get_states: expected an object, found None"),
        (
            "get_states",
            '{"type": "result", "id": 5, "success": false, "error": {"code": "timeout"}}',
            "answers get_states with the error 'timeout'",
        ),
    ],
)
def test_what_no_home_assistant_says_is_told_with_its_place(what: str, raw: str | bytes, message: str) -> None:
    fails(NamesUnreachable, message, HomeAssistant(raw={what: raw}))


@pytest.mark.parametrize(
    ("command", "result", "message"),
    [
        ("config/area_registry/list", {}, "config/area_registry/list: expected a list, found {}"),
        ("config/area_registry/list", ["den"], "expected an object, found 'den'"),
        ("config/area_registry/list", [{"area_id": "den"}], "expected a text as name"),
        ("config/area_registry/list", [{"name": "Den", "area_id": 7}], "expected a text as area_id"),
        ("config/device_registry/list", [{"id": None}], "config/device_registry/list: expected a text as id"),
        ("config/entity_registry/list", [{}], "expected a text as entity_id"),
        ("get_states", [{"entity_id": "light.reading", "attributes": []}], "get_states: expected an object, found"),
        (EXPOSED, {}, f"{EXPOSED}: expected an object, found None"),
        ("config/entity_registry/get_entries", None, "Home Assistant does not know|expected an object"),
    ],
)
def test_a_malformed_result_is_told_with_its_command(command: str, result: Any, message: str) -> None:
    results = RESULTS | {command: result}
    home = HomeAssistant(results={name: found for name, found in results.items() if found is not None})
    fails(NamesUnreachable, message, home)


def test_more_names_than_a_device_knows_and_none_at_all_are_refused() -> None:
    many = [{"area_id": f"a{n}", "name": f"Room {n}", "aliases": []} for n in range(MAX_NAMES + 1)]
    fails(
        NamesRefused,
        "names; at most 10,000 are known",
        HomeAssistant(results=RESULTS | {"config/area_registry/list": many}),
    )
    empty = {"config/floor_registry/list": [], "config/area_registry/list": [], EXPOSED: {"exposed_entities": {}}}
    fails(NamesRefused, "no floors, no areas, and no entity", HomeAssistant(results=RESULTS | empty))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "homeassistant.local:8123",
        "ftp://home",
        "http://",
        "http://me:secret@home",
        "http://home?x=1",
        "http://[",
        "http://home:99999",
    ],
)
def test_an_address_that_is_none_is_the_callers_fault(address: str) -> None:
    with pytest.raises(NamesRefused, match="expected an address such as http://homeassistant"):
        read_home(address, TOKEN)


def test_without_the_extra_there_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    without = "import sys; sys.modules['websockets'] = None; from trunkline_edge.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", without, "names", "sync", "http://127.0.0.1:1", "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs the package websockets, which is not installed: `pip install 'trunkline-edge[names]'`" in done.stderr
