"""The Wyoming service announced over mDNS, so that Home Assistant offers it by itself. Needs the extra `[zeroconf]`."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket

from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from trunkline_edge.errors import ServiceRefused

log = logging.getLogger(__name__)

TYPE = "_wyoming._tcp.local."
_SOMEWHERE = ("192.0.2.1", 9)
"""An address of documentation (RFC 5737): asked for the way there, the system names the card that it would use."""


class Announcement:
    """Says where the service is, until it is taken back; made and stopped by one event loop."""

    def __init__(self, name: str, address: str, port: int) -> None:
        self._info = AsyncServiceInfo(TYPE, f"{name}.{TYPE}", addresses=[_packed(address)], port=port)
        self._address = address
        self._zeroconf: AsyncZeroconf | None = None

    def start(self) -> None:
        """Announce beside whatever else is done: asking whether the name is free takes a second."""
        self._announcing = asyncio.create_task(self._announce())

    async def stop(self, grace_s: float) -> None:
        """Tell the network that the service is gone."""
        self._announcing.cancel()
        await asyncio.wait([self._announcing], timeout=grace_s)
        if self._zeroconf is not None:
            await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()

    async def _announce(self) -> None:
        try:
            self._zeroconf = AsyncZeroconf(interfaces=[self._address], ip_version=IPVersion.V4Only)
            # A name that is taken on this network gets a number.
            await self._zeroconf.async_register_service(self._info, allow_name_change=True)
        except (OSError, ZeroconfError) as error:
            # Who knows the address can still connect.
            log.error("cannot be announced", extra={"reason": str(error) or type(error).__name__})
        else:
            log.info("announced", extra={"service": self._info.name, "address": self._address})


def announced_address(host: str) -> str:
    """Return the IPv4 address at which others reach what listens on `host`; raises `ServiceRefused` without."""
    try:
        address = socket.getaddrinfo(host, None, socket.AF_INET)[0][4][0]
        if not ipaddress.ip_address(address).is_unspecified:
            return str(address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_SOMEWHERE)  # sends nothing
            return str(probe.getsockname()[0])
    except OSError as error:
        raise ServiceRefused(f"--zeroconf: no IPv4 address of {host} to announce: {error.strerror or error}") from None


def _packed(address: str) -> bytes:
    return ipaddress.IPv4Address(address).packed
