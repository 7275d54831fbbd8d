"""The power goes at any system call of an update: the device starts with a whole bundle, and finishes later."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from deploy.edge.tests.update.disk import Disk, Link, Tree, laid_out, recorded
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet
from deploy.edge.tests.update.web import web
from trunkline_edge.bundle.store import read_state
from trunkline_edge.errors import BootCorrupt
from trunkline_edge.update.home import is_whole
from trunkline_edge.update.progress import read_progress
from trunkline_edge.update.recovery import boot

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

CHANCES = int(os.environ.get("TRUNKLINE_POWER_CHANCES", "6"))
"""Disks made by chance at each call, beside the four by rule."""
FINISHED = int(os.environ.get("TRUNKLINE_POWER_FINISHED", "12"))
"""Of the disks of one act, how many also finish the update, which takes a second each."""


def trunkline_edge(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "trunkline_edge", arguments[0], "--home", str(home), *arguments[1:]]


def update_command(fleet: Fleet, url: str, home: Path) -> list[str]:
    root = fleet.folder / "root.json"
    root.write_bytes(fleet.root)
    where = ("--url", url, "--root", str(root), "--product", "tiny", "--channel", "stable")
    return trunkline_edge(home, "update", *where)


def first_install(fleet: Fleet, url: str) -> list[str]:
    fleet.release(GOOD)
    fleet.home.mkdir()
    return update_command(fleet, url, fleet.home)


def second_bundle(fleet: Fleet, url: str) -> list[str]:
    fleet.release(GOOD)
    fleet.agent().check()
    fleet.release(NEXT)
    return update_command(fleet, url, fleet.home)


def way_back(fleet: Fleet, url: str) -> list[str]:
    fleet.release(GOOD)
    fleet.agent().check()
    fleet.release(NEXT)
    fleet.agent().check()
    return trunkline_edge(fleet.home, "rollback", "a test")


def disks(fleet: Fleet, url: str, act: Callable[[Fleet, str], list[str]]) -> Iterator[tuple[str, Tree]]:
    """Yield what the disk may hold after each call of an act, each content once."""
    command = act(fleet, url)
    disk, seen, chance = Disk.of(fleet.home), set[bytes](), Random(0)
    calls = recorded(command, fleet.folder / "trace")
    for number, call in enumerate(calls):
        if not disk.play(call):
            continue
        trees = {"kept": disk.seen(), "least": disk.least(), "torn": disk.torn(), "zeroed": disk.zeroed()}
        trees |= {f"chance {n}": disk.by_chance(chance) for n in range(CHANCES)}
        for how, tree in trees.items():
            if (digest := digest_of(tree)) not in seen:
                seen.add(digest)
                yield f"{how} after call {number} ({call.name})", tree
    assert disk.seen() == Disk.of(fleet.home).seen(), "a write was not recorded"


def digest_of(tree: Tree) -> bytes:
    found = hashlib.sha256()
    for name, node in tree.items():
        found.update(repr((name, node.target if isinstance(node, Link) else node)).encode())
    return found.digest()


@pytest.mark.slow
@pytest.mark.parametrize("act", [first_install, second_bundle, way_back])
def test_wherever_the_power_goes_the_device_starts_whole_and_finishes_later(
    act: Callable[[Fleet, str], list[str]], fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    with web(fleet.repository.folder) as (url, _):
        found = list(disks(fleet, url, act))
    before, after = found[0][1], read_state(fleet.home)
    bundles = {Path(name).stem for name in before if name.startswith("bundles/")} | {after.active}
    finishing = Random(1).sample(range(len(found)), min(FINISHED, len(found)))
    for number, (where, tree) in enumerate(found):
        laid_out(tree, fleet.home)
        assert boot(fleet.home).code != BootCorrupt.code, f"{where}: what is active was not whole"
        state = read_state(fleet.home)
        assert state.active is None if "state.json" not in tree else state.active in bundles, where
        assert state.active is None or is_whole(fleet.home, state.active), where
        assert list(fleet.home.rglob("*.part")) == [], where
        assert state.active not in read_progress(fleet.home).failed, where
        if number in finishing:
            fleet.agent().check()
            assert read_state(fleet.home).active is not None and fleet.active() in bundles, where
            if act is not way_back:
                assert fleet.active() == after.active, where
    with capsys.disabled():
        print(f"\n{act.__name__}: {len(found)} disks started whole, {len(finishing)} of them finished the update")
