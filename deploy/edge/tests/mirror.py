"""A server in memory over a signed repository's folder, which can serve anything wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface

URL = "http://mirror"


class Mirror(FetcherInterface):
    """Hands out the files of a folder to a TUF client; `instead` takes their place by path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instead: dict[str, bytes | Callable[[], Iterable[bytes]]] = {}
        """Path -> other content, or what yields it and may raise on the way."""
        self.asked: list[str] = []
        """Paths, in the order in which they were asked for."""
        self.sent = 0
        """Bytes."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = url.removeprefix(f"{URL}/")
        self.asked.append(path)
        other = self.instead.get(path)
        if other is None:
            try:
                other = (self.folder / path).read_bytes()
            except FileNotFoundError:
                raise DownloadHTTPError(f"no {path}", 404) from None
        return self._counted([other] if isinstance(other, bytes) else other())

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.sent += len(chunk)
            yield chunk
