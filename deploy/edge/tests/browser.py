"""Pages as a person's browser shows them: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HAS_DRIVER = find_spec("playwright") is not None
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or not HAS_DRIVER,
    reason="needs chromium (`apt-get install chromium`) and playwright (`pip install playwright`)",
)
PATIENCE_S = 120


@contextmanager
def open_page(width: int = 1280, height: int = 900) -> Iterator[Page]:
    """Open a window without an address."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # No sandbox, since tests may run as root in a container; the pages are our own.
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(1_000 * PATIENCE_S)
            yield page
        finally:
            browser.close()


def browse(address: str, ready: str, picture: Path | None = None) -> str:
    """Return a page as it stands when what `ready` selects is to be seen, and take a picture of it."""
    with open_page() as page:
        page.goto(address)
        page.locator(ready).first.wait_for()
        if picture is not None:
            page.screenshot(path=picture)
        return page.content()
