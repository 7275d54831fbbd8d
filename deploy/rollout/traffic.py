"""What a fleet asks of the servers of its files: requests and bytes a second, from what one check of one device takes.

Devices poll static files, so this is arithmetic: `bench/updates.py` measures the exchange of a device, and these carry
it to any number of devices. Bytes are of contents; headers and TLS come on top, some 500 bytes a request over a
connection that is kept, several thousand where each check makes its own.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400


@dataclass(frozen=True)
class Exchange:
    """One check of one device."""

    requests: int
    bytes: int
    """Of the answers' contents."""


@dataclass(frozen=True)
class Traffic:
    """A load, as the mean over the time in question: devices draw their times apart, so there is no peak beside it."""

    requests_per_s: float
    bytes_per_s: float

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.requests_per_s + other.requests_per_s, self.bytes_per_s + other.bytes_per_s)


def polling(devices: int, check_hours: float, quiet: Exchange) -> Traffic:
    """Return what checks that find nothing new ask of the CDN."""
    checks_per_s = devices / (check_hours * 3600)
    return Traffic(checks_per_s * quiet.requests, checks_per_s * quiet.bytes)


def rollout(devices: int, days: float, update: Exchange) -> Traffic:
    """Return what a release asks of the CDN beside the polling, while it comes to all devices in some days."""
    updates_per_s = devices / (days * DAY_S)
    return Traffic(updates_per_s * update.requests, updates_per_s * update.bytes)


def at_origin(sites: int, kept_s: float, polled: Exchange, update: Exchange, days: float) -> Traffic:
    """Return the most that is left for the origin behind a CDN; the number of devices is not in it.

    Each of the CDN's `sites` asks anew for what devices poll once it has kept that for `kept_s`, and once in the
    rollout of `days` for each file of an update: those are named by their content and kept for good.
    """
    again = Traffic(sites * polled.requests / kept_s, sites * polled.bytes / kept_s)
    return again + rollout(sites, days, update)
