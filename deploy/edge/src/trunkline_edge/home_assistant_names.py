"""The names of a home as its Home Assistant has them: floors, areas and exposed entities, with aliases.

Asked over its WebSocket API (developers.home-assistant.io/docs/api/websocket), with a long-lived token of an
administrator, who alone may see what is exposed. Needs the extra `[names]`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from trunkline_edge.errors import NamesRefused, NamesUnreachable
from trunkline_edge.understanding.names import Entry, Names, name_fault

MAX_MESSAGE_BYTES = 32_000_000
"""Of one answer. The states of a home of 10,000 entities take about 10 MB."""
PATH = "/api/websocket"
ASSISTANT = "conversation"
"""The voice assistant whose exposed entities have names here: Home Assistant's own."""
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_TOO_BIG = 1009
"""Close code of WebSocket for a message that is larger than the reader takes (RFC 6455, 7.4.1)."""

Ask = Callable[..., Any]
"""Command and fields -> its result."""


@dataclass(frozen=True, slots=True)
class Home:
    """What Home Assistant said."""

    names: Names
    left_out: tuple[str, ...]
    """Names that cannot be any, each with the reason."""


def read_home(address: str, token: str, *, seconds: float = 30) -> Home:
    """Ask the Home Assistant at an address such as http://homeassistant.local:8123 for its names.

    `seconds` bound each answer. Raises `NamesRefused` for an address or a token that is no good, or a home without any
    names, and `NamesUnreachable` where nothing answers, or something else than Home Assistant does.
    """
    url = _url(address)
    try:
        # No proxy: a home's server is near, and the token is for its eyes alone.
        with connect(url, max_size=MAX_MESSAGE_BYTES, open_timeout=seconds, close_timeout=1, proxy=None) as connection:
            _enter(connection, token, seconds)
            sent = 0

            def ask(command: str, **fields: Any) -> Any:
                nonlocal sent
                sent += 1
                connection.send(json.dumps({"id": sent, "type": command, **fields}))
                return _result(command, sent, _received(connection, command, seconds))

            return home_of(ask)
    except ConnectionClosed as error:
        if error.sent is not None and error.sent.code == _TOO_BIG:
            raise NamesUnreachable(f"{address}: an answer of more than {MAX_MESSAGE_BYTES:,} bytes") from None
        raise NamesUnreachable(f"{address}: the connection was closed in the middle; is it restarting?") from None
    except InvalidHandshake as error:
        raise NamesUnreachable(f"{address}: no Home Assistant at {url}: {error}") from None
    except TimeoutError:
        raise NamesUnreachable(f"{address}: no answer within {seconds:g} s") from None
    except (OSError, WebSocketException) as error:
        raise NamesUnreachable(f"{address}: {error}; is Home Assistant running there?") from None


def home_of(ask: Ask) -> Home:
    """Put what Home Assistant answers together; raises as `read_home` does for what is no answer of its kind."""
    floors = _listed("config/floor_registry/list", ask)
    areas = _listed("config/area_registry/list", ask)
    devices = _listed("config/device_registry/list", ask)
    entries = _listed("config/entity_registry/list", ask)
    states = _listed("get_states", ask)
    said = _asked("homeassistant/expose_entity/list", ask)
    exposed = _object("homeassistant/expose_entity/list", said.get("exposed_entities"))
    spoken_of = {name for name, to in exposed.items() if isinstance(to, dict) and to.get(ASSISTANT) is True}
    registered = {_text("config/entity_registry/list", entry, "entity_id"): entry for entry in entries}
    known = sorted(spoken_of & registered.keys())
    details = _asked("config/entity_registry/get_entries", ask, entity_ids=known)

    left_out: list[str] = []

    def entry(entity_id: str, names: list[str], within: str | None = None) -> list[Entry]:
        """Return the thing, if any of its names can be one."""
        distinct = dict.fromkeys(name.strip() for name in names)
        faults = {name: fault for name in distinct if (fault := name_fault(name))}
        left_out.extend(f"{entity_id}: {fault}" for fault in faults.values())
        kept = tuple(name for name in distinct if name not in faults)
        return [Entry(entity_id, kept, within)] if kept else []

    in_area = {_text("config/device_registry/list", device, "id"): device.get("area_id") for device in devices}
    entities: list[Entry] = []
    for state in states:
        entity_id = _text("get_states", state, "entity_id")
        if entity_id not in spoken_of:
            continue
        shown = _object("get_states", state.get("attributes")).get("friendly_name")
        registration = registered.get(entity_id, {})
        area = registration.get("area_id") or in_area.get(registration.get("device_id", ""))
        names = [*([shown] if isinstance(shown, str) else []), *_aliases(details.get(entity_id) or {})]
        entities += entry(entity_id, names, area if isinstance(area, str) else None)
    lists = {
        "floor": _places("config/floor_registry/list", floors, "floor_id", None, entry),
        "area": _places("config/area_registry/list", areas, "area_id", "floor_id", entry),
        "entity": tuple(entities),
    }
    if not any(lists.values()):
        raise NamesRefused("Home Assistant has no floors, no areas, and no entity that is exposed to its assistant")
    # The way of a file: what a device is told is checked in one place.
    return Home(Names.from_bytes(Names(lists).to_bytes()), tuple(left_out))


def _url(address: str) -> str:
    try:
        parts = urlsplit(address)
        scheme, host = _SCHEMES.get(parts.scheme), parts.hostname
        parts.port  # noqa: B018  (raises for what is no port)
    except ValueError:
        scheme = host = None
    if not scheme or not host or parts.query or parts.fragment or parts.username is not None:
        raise NamesRefused(f"{address!r:.100}: expected an address such as http://homeassistant.local:8123")
    path = parts.path.rstrip("/")
    return urlunsplit((scheme, parts.netloc, path if path.endswith(PATH) else path + PATH, "", ""))


def _enter(connection: Connection, token: str, seconds: float) -> None:
    """Go through Home Assistant's authentication."""
    first = _received(connection, "greeting", seconds)
    if first.get("type") != "auth_required":
        raise _malformed("greeting", "auth_required", first)
    connection.send(json.dumps({"type": "auth", "access_token": token}))
    answer = _received(connection, "auth", seconds)
    if answer.get("type") == "auth_invalid":
        raise NamesRefused(
            "Home Assistant refuses the token; make one in its profile page, under Security, Long-lived access tokens"
        )
    if answer.get("type") != "auth_ok":
        raise _malformed("auth", "auth_ok", answer)


def _received(connection: Connection, what: str, seconds: float) -> Mapping[str, Any]:
    raw = connection.recv(timeout=seconds)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise _malformed(what, "JSON", raw) from None
    return _object(what, value)


def _result(command: str, number: int, answer: Mapping[str, Any]) -> Any:
    if answer.get("type") != "result" or answer.get("id") != number:
        raise _malformed(command, f"the result of request {number}", answer)
    if answer.get("success") is True:
        return answer.get("result")
    code = _object(command, answer.get("error")).get("code")
    if code == "unauthorized":
        raise NamesRefused(f"the token may not ask for {command}: it has to be an administrator's")
    if code == "unknown_command":
        raise NamesUnreachable(f"Home Assistant does not know {command}: update it, 2024.4 or newer is needed")
    raise NamesUnreachable(f"Home Assistant answers {command} with the error {code!r:.60}")


def _asked(command: str, ask: Ask, **fields: Any) -> Mapping[str, Any]:
    return _object(command, ask(command, **fields))


def _listed(command: str, ask: Ask) -> list[Mapping[str, Any]]:
    found = ask(command)
    if not isinstance(found, list):
        raise _malformed(command, "a list", found)
    return [_object(command, each) for each in found]


def _object(what: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(what, "an object", value)
    return value


def _text(command: str, entry: Mapping[str, Any], field: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or not value:
        raise _malformed(command, f"a text as {field}", entry)
    return value


def _aliases(entry: Mapping[str, Any]) -> list[str]:
    """Return further names; a null among them stands for the shown one."""
    aliases = entry.get("aliases")
    return [alias for alias in aliases if isinstance(alias, str)] if isinstance(aliases, list) else []


def _places(
    command: str,
    found: list[Mapping[str, Any]],
    id_field: str,
    within: str | None,
    entry: Callable[[str, list[str], str | None], list[Entry]],
) -> tuple[Entry, ...]:
    """Return floors or areas, in the order in which Home Assistant has them."""
    places: list[Entry] = []
    for each in found:
        around = each.get(within) if within else None
        names = [_text(command, each, "name"), *_aliases(each)]
        places += entry(_text(command, each, id_field), names, around if isinstance(around, str) else None)
    return tuple(places)


def _malformed(what: str, expected: str, found: Any) -> NamesUnreachable:
    return NamesUnreachable(f"{what}: expected {expected}, found {found!r:.80}; is this Home Assistant?")
