"""Laws of a rollout, played with ten thousand simulated devices and the real decisions of server and device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import Recipe
from deploy.rollout.devices import CPUS
from deploy.rollout.fleet import Played, Release, play
from deploy.rollout.plan import Plan
from deploy.rollout.rehearsal import gone_bad, retrained
from tasks.reports.fleet import draw_rollouts, fleet_page

A76, A72, BAD_INT8 = CPUS


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Release]:
    """Real bundles, so that bytes are measured: what is shared between two of them is by hash."""
    at = tmp_path_factory.mktemp("bundles")
    factory = Recipe().write(at / "factory")
    graphs = [entry.name for entry in factory.files if entry.role in ("trunk", "head")]
    whole = retrained(at / "factory", at / "whole", graphs, seed=1)
    bad = gone_bad(at / "whole", at / "bad", "intent.onnx")
    head = retrained(at / "whole", at / "head", ["intent.onnx"], seed=2)
    other = retrained(at / "head", at / "other", ["slots.onnx"], seed=3)
    last = retrained(at / "other", at / "last", graphs, seed=4)
    return {
        "factory": Release("factory", factory),
        "whole": Release("1 whole, int8", whole, is_int8=True),
        # On no kind of device it does well, and on some it takes the probation to see it.
        "bad": Release(
            "2 bad", bad, is_int8=True, fails_test_on=frozenset({A76, BAD_INT8}), crashes_on=frozenset({A72})
        ),
        "head": Release("3 one head", head, is_int8=True),
        "other": Release("4 one head", other, is_int8=True),
        "last": Release("5 whole, fp32", last),
    }  # fmt: skip


WHOLE, BAD, HEAD, OTHER, LAST = range(1, 6)


@pytest.fixture(scope="module")
def played(bundles: dict[str, Release]) -> Played:
    """Five releases, one bad."""
    return play(tuple(bundles.values()), Plan(), devices=10_000, seed=7)


def test_no_device_ever_runs_the_bad_bundle_beyond_its_probation(played: Played) -> None:
    assert played.committed[BAD] == 0
    assert played.tried[BAD] > 0  # some did pass its test, and stepped back


def test_the_bad_bundle_never_passes_the_stage_that_catches_it(played: Played) -> None:
    assert played.ended(BAD).decision.action == "stop"
    assert played.widest(BAD) == Plan().stages[0].percent
    assert played.fetched[BAD] <= 150  # of 10,000


def test_every_good_bundle_gets_to_the_end(played: Played) -> None:
    assert [played.ended(number).decision.action for number in (WHOLE, HEAD, OTHER, LAST)] == ["finish"] * 4


def test_no_device_is_left_behind_that_could_be_updated(played: Played) -> None:
    assert played.left_behind.get("no reason", 0) == 0
    assert sum(played.left_behind.values()) + played.running[-1, LAST] == 10_000
    assert played.running[-1, LAST] > 9_500


def test_devices_with_a_bad_kernel_keep_what_they_can_run_until_there_is_something_for_them(played: Played) -> None:
    assert played.running[-601, 0] > 150  # before the last one, they run what they came with
    assert "its processor cannot run it" not in played.left_behind


@pytest.fixture(scope="module")
def in_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, ...]:
    """What devices come with and two releases, one of them of a head, each in int8 and in another precision."""
    at = tmp_path_factory.mktemp("two")
    factory = Recipe().write(at / "factory")
    graphs = [entry.name for entry in factory.files if entry.role in ("trunk", "head")]
    whole = retrained(at / "factory", at / "whole", graphs, seed=1)
    other = retrained(at / "whole", at / "other", ["trunk.onnx"], seed=2)
    head, other_head = (
        retrained(at / name, at / f"{name} head", ["intent.onnx"], seed=3) for name in ("whole", "other")
    )
    return (
        Release("factory", factory),
        Release("1 whole", whole, is_int8=True, other=other),
        Release("2 one head", head, is_int8=True, other=other_head),
    )


def test_devices_with_a_bad_kernel_run_the_other_precision_and_stop_no_rollout(in_two: tuple[Release, ...]) -> None:
    played = play(in_two, Plan(), devices=10_000, seed=7)
    assert [played.ended(number).decision.action for number in (1, 2)] == ["finish", "finish"]
    assert played.left_behind.get("no reason", 0) == played.left_behind.get("its processor cannot run it", 0) == 0
    assert played.running[-1, 2] > 9_500
    assert "health.golden" not in " ".join(reason for turn in played.turns for reason in turn.decision.reasons)
    # Both precisions once, and after that the one: of the second release nothing but a head is served.
    first, second = played.served[1:] / played.fetched[1:]
    whole, other, head = in_two[1].files, in_two[1].other_files, in_two[2].files
    both = {**whole, **other}
    assert first >= 0.9 * sum(length for digest, length in both.items() if digest not in in_two[0].files)
    assert second < 1.2 * sum(length for digest, length in head.items() if digest not in whole)


def test_a_bundle_that_is_bad_in_both_precisions_is_stopped(in_two: tuple[Release, ...], tmp_path: Path) -> None:
    bad = replace(in_two[1], fails_test_on=frozenset(CPUS))
    played = play((in_two[0], bad), Plan(), devices=10_000, seed=7, pause=0, tail=0)
    assert played.ended(1).decision.action == "stop"
    assert played.tried[1] == 0


def test_one_head_is_served_as_one_head(played: Played, bundles: dict[str, Release]) -> None:
    per_device = played.served / played.fetched.clip(1)
    for number, release, before in ((HEAD, "head", "whole"), (OTHER, "other", "head")):
        changed = set(bundles[release].files) - set(bundles[before].files)
        assert len(changed) == 3  # the head, its golden answers, the manifest
        delta = sum(bundles[release].files[digest] for digest in changed)
        # Devices that skipped a release fetch more.
        assert delta <= per_device[number] < 1.1 * delta < sum(bundles[release].files.values())


def test_a_candidate_that_rejects_twice_as_often_is_stopped_by_the_test(bundles: dict[str, Release]) -> None:
    worse = Release("worse", bundles["whole"].manifest, rejects=2.0)
    played = play((bundles["factory"], worse), Plan(), devices=10_000, seed=8, pause=0, tail=0)
    assert played.ended(1).decision.action == "stop"
    assert played.widest(1) <= 25
    assert "reject" in played.ended(1).decision.reasons[0]


def test_a_candidate_that_is_no_worse_is_hardly_ever_stopped(bundles: dict[str, Release]) -> None:
    releases = (bundles["factory"], bundles["last"])
    ended = [play(releases, Plan(), devices=2_000, seed=seed, pause=0, tail=0).ended(1) for seed in range(20)]
    stopped = [turn.decision for turn in ended if turn.decision.action == "stop"]
    assert len(stopped) <= 2  # by chance at most 1 in 50; three or more of 20 in 7 of 1,000 tries


def test_the_picture_and_the_page_show_every_release(played: Played, tmp_path: Path) -> None:
    figure = draw_rollouts(played, tmp_path / "fleet.png")
    names = [release.name for release in played.releases]
    assert figure.axes[0].get_legend_handles_labels()[1] == names
    page = fleet_page(played, tmp_path / "fleet.png")
    assert all(name in page for name in names[1:]) and "10,000 simulated devices" in page
