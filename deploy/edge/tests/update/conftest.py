from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("tuf", reason="the device has no extra [update]")
pytest.importorskip("filelock", reason="the signed repository is of the application")

from deploy.edge.tests.update.fleet import Fleet, new_fleet
from deploy.edge.tests.update.web import Instead, web


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return new_fleet(tmp_path)


@pytest.fixture
def server(fleet: Fleet) -> Iterator[tuple[str, Instead]]:
    """The repository over real HTTP."""
    with web(fleet.repository.folder) as served:
        yield served
