from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import settings

from tests.ray_cluster import RayCluster, ray_cluster

# A busy machine is no fault of the code: tests that must be quick say so themselves.
settings.register_profile("trunkline", deadline=None)
# CI tells of the change, so it draws the same examples each time; the search for new ones is `make test` at a desk.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "trunkline"))


@pytest.fixture(scope="session")
def ray_here() -> Iterator[RayCluster]:
    """A Ray cluster of this machine, for all tests that need one."""
    if find_spec("ray") is None:
        pytest.skip("the extra `ray` is not installed")
    # Ray reads them when it is first imported.
    with ray_cluster() as cluster, pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        yield cluster
