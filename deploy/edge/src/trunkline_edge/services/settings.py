"""What a service is told when it starts, read and checked before anything listens."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.services import HYBRID_PACKAGES, MQTT_PACKAGES, ZEROCONF_PACKAGES, missing_packages
from trunkline_edge.services.engine import EngineLimits
from trunkline_edge.services.home_assistant import DEFAULT_FILE, HomeAssistantNames
from trunkline_edge.token import read_token

MAX_THREADS = 64
MQTT_USER, MQTT_PASSWORD = "TRUNKLINE_EDGE_MQTT_USER", "TRUNKLINE_EDGE_MQTT_PASSWORD"
LOG_LEVELS = ("debug", "info", "warning", "error")
_INSTANCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{0,58}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class WyomingLimits:
    """What a caller may do."""

    line_bytes: int = 64 * 1024
    data_bytes: int = 256 * 1024
    """Of data and of payload each."""
    idle_s: float = 60.0
    """Between two events."""
    transfer_s: float = 10.0
    """For the data of one event, and for taking an answer."""
    connections: int = 1024


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker and who we are to it."""

    host: str
    port: int = 1883
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    @classmethod
    def read(cls, address: str, environment: Mapping[str, str] = os.environ) -> Broker:
        """Read `HOST[:PORT]`, also behind `mqtt://` as it is printed, and name and password from the environment.

        Raises `ServiceRefused`.
        """
        place = address.removeprefix("mqtt://")
        host, colon, port = place.rpartition(":")
        if not colon:
            host, port = place, "1883"
        is_port = port.isascii() and port.isdigit() and 0 < int(port) <= 65535
        if not host or not is_port or set(host) & set("/@"):
            raise ServiceRefused(
                f"--mqtt {address}: expected HOST or HOST:PORT, perhaps behind mqtt://; name and password are read "
                f"from {MQTT_USER} and {MQTT_PASSWORD}"
            )
        return cls(host.strip("[]"), int(port), environment.get(MQTT_USER), environment.get(MQTT_PASSWORD))


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What to serve, and where."""

    host: str = "127.0.0.1"
    http_port: int = 8080
    """0: any free port."""
    wyoming_port: int = 10400
    """0: any free port."""
    broker: Broker | None = None
    """For Hermes; None: not over MQTT."""
    zeroconf: str | None = None
    """Name under which Wyoming is announced on the network; None: not at all."""
    token: str | None = field(default=None, repr=False)
    """That HTTP callers must show; Wyoming knows none."""
    home_assistant: HomeAssistantNames = field(default_factory=HomeAssistantNames.read)
    """What labels are called there."""
    hybrid: bool = False
    """Are exact templates asked before the net?"""
    log_level: str = "info"
    limits: EngineLimits = field(default_factory=EngineLimits)
    wyoming_limits: WyomingLimits = field(default_factory=WyomingLimits)


def serve_options(
    *,
    host: str,
    http_port: int,
    wyoming_port: int,
    token_file: Path | None,
    home_assistant: Path | None,
    mqtt: str | None,
    zeroconf: str | None,
    hybrid: bool,
    threads: int,
    log_level: str,
) -> ServeOptions:
    """Read what a command line says; raises `ServiceRefused` naming the option that is no good."""
    for name, port in (("--http-port", http_port), ("--wyoming-port", wyoming_port)):
        if not 0 <= port <= 65535:
            raise ServiceRefused(f"{name} {port}: expected 0 to 65535")
    if not 0 <= threads <= MAX_THREADS:
        raise ServiceRefused(f"--threads {threads}: expected 0 to {MAX_THREADS}")
    if log_level not in LOG_LEVELS:
        raise ServiceRefused(f"--log-level {log_level!r}: expected one of {', '.join(LOG_LEVELS)}")
    if zeroconf is not None and not _INSTANCE.fullmatch(zeroconf):
        raise ServiceRefused(f"--zeroconf {zeroconf!r}: expected a name of 1 to 60 letters, digits, spaces and hyphens")
    extras = {
        "mqtt": (mqtt, MQTT_PACKAGES),
        "zeroconf": (zeroconf, ZEROCONF_PACKAGES),
        "hybrid": (hybrid, HYBRID_PACKAGES),
    }
    for extra, (wanted, packages) in extras.items():
        if wanted and (missing := missing_packages(packages)):
            raise ServiceRefused(f"--{extra} needs {', '.join(missing)}: `pip install 'trunkline-edge[serve,{extra}]'`")
    return ServeOptions(
        host=host,
        http_port=http_port,
        wyoming_port=wyoming_port,
        broker=Broker.read(mqtt) if mqtt else None,
        zeroconf=zeroconf,
        hybrid=hybrid,
        token=read_token(token_file),
        home_assistant=HomeAssistantNames.read(home_assistant or DEFAULT_FILE),
        log_level=log_level,
        limits=EngineLimits(threads=threads),
    )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a host's services."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
