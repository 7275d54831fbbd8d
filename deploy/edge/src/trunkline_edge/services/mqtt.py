"""Hermes over MQTT: answers the queries that Snips and Rhasspy publish. Needs the extra `[mqtt]`.

`paho-mqtt` keeps the connection, also when the broker goes away and comes back; its thread hands each query to the
event loop, where all other answers are made too.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from trunkline_edge.errors import InputRefused, TrunklineEdgeError
from trunkline_edge.services.engine import Engine
from trunkline_edge.services.json_text import json_kind, read_json_text
from trunkline_edge.services.metrics import Metrics
from trunkline_edge.services.render.hermes import Message, render_hermes, render_hermes_error
from trunkline_edge.services.settings import Broker

log = logging.getLogger(__name__)

QUERY = "hermes/nlu/query"
EXAMPLE = 'an object with `input`, for example {"input": "turn on the lamp"}'
MAX_QUERY_BYTES = 64 * 1024
RECONNECT_S = (1, 60)
"""From the first try to the longest pause."""


class HermesService:
    """Serves one engine through one broker; made and stopped by the engine's event loop."""

    def __init__(self, engine: Engine, metrics: Metrics, broker: Broker) -> None:
        self._engine = engine
        self._metrics = metrics
        self._broker = broker
        self._loop = asyncio.get_running_loop()
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_away = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(*RECONNECT_S)
        self._client.on_connect = self._subscribe
        self._client.on_connect_fail = self._miss
        self._client.on_disconnect = self._lose
        self._client.on_message = self._hand_over
        if broker.user is not None:
            self._client.username_pw_set(broker.user, broker.password)

    def start(self) -> None:
        """Connect, now or as soon as the broker is there."""
        self._client.connect_async(self._broker.host, self._broker.port)
        self._client.loop_start()

    async def stop(self, grace_s: float) -> None:
        """Take no more queries, publish the answers under way, and leave."""
        self._client.unsubscribe(QUERY)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace_s)
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _subscribe(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error("the broker refuses", extra={"broker": str(self._broker), "reason": str(reason)})
            self._is_away = True
        else:
            client.subscribe(QUERY)
            log.info("connected to the broker", extra={"broker": str(self._broker)})
            self._is_away = False

    def _miss(self, client: paho.Client, userdata: object) -> None:
        self._note_outage(sys.exception())  # paho gives no reason, but calls this while it handles the error

    def _lose(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:  # else it is we who leave
            self._note_outage(reason)

    def _note_outage(self, reason: object) -> None:
        """Log that the broker is away, once until it is back."""
        if not self._is_away:
            extra = {"broker": str(self._broker), "reason": str(reason)}
            log.warning("no connection to the broker, trying again", extra=extra)
        self._is_away = True

    def _hand_over(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self._begin, bytes(message.payload))

    def _begin(self, payload: bytes) -> None:
        task = self._loop.create_task(self._answer(payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, payload: bytes) -> None:
        begun = time.perf_counter()
        query: Mapping[str, Any] = {}
        try:
            query = read_query(payload)
            text, allowed = asked_of(query)
            messages = render_hermes(await self._engine.parse(text), query, allowed)
            outcome = "ok"
        except TrunklineEdgeError as error:
            messages, outcome = [render_hermes_error(str(error), query)], "error"
        except Exception:
            log.exception("hermes query failed")
            messages, outcome = [render_hermes_error("internal error; the log has it", query)], "error"
        for message in messages:
            self._publish(message)
        self._metrics.count("hermes", "query", outcome, time.perf_counter() - begun)

    def _publish(self, message: Message) -> None:
        self._client.publish(message.topic, json.dumps(message.body, ensure_ascii=False))


def read_query(payload: bytes) -> dict[str, Any]:
    """Return the body of a query, an object of whatever fields; raises `InputRefused` for anything else."""
    if len(payload) > MAX_QUERY_BYTES:
        raise InputRefused(f"a query of {len(payload)} bytes; at most {MAX_QUERY_BYTES}")
    try:
        query = read_json_text(payload)
    except (ValueError, RecursionError) as error:
        raise InputRefused(f"the query is not JSON: {error}") from None
    if not isinstance(query, dict):
        raise InputRefused(f"the query is {json_kind(query)}; expected {EXAMPLE}")
    return query


def asked_of(query: Mapping[str, Any]) -> tuple[str, list[str] | None]:
    """Return the text of a query and the intents that it allows, None for all; raises `InputRefused`."""
    text, allowed = query.get("input"), query.get("intentFilter")
    if not isinstance(text, str):
        raise InputRefused(f"`input` is no text; expected {EXAMPLE}")
    if not (allowed is None or (isinstance(allowed, list) and all(isinstance(each, str) for each in allowed))):
        raise InputRefused("`intentFilter` is neither null nor a list of intents")
    return text, allowed
