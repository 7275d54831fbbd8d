"""A disk that is full somewhere in each step of a retrain; see `disks`.

Needs root, to mount.
"""

from __future__ import annotations

import random
import time
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.attack import Attack, Tally, told
from bench.attack.disks import PAGE, Command, attempt, steps_of_a_retrain, trunkline
from bench.attack.machines import SPEC, missing

SHARE = 20
"""This area's time, as a multiple of others'."""


def attack(seed: int, seconds: float) -> list[Attack]:
    """Fill the disk in each step, again and again, until the time is up; each step has at least one turn."""
    if reason := missing("disk full"):
        print(f"retrains: left out, {reason}")
        return []
    rng, tallies = random.Random(seed), dict[str, Tally]()
    with TemporaryDirectory() as name:
        folder = Path(name)
        end = time.monotonic() + SHARE * seconds
        steps = steps_of_a_retrain(folder, folder / "desk")
        retrain = Command(folder / "nothing", lambda home: trunkline(home, "retrain", SPEC))
        for step, (least, most) in chain.from_iterable(repeat(list(steps.items()))):
            if time.monotonic() >= end and step in tallies:
                break
            room = rng.randint(least // PAGE, max(least, most - 1) // PAGE)
            attempt(folder, retrain, tallies.setdefault(step, Tally()), pages=room)
    return told("retrains", tallies)
