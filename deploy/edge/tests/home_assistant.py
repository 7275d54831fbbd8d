"""A Home Assistant as far as its WebSocket API tells names: over a real socket, with its order of messages and errors.

Shapes are those of its core: `config/*_registry`, `homeassistant/expose_entity/list`, `get_states`. Registries give
more fields than anybody asks for; entities that are not exposed are there too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

TOKEN = "a-long-lived-token-of-the-owner"
VISITOR = "a-long-lived-token-of-a-visitor"
"""Of a user who is no administrator."""
FOR_ADMINISTRATORS = ("homeassistant/expose_entity/list",)


def registered(entity_id: str, **known: Any) -> dict[str, Any]:
    """Return an entry of the entity registry; `aliases` is told by `get_entries` alone."""
    return {
        "area_id": None,
        "categories": {},
        "config_entry_id": "01J",
        "device_id": None,
        "disabled_by": None,
        "entity_category": None,
        "entity_id": entity_id,
        "has_entity_name": True,
        "hidden_by": None,
        "icon": None,
        "labels": [],
        "name": None,
        "options": {},
        "original_name": None,
        "platform": "hue",
        "unique_id": f"u-{entity_id}",
        **known,
    }


def state(entity_id: str, **attributes: Any) -> dict[str, Any]:
    return {
        "entity_id": entity_id,
        "state": "on",
        "attributes": attributes,
        "last_changed": "2026-11-26T05:00:00+00:00",
        "context": {"id": "01J", "parent_id": None, "user_id": None},
    }


RESULTS: dict[str, Any] = {
    "config/floor_registry/list": [
        {"aliases": ["downstairs"], "floor_id": "ground", "icon": None, "level": 0, "name": "Ground Floor"}
    ],
    "config/area_registry/list": [
        {"aliases": ["snug"], "area_id": "snuggery", "floor_id": "ground", "icon": None, "name": "The Snuggery"},
        {"aliases": [], "area_id": "shed", "floor_id": None, "icon": None, "name": " Shed "},
    ],
    "config/device_registry/list": [
        {"id": "d1", "area_id": "snuggery", "name": "Hue lamp"},
        {"id": "d2", "area_id": None},
    ],
    "config/entity_registry/list": [
        registered("light.reading", device_id="d1", aliases=None),
        registered("switch.kettle", device_id="d2", area_id="shed"),
        registered("sensor.secret", device_id="d1"),
        registered("light.emoji"),
        registered("light.gone"),
    ],
    "get_states": [
        state("light.reading", friendly_name="Reading Lamp", brightness=30),
        state("switch.kettle", friendly_name="Kettle"),
        state("sensor.secret", friendly_name="Secret"),
        state("light.emoji", friendly_name="\N{ELECTRIC LIGHT BULB}"),
        state("script.party", friendly_name="Party"),
        state("sun.sun", friendly_name="Sun"),
    ],
    "homeassistant/expose_entity/list": {
        "exposed_entities": {
            "light.reading": {"conversation": True, "cloud.alexa": True},
            "switch.kettle": {"conversation": True},
            "sensor.secret": {"conversation": False, "cloud.alexa": True},
            "light.emoji": {"conversation": True},
            "light.gone": {"conversation": True},
            "script.party": {"conversation": True},
        }
    },
    "config/entity_registry/get_entries": {
        # A null among aliases stands for the name that is shown.
        "light.reading": registered("light.reading", device_id="d1")
        | {"aliases": [None, "desk light", "Reading Lamp"]},
        "switch.kettle": registered("switch.kettle", area_id="shed") | {"aliases": []},
        "light.emoji": registered("light.emoji") | {"aliases": []},
    },
}
NAMES = {
    "floor": [{"id": "ground", "names": ["Ground Floor", "downstairs"]}],
    "area": [
        {"id": "snuggery", "names": ["The Snuggery", "snug"], "in": "ground"},
        {"id": "shed", "names": ["Shed"]},
    ],
    "entity": [
        {"id": "light.reading", "names": ["Reading Lamp", "desk light"], "in": "snuggery"},
        {"id": "switch.kettle", "names": ["Kettle"], "in": "shed"},
        {"id": "script.party", "names": ["Party"]},
    ],
}
"""What a device is to know of it."""


@dataclass
class HomeAssistant:
    """What it answers; `raw` is sent as it stands in place of an answer, None ends the connection."""

    results: Mapping[str, Any] = field(default_factory=lambda: RESULTS)
    raw: Mapping[str, str | bytes | None] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    silent: bool = False
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def talk(self, connection: ServerConnection) -> None:
        """Hold one conversation."""
        assert connection.request is not None
        if connection.request.path != "/api/websocket" or self.silent:
            connection.recv(timeout=20)
            return
        if not self._send(connection, "greeting", {"type": "auth_required", "ha_version": "2026.11.2"}):
            return
        token = json.loads(connection.recv(timeout=20)).get("access_token")
        if token not in (TOKEN, VISITOR):
            self._send(connection, "auth", {"type": "auth_invalid", "message": "Invalid access token or password"})
            return
        self._send(connection, "auth", {"type": "auth_ok", "ha_version": "2026.11.2"})
        last = 0
        for raw in connection:
            asked = json.loads(raw)
            self.asked.append(asked)
            answer: dict[str, Any] = {"id": asked["id"], "type": "result", "success": False}
            if asked["id"] <= last:
                answer["error"] = {"code": "id_reuse", "message": "Identifier values have to increase."}
            elif asked["type"] not in self.results:
                answer["error"] = {"code": "unknown_command", "message": "Unknown command."}
            elif asked["type"] in FOR_ADMINISTRATORS and token == VISITOR:
                answer["error"] = {"code": "unauthorized", "message": "Unauthorized"}
            else:
                found = self.results[asked["type"]]
                if "entity_ids" in asked:
                    found = {entity_id: found.get(entity_id) for entity_id in asked["entity_ids"]}
                answer |= {"success": True, "result": found}
            last = asked["id"]
            if not self._send(connection, asked["type"], answer):
                return

    def _send(self, connection: ServerConnection, what: str, answer: Mapping[str, Any]) -> bool:
        instead = self.raw.get(what, json.dumps(answer))
        if instead is None:
            return False
        connection.send(instead)
        return True


@contextmanager
def running(home: HomeAssistant) -> Iterator[HomeAssistant]:
    """Serve on a free port of loopback."""

    def talk(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed, TimeoutError):
            home.talk(connection)

    with serve(talk, "127.0.0.1", 0, close_timeout=0.5, compression=None) as server:
        home.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield home
        finally:
            server.shutdown()
            thread.join(20)
