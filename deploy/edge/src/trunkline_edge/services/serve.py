"""All services of one bundle in one process: start, say where, run until a signal, finish, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.services.engine import BundleSource, CompileTemplates, Engine
from trunkline_edge.services.http.app import http_app
from trunkline_edge.services.http.server import http_server
from trunkline_edge.services.logs import log_to_stderr
from trunkline_edge.services.metrics import Metrics
from trunkline_edge.services.settings import Broker, ServeOptions, is_loopback
from trunkline_edge.services.wyoming import WyomingService

if TYPE_CHECKING:
    from trunkline_edge.services.discovery import Announcement
    from trunkline_edge.services.mqtt import HermesService

log = logging.getLogger(__name__)

GRACE_S = 10.0
"""For the answers under way when the service is told to stop."""
OPEN_FILES = 4096
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the services are."""

    http: str
    wyoming: str
    broker: str | None = None

    def to_text(self) -> str:
        """Return what a person wants to see."""
        broker = f"\nHermes   {self.broker}" if self.broker else ""
        return f"HTTP     {self.http}\nWyoming  {self.wyoming}{broker}\nCtrl-C stops them."


def serve(source: BundleSource, options: ServeOptions, announce: Callable[[Addresses], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then finish what is under way.

    `announce` is called when callers are accepted. Raises `ServiceRefused` when a port cannot be had.
    """
    log_to_stderr(options.log_level)
    if options.token is None and not is_loopback(options.host):
        log.warning("everyone who reaches %s may ask: no token is set, and Wyoming knows none", options.host)
    _allow_open_files()
    asyncio.run(serve_until(source, options, announce, _stop_signal()))


async def serve_until(
    source: BundleSource,
    options: ServeOptions,
    announce: Callable[[Addresses], None],
    stop: Callable[[], asyncio.Event],
) -> None:
    """Serve until the event that `stop` returns is set."""
    templates = _templates() if options.hybrid else None
    with contextlib.ExitStack() as sockets:
        http_socket = sockets.enter_context(_listen(options.host, options.http_port))
        wyoming_socket = sockets.enter_context(_listen(options.host, options.wyoming_port))
        engine = Engine(source, options.limits, templates)
        metrics = Metrics(engine)
        server = http_server(http_app(engine, metrics, options.token), grace_s=GRACE_S)
        wyoming = WyomingService(engine, metrics, options.home_assistant, options.wyoming_limits)
        hermes = _hermes(engine, metrics, options.broker) if options.broker else None
        broker = str(options.broker) if options.broker else None
        addresses = Addresses(f"http://{_name(http_socket)}", f"tcp://{_name(wyoming_socket)}", broker)
        announcement = _announcement(options, wyoming_socket) if options.zeroconf else None
        following = asyncio.create_task(engine.run())
        await wyoming.start(wyoming_socket)
        answering = asyncio.create_task(server.serve([http_socket]))
        stopping = asyncio.create_task(stop().wait())
        announce(addresses)
        if announcement:
            announcement.start()
        await asyncio.wait([following, answering, stopping], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        try:
            ends = [service.stop(GRACE_S) for service in (wyoming, hermes, announcement) if service]
            await asyncio.gather(answering, *ends)
            if following.done():
                following.result()  # it ends only by an error
        finally:
            for task in (following, stopping):
                task.cancel()
            engine.close()


def _templates() -> CompileTemplates:
    from trunkline_edge.services.templates import Templates  # of the extra [hybrid]

    return Templates


def _hermes(engine: Engine, metrics: Metrics, broker: Broker) -> HermesService:
    from trunkline_edge.services.mqtt import HermesService  # of the extra [mqtt], which most devices do without

    service = HermesService(engine, metrics, broker)
    service.start()
    return service


def _announcement(options: ServeOptions, listening: socket.socket) -> Announcement:
    from trunkline_edge.services.discovery import Announcement, announced_address  # of the extra [zeroconf]

    assert options.zeroconf is not None
    return Announcement(options.zeroconf, announced_address(options.host), listening.getsockname()[1])


def _stop_signal() -> Callable[[], asyncio.Event]:
    def stop() -> asyncio.Event:
        event = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` has asked for
                asyncio.get_running_loop().add_signal_handler(number, event.set)
        return event

    return stop


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named: asyncio switches Nagle's delay off only for sockets that say they are TCP, and an
        # answer in two writes takes 40 ms otherwise. That is why `socket.create_server` does not do.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except BaseException:
            listening.close()
            raise
        return listening
    except (OSError, UnicodeError) as error:  # the latter of a host that cannot be a name: a part is empty, or too long
        why = getattr(error, "strerror", None) or error
        raise ServiceRefused(f"cannot listen on {host} port {port}: {why}; choose another") from None


def _name(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _allow_open_files() -> None:
    """Raise the soft limit, which on many systems is below what a thousand idle callers take."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
