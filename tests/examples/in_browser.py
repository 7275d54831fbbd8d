"""The browser example on the file server that docs/integrations.md names, asked in Chromium."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.integrations import block
from trunkline_edge.understanding.names import Names
from trunkline_edge.understanding.names_file import NO_NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Page


@contextmanager
def site(examples: Path, bundle: Path, folder: Path) -> Iterator[str]:
    """Yield the address of the example with a bundle; it is laid out in a folder."""
    browser = folder / "examples" / "browser"
    browser.mkdir(parents=True)
    for file in (examples / "browser").iterdir():
        (browser / file.name).symlink_to(file)
    (browser / "bundle").symlink_to(bundle)  # as the first line would write it
    (folder / "examples" / "javascript").symlink_to(examples / "javascript")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = block("Browser")[-1].replace("8000", str(port))
    server = subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://localhost:{port}/browser/"
    finally:
        server.terminate()
        server.wait(30)


def ask_page(page: Page, address: str, said: Sequence[str], names: Names = NO_NAMES) -> list[dict[str, Any]]:
    """Open the page with sentences, tell it names, and return what it shows."""
    page.goto(f"{address}#{quote(chr(10).join(said))}")
    answers = _shown(page, len(said))
    if not names.count:
        return answers
    page.get_by_text("Names").click()
    page.get_by_label("names.json").fill(names.to_bytes().decode())
    page.get_by_role("button").click()
    return _shown(page, len(said))


def _shown(page: Page, count: int) -> list[dict[str, Any]]:
    page.wait_for_function("count => document.querySelector('pre').textContent.split('\\n').length > count", arg=count)
    return [json.loads(line) for line in page.locator("pre").text_content().split("\n")[:-1]]
