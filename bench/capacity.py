"""How fast a service on one core answers at rising load, and the cores that follow for a rate of requests.

    python -m bench.capacity HOME [--per-s 1000] [--within-ms 20] [--seconds 10]

HOME is a device's home with an active bundle. First callers that wait for their answers show what the service can do at
most; then requests come at shares of that, at random times whatever is still unanswered, each timed from when it was
due. What is needed is computed from the table (`deploy/serving/capacity.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from bench.serving import TEXTS, http_length, http_request, load, served
from deploy.serving.capacity import LatencyNotReached, Loaded, cores_for

SHARES = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9)
CONNECTIONS = 32
"""Kept open; a request that finds all of them busy waits, and its waiting counts."""


async def open_loop(address: str, per_s: float, seconds: float, seed: int = 0) -> Loaded:
    """Ask at random times, `per_s` a second in the mean."""
    url = urlsplit(address)
    rng = random.Random(seed)
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(url.hostname, url.port))
    taken: list[float] = []

    async def ask(due: float, text: str) -> None:
        reader, writer = await free.get()
        writer.write(http_request(text))
        answer = await reader.readuntil(b"\r\n\r\n")
        length = http_length(answer)
        assert answer.startswith(b"HTTP/1.1 200") and length is not None, answer
        await reader.readexactly(length - len(answer))
        taken.append(time.perf_counter() - due)
        free.put_nowait((reader, writer))

    begun = due = time.perf_counter()
    asked: list[asyncio.Task[None]] = []
    while due < begun + seconds:
        due += rng.expovariate(per_s)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asked.append(asyncio.create_task(ask(due, TEXTS[len(asked) % len(TEXTS)])))
    await asyncio.gather(*asked)
    while not free.empty():
        free.get_nowait()[1].close()
    return Loaded(len(taken) / (time.perf_counter() - begun), float(np.percentile(taken, 99)) * 1e3)


def main() -> None:
    """Print the table and what follows from it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--per-s", type=float, default=1_000)
    parser.add_argument("--within-ms", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with served(options.home) as (service, (address, _)):
        most = asyncio.run(load(address, service.pid, 8, options.seconds)).per_s
        print(f"at most {most:,.0f} requests/s on one core\n{'share':>6}{'per s':>8}{'p99 ms':>9}")
        curve = []
        for share in SHARES:
            curve.append(asyncio.run(open_loop(address, share * most, options.seconds)))
            print(f"{share:>6.0%}{curve[-1].per_s:>8.0f}{curve[-1].p99_ms:>9.1f}", flush=True)
    try:
        found = cores_for(options.per_s, options.within_ms, curve)
    except LatencyNotReached as slow:
        sys.exit(str(slow))
    asked = f"{options.per_s:,.0f} requests/s, p99 within {options.within_ms:g} ms"
    print(f"{asked}: {found.cores} cores, one of them to spare, at {found.per_core.per_s:.0f} each")


if __name__ == "__main__":
    main()
