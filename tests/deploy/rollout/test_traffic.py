from __future__ import annotations

import pytest

from deploy.rollout.traffic import DAY_S, Exchange, Traffic, at_origin, polling, rollout

QUIET, UPDATE = Exchange(requests=2, bytes=1_000), Exchange(requests=12, bytes=4_000_000)


def test_polling_is_the_same_whether_devices_double_or_hours_halve() -> None:
    assert polling(1_000_000, 6, QUIET) == Traffic(
        pytest.approx(1_000_000 / 21_600 * 2), pytest.approx(1_000_000 / 21_600 * 1_000)
    )
    assert polling(2_000, 6, QUIET) == polling(1_000, 3, QUIET)


def test_over_its_days_a_rollout_gives_each_device_its_files_once() -> None:
    load = rollout(50_000, 5, UPDATE)
    assert load.requests_per_s * 5 * DAY_S == pytest.approx(50_000 * 12)
    assert load.bytes_per_s * 5 * DAY_S == pytest.approx(50_000 * 4_000_000)


def test_the_origin_serves_sites_and_not_devices() -> None:
    load = at_origin(sites=200, kept_s=60, polled=QUIET, update=UPDATE, days=1)
    assert load.requests_per_s == pytest.approx(200 * 2 / 60 + 200 * 12 / DAY_S)
    assert load.bytes_per_s == pytest.approx(200 * 1_000 / 60 + 200 * 4_000_000 / DAY_S)
