"""The service announced over mDNS and found by zeroconf's own browser, on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

zeroconf = pytest.importorskip("zeroconf", reason="the extra [zeroconf] is not installed")
from zeroconf import ServiceStateChange  # noqa: E402
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf  # noqa: E402

from deploy.edge.tests.services.conftest import Device, Serve  # noqa: E402
from trunkline_edge.errors import ServiceRefused  # noqa: E402
from trunkline_edge.services.discovery import TYPE, announced_address  # noqa: E402
from trunkline_edge.services.settings import serve_options  # noqa: E402


async def watch(stop: Callable[[], None]) -> tuple[AsyncServiceInfo, bool]:
    """Return what is announced as `den`, and whether it is taken back after `stop`."""
    async with AsyncZeroconf(interfaces=["127.0.0.1"]) as network:
        changes: asyncio.Queue[tuple[str, ServiceStateChange]] = asyncio.Queue()
        heard = [lambda zeroconf, service_type, name, state_change: changes.put_nowait((name, state_change))]
        browser = AsyncServiceBrowser(network.zeroconf, TYPE, handlers=heard)
        name, change = await asyncio.wait_for(changes.get(), 15)
        assert change is ServiceStateChange.Added
        info = AsyncServiceInfo(TYPE, name)
        assert await info.async_request(network.zeroconf, 3000)
        await asyncio.to_thread(stop)
        _, change = await asyncio.wait_for(changes.get(), 15)
        await browser.async_cancel()
        return info, change is ServiceStateChange.Removed


def test_wyoming_is_found_by_browsing_and_taken_back_at_the_end(serve: Serve, device: Device) -> None:
    running = serve(device, zeroconf="den")
    info, is_removed = asyncio.run(watch(running.stop))
    assert info.name == f"den.{TYPE}"
    assert (info.parsed_addresses(), info.port) == (["127.0.0.1"], running.wyoming[1])
    assert is_removed


def test_a_service_that_ends_at_once_ends_cleanly(serve: Serve, device: Device) -> None:
    running = serve(device, zeroconf="den")
    begun = time.perf_counter()
    running.stop()
    assert time.perf_counter() - begun < 8


def test_what_listens_everywhere_is_announced_with_an_address_of_its_own() -> None:
    assert announced_address("127.0.0.1") == "127.0.0.1"
    assert announced_address("localhost") == "127.0.0.1"
    try:
        found = announced_address("0.0.0.0")
    except ServiceRefused as error:  # this machine has no network
        assert "--zeroconf" in str(error)
    else:
        assert found != "0.0.0.0"


@pytest.mark.parametrize("name", ["", "a.b", "-x", "x" * 61, "\u00e4"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ServiceRefused, match="--zeroconf"):
        serve_options(
            host="127.0.0.1",
            http_port=0,
            wyoming_port=0,
            token_file=None,
            home_assistant=None,
            mqtt=None,
            zeroconf=name,
            hybrid=False,
            threads=1,
            log_level="info",
        )
