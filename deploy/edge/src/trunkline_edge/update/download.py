"""HTTP for the TUF client, with an end to everything: time, speed, and where a server may send us."""

from __future__ import annotations

import time
from collections.abc import Iterator

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface

from trunkline_edge import __version__
from trunkline_edge.update.deadline import pool_with_deadline

CHUNK_BYTES = 64 * 1024  # bytes
TIMEOUT_S = 30.0
"""For each step of `deadline`: to connect, until the headers are there, and for each piece of a file."""
LEAST_BYTES_PER_S = 1024
"""On average, once `TIMEOUT_S` has passed; a server that drips ties us up no longer than that."""


class BoundedFetcher(FetcherInterface):
    """Gets files as they are: no redirects, no unpacking. Lengths are bounded by the TUF client."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self.timeout_s = timeout_s
        agent = {"User-Agent": f"trunkline-edge/{__version__}", "Accept-Encoding": "identity"}
        # A connection that cannot be made is tried once more; all else is for the next check.
        self._pool = pool_with_deadline(timeout_s, headers=agent, retries=urllib3.Retry(0, connect=1))

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            response = self._pool.request("GET", url, preload_content=False, decode_content=False, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise DownloadError(f"{url}: {type(error).__name__}: {error}") from error
        if response.status == 200:
            return self._chunks(url, response)
        response.close()
        if 300 <= response.status < 400:
            elsewhere = str(response.headers.get("Location"))[:200]
            raise DownloadError(
                f"{url} sends us to {elsewhere}, and we do not follow; give that address, if it is right"
            )
        raise DownloadHTTPError(f"{url}: HTTP status {response.status}", response.status)

    def _chunks(self, url: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        begun, received = time.monotonic(), 0
        try:
            # read1 hands on what has come; read would wait for a whole chunk of a server that drips.
            while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                received += len(chunk)
                taken = time.monotonic() - begun
                if taken > self.timeout_s and received < taken * LEAST_BYTES_PER_S:
                    raise SlowRetrievalError(f"{url}: {received} bytes in {taken:.0f} s")
                yield chunk
        except urllib3.exceptions.HTTPError as error:
            raise DownloadError(f"{url}: cut off after {received} bytes: {type(error).__name__}: {error}") from error
        finally:
            response.close()
