"""Which finished steps nothing needs any more, by reference: no step that a kept bundle or a kept step came from goes.

A step needs what its key names by digest: the rows, the weights, the graphs. A step gives what its record names.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tasks.cache.keys import CHAMPION
from tasks.cache.store import FINISHED, StepKey, is_digest


@dataclass(frozen=True)
class CachedStep:
    """A folder of the step cache, finished or not."""

    folder: Path
    used_at: float
    """Seconds since the epoch."""
    needs: frozenset[str]
    """Digests of what went in."""
    gives: frozenset[str]
    """Digests of what came out, and of the key."""

    @property
    def step(self) -> str:
        """The step's name."""
        return self.folder.parent.name

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*") if not path.is_dir())

    def remove(self) -> None:
        """Remove it. Its commit goes first, so that no half of it ever looks finished."""
        (self.folder / FINISHED).unlink(missing_ok=True)
        shutil.rmtree(self.folder)


def cached_steps(cache: Path) -> Iterator[CachedStep]:
    """Yield every folder of the cache."""
    for folder in sorted(path for path in cache.glob("*/*") if path.is_dir()):
        try:
            finished = folder / FINISHED
            value = json.loads(finished.read_bytes())
            key = StepKey(value["key"]["step"], value["key"]["parts"])
            gives = frozenset((key.digest, *_digests(value["record"])))
            # What a training went on from is done with, else every champion would keep all before it.
            needs = {name: part for name, part in key.parts.items() if name != CHAMPION}
            yield CachedStep(folder, finished.stat().st_mtime, frozenset(_digests(needs)), gives)
        except (OSError, ValueError, KeyError, TypeError):  # not finished, damaged, or from before keys were kept
            yield CachedStep(folder, folder.stat().st_mtime, frozenset(), frozenset())


def unneeded_steps(steps: Iterable[CachedStep], bundles: Collection[str], keep: int) -> list[CachedStep]:
    """Return the steps that may go: not the `keep` last used of each name, and nothing that `bundles` or these need."""
    waiting = sorted(steps, key=lambda step: (step.step, -step.used_at))
    kept = [step for _, group in groupby(waiting, lambda step: step.step) for step in list(group)[:keep]]
    kept += [step for step in waiting if step.gives & set(bundles)]
    wanted: set[str] = set()
    while kept:
        waiting = [step for step in waiting if step not in kept]
        wanted |= {digest for step in kept for digest in step.needs}
        kept = [step for step in waiting if step.gives & wanted]
    return waiting


def _digests(value: Any) -> Iterator[str]:
    if isinstance(value, str) and is_digest(value):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _digests(each)
