"""A Wyoming intent service: what Home Assistant's voice pipeline asks, over TCP.

Framing and events are the `wyoming` package's. In front of it stand the limits that it does not have: how long a
line and its data may be, how long a caller may take, how many there may be.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time

from wyoming.asr import Transcript
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, IntentModel, IntentProgram
from wyoming.intent import NotRecognized, Recognize
from wyoming.ping import Ping, Pong

from trunkline_edge import __version__
from trunkline_edge.errors import InputRefused, NothingInstalled, ServiceBusy, TrunklineEdgeError
from trunkline_edge.services.engine import Engine
from trunkline_edge.services.home_assistant import HomeAssistantNames
from trunkline_edge.services.json_text import check_text
from trunkline_edge.services.metrics import Metrics
from trunkline_edge.services.render.wyoming import render_wyoming
from trunkline_edge.services.settings import WyomingLimits

log = logging.getLogger(__name__)

PROJECT = Attribution(name="Trunkline", url="https://github.com/trunkline/trunkline")
CODES = {NothingInstalled: "not-ready", InputRefused: "input", ServiceBusy: "busy"}


class FrameRefused(Exception):
    """What came is no event, or one past the limits; the connection ends after the answer."""


class BoundedReader(asyncio.StreamReader):
    """A stream reader that gives up: on long lines, on much data, on slow callers."""

    def __init__(self, limits: WyomingLimits) -> None:
        super().__init__(limit=limits.line_bytes)
        self._limits = limits
        self.line = b""
        """The last line read; empty at the end of the stream."""

    async def readline(self) -> bytes:
        """Return the next line; empty at the end of the stream and after a long silence."""
        self.line = b""
        try:
            async with asyncio.timeout(self._limits.idle_s):
                self.line = await super().readline()
        except TimeoutError:
            return b""
        except ValueError:
            raise FrameRefused(f"a line of more than {self._limits.line_bytes} bytes") from None
        return self.line

    async def readexactly(self, n: int) -> bytes:
        """Return the data or payload of an event."""
        if type(n) is not int or n > self._limits.data_bytes:
            raise FrameRefused(f"an event of {n} bytes; at most {self._limits.data_bytes}")
        try:
            async with asyncio.timeout(self._limits.transfer_s):
                return await super().readexactly(n)
        except TimeoutError:
            raise FrameRefused(f"{n} bytes did not come within {self._limits.transfer_s:g} s") from None
        except asyncio.IncompleteReadError as error:
            raise FrameRefused(f"{n} bytes were announced, {len(error.partial)} came") from None


class WyomingService:
    """Serves one engine on one socket."""

    def __init__(self, engine: Engine, metrics: Metrics, names: HomeAssistantNames, limits: WyomingLimits) -> None:
        self._engine = engine
        self._metrics = metrics
        self._names = names
        self._limits = limits
        self._server: asyncio.Server | None = None
        self._conversations: dict[asyncio.Task[None], BoundedReader] = {}

    async def start(self, listening: socket.socket) -> None:
        """Accept callers on a bound socket."""
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            reader = BoundedReader(self._limits)
            return asyncio.StreamReaderProtocol(reader, lambda _, writer: self._accept(reader, writer))

        self._server = await loop.create_server(protocol, sock=listening, backlog=self._limits.connections)

    async def stop(self, grace_s: float) -> None:
        """Accept nobody new, finish the answers under way, hang up."""
        if self._server is not None:
            self._server.close()
        for reader in self._conversations.values():
            reader.feed_eof()
        if self._conversations:
            _, late = await asyncio.wait(self._conversations, timeout=grace_s)
            for task in late:
                task.cancel()

    def _accept(self, reader: BoundedReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self._conversations[task] = reader
        task.add_done_callback(lambda done: self._conversations.pop(done, None))

    async def _converse(self, reader: BoundedReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=0)  # sent is what is taken: then `close` need not wait
        try:
            if len(self._conversations) > self._limits.connections:
                await self._send(writer, Error("too many connections", "busy").event())
            else:
                await self._answer_all(reader, writer)
        except TimeoutError:
            writer.transport.abort()  # the caller takes no answers: `close` would wait for it without end
        except OSError:
            pass  # the caller went away
        finally:
            writer.close()

    async def _answer_all(self, reader: BoundedReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (event := await _next_event(reader)) is not None:
                for answer in await self._answers(event):
                    await self._send(writer, answer)
                await asyncio.sleep(0)  # reading and writing what is buffered never waits: let others have their turn
        except FrameRefused as error:
            self._metrics.count("wyoming", "other", "refused", 0.0)
            await self._send(writer, Error(str(error), "input").event())

    async def _send(self, writer: asyncio.StreamWriter, event: Event) -> None:
        async with asyncio.timeout(self._limits.transfer_s):
            await async_write_event(event, writer)

    async def _answers(self, event: Event) -> list[Event]:
        """Answer one event; silence for those that are not for an intent service."""
        begun = time.perf_counter()
        if Describe.is_type(event.type):
            answers, outcome = [self.info().event()], "ok"
        elif Ping.is_type(event.type):
            answers, outcome = [Pong(text=Ping.from_event(event).text).event()], "ok"
        elif Transcript.is_type(event.type) or Recognize.is_type(event.type):
            answers = await self._understand(event)
            outcome = {"error": "error", "not-recognized": "not-recognized"}.get(answers[0].type, "ok")
        else:
            self._metrics.count("wyoming", "other", "ignored", 0.0)
            return []
        self._metrics.count("wyoming", event.type, outcome, time.perf_counter() - begun)
        return answers

    async def _understand(self, event: Event) -> list[Event]:
        text, context = event.data.get("text"), event.data.get("context")
        if not isinstance(text, str) or not (context is None or isinstance(context, dict)):
            return [Error(f"{event.type}: expected `text`, and an object as `context`", "input").event()]
        if not text.strip():
            said = {**(context or {}), "reason": "empty"}
            return [NotRecognized(text=self._names.not_recognized, context=said).event()]
        try:
            return render_wyoming(await self._engine.parse(text), self._names, context)
        except TrunklineEdgeError as error:
            return [Error(str(error), CODES.get(type(error), "internal")).event()]
        except Exception:
            # Whatever it is: a closed socket would tell the caller nothing.
            log.exception("wyoming request failed")
            return [Error("internal error; the log has it", "internal").event()]

    def info(self) -> Info:
        """Say what this service is: one program, the same while its bundle is still being loaded."""
        manifest = self._engine.manifest
        model = IntentModel(
            name=manifest.product if manifest else "none",
            attribution=PROJECT,
            installed=manifest is not None,
            description=f"bundle {manifest.bundle_id[:12]}" if manifest else "no bundle is installed",
            version=str(manifest.provenance.version) if manifest else None,
            languages=list(manifest.spoken) if manifest else [],
        )
        program = IntentProgram(
            name="trunkline",
            attribution=PROJECT,
            installed=True,
            description="Understands spoken commands on this device",
            version=__version__,
            models=[model],
        )
        return Info(intent=[program])


async def _next_event(reader: BoundedReader) -> Event | None:
    """Return the caller's next event, None when there is no more; raises `FrameRefused` for what is no event."""
    try:
        event = await async_read_event(reader)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        event = None
    if event is None and reader.line:
        raise FrameRefused("expected a line of JSON with `type`, and data as announced in it")
    if event is None:
        return None
    if not (isinstance(event.type, str) and isinstance(event.data, dict)):
        raise FrameRefused("`type` is no text or `data` no object")
    try:
        check_text(event.data)  # a ping's text and a context go back
    except (ValueError, RecursionError) as error:
        raise FrameRefused(f"the data is {error}") from None
    return event
